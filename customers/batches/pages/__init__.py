"""The pages of batches: the list, one batch, one row, its result as a file."""
