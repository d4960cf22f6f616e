"""The customer form: opening it, saving it, and its page."""
