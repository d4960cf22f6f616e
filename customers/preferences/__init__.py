"""The reader's settings and the list of keyboard shortcuts: their pages."""
