"""Faults at Codat, limits, kills, several processes."""
