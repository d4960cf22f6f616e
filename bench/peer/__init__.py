"""Django's admin of the same customers: the peer that pages are measured beside."""

# The changelist exists once for each of these numbers of customers.
ROW_COUNTS = (25, 100, 250, 500, 1000, 2500, 5000)
