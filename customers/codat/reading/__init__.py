"""Reads of Codat's data: decoded and checked, with the time when it was read, from Codat or from the cache."""
