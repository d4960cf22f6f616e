"""The site: settings, URLs, middleware, sign-in, WSGI. Contains nothing about Codat's data."""
