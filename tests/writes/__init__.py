"""The life of a write."""
