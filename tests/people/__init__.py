"""People: inviting them, roles, companies, switching off, asking for access."""
