"""`make attack`: wapiti crawls the dashboard as in production, signed in, and tries to break in."""
