"""The home page: problems, companies, activity, and what the worker does for them."""
