"""How old Codat's copy is: refreshing it, and pages of what was read before."""
