"""Notes and owners: what people write about a company, a customer, a change or a problem, and who looks after it."""
