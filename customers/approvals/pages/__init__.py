"""The pages of approvals and of their rules."""
