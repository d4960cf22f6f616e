"""Django's admin of the same customers: the reference for pages."""

# There is a changelist for each of these numbers of customers.
ROW_COUNTS = (25, 100, 250, 500, 1000, 2500, 5000)
