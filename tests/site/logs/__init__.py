"""What is logged, and how it looks on a terminal."""
