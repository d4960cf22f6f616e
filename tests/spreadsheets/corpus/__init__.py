"""Awkward files, and what each must become.

`CASES` has them by name. They are made by Python, because a file that a program of today saves has little of what
files of others have. `python -m tests.spreadsheets.corpus FOLDER` writes them, to be opened in a spreadsheet program.
"""

from __future__ import annotations

from tests.spreadsheets.corpus import digits, hostile, texts, workbooks
from tests.spreadsheets.corpus.case import Case

CASES: dict[str, Case] = {**texts.CASES, **workbooks.CASES, **hostile.CASES, **digits.CASES}

__all__ = ["CASES", "Case"]
