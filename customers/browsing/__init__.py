"""Finding and reading: companies, customers, one customer, and how old Codat's copy is."""
