"""Texts that are cells: such that a spreadsheet program changes, such that it does not, and real apostrophes."""

from __future__ import annotations

CHANGED = [
    # Formulas
    "=1+1", "+44 20 7946", "-", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n1", "  =1", "＝1", "－x", "＠a", "−5",
    # Numbers
    "007", "1.50", "1,5", "1,000", "1 000", "1'000", "123456789012", "12345678901234567890", "1E5", "12E3", "4.4E+11",
    "1e-7", "１２３", "٣", "(5)", "50%", "$5", "£1,000.00", "5 €", ".5", " 7", "1 1/2",
    # Dates and times
    "1-2", "1/2", "31.03.2026", "2026-03-31", "2026-03-31T09:30:00Z", "10:30", "5 pm", "5PM", "12 a", "3 May", "May 3",
    "March 2026", "3-Mar-26", "3. März 2026", "1 août 2026", "Sept 5",
    # Words
    "TRUE", "false", "Wahr", "#N/A", "#DIV/0!",
]  # fmt: skip
UNCHANGED = [
    "", "Ltd", "a=b", "1", "0", "42", "12345678901", "10115", "12 High Street", "12A", "5th Avenue", "E5", "SW1A 1AA",
    "May", "Mayfair 5", "Marina 7", "Café", "東京 5", "a@b.c", "N/A", "Truett", "’t", "customer-17",
    "INV-0001", "x" * 200,
    "0 " * 100 + "x",
]  # fmt: skip
APOSTROPHES = ["'t Hooft BV", "'s-Hertogenbosch", "'", "''", "'quoted'", "'99ers"]
