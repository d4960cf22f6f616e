"""The life of a write: journal, sending, tracking, confirmation, drafts, webhooks, and their pages."""
