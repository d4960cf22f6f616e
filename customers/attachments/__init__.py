"""Attachments of a customer: names, types, streams, archives, and their pages."""
