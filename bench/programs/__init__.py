"""The programs that the benchmark starts: each measures, or prepares, in a process of its own."""
