"""Data quality: what the rules and the comparison of customers find in the index. Nothing here calls Codat."""
