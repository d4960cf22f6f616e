"""The list or the search that a page was opened from: the way back to it."""
