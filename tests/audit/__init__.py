"""The audit: what is recorded, the chains that protect it, and its pages."""
