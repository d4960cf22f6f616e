"""The pages of the audit, and of what is held about a customer."""
