"""The data of the sandbox: companies, integrations with their models, records and files."""
