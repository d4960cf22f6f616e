"""Customers as spreadsheets: exported as they are listed, and imported as a batch.

`files/` reads and writes tables and knows nothing of customers; `columns` relates the columns of a table to the fields
of a record; `exporting/` and `importing/` are the two ways, with their pages in `pages/`.
"""
