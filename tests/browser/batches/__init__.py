"""The pages of batches, in a real browser."""
