"""Attachments: names, types, streams, archives, pages."""
