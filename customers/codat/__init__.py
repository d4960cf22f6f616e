"""The client of the Codat API: requests, responses, errors and limits. Usable without a page."""
