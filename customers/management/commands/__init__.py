"""Commands: see each one's help."""
