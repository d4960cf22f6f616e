"""Notes and owners."""
