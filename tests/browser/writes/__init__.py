"""The pages of changes, in a real browser."""
