"""Pages as a browser reads them, and what it posts."""
