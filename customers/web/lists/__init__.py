"""Lists that several features show: their state in an address, their pages, whose things they have."""
