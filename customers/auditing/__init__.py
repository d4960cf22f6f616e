"""Reading the audit: its entries by filters and as files; what is held about one customer, and having it forgotten."""
