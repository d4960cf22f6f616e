"""Customers of one company as a file: which fields and rows, read page by page, and the journal of what left the house.

Nothing here needs a request. `export.py` is the use case; its pages are in `spreadsheets/pages/`.
"""
