"""Data quality: rules, duplicates, and their pages."""
