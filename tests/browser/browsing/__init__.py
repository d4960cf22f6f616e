"""The pages of companies and customers, in a real browser."""
