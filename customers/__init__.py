"""The one application."""
