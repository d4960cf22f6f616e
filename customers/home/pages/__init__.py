"""The pages of the home page's room."""
