"""The page of one customer: its fields, each in its place, and its timeline."""
