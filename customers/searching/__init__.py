"""One search over the customers of all companies, companies, pages, actions and IDs; it asks the index of customers."""
