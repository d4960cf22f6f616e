"""The people of the dashboard: inviting them, their roles and companies, switching them off, asking for access."""
