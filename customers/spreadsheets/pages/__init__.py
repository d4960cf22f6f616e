"""The pages of spreadsheets: exports, and imports."""
