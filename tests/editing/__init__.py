"""The customer form through its pages."""
