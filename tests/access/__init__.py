"""People, grants, and what they let see."""
