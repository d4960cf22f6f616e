"""What the sandbox holds: companies, integrations with their models, records and files."""
