"""The pages of the form, in a real browser."""
