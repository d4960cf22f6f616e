"""The site: settings, addresses, WSGI. Knows no field of Codat."""
