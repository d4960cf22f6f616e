"""What pages show of writes."""
