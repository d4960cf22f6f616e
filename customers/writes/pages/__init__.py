"""The pages of changes: one change, the histories, pending changes."""
