"""The pages of exports and imports, in a real browser."""
