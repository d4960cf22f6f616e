"""What several features' pages share: addresses, HTMX, paging, errors, the company of a page."""
