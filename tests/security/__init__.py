"""Hostile input and permissions."""
