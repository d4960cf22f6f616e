"""The list of a company's customers: its rows and columns, its controls, saved views of it."""
