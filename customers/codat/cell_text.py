"""Texts as cells of spreadsheets: which ones a spreadsheet program would change, and the apostrophe that prevents it.

A program that opens a CSV file takes `=1+1` for a formula, `007` for 7, `1-2` for a date and `4471234567890` for
4.47123E+12. With an apostrophe in front each of them stays a text, in Excel and in LibreOffice, also when the file is
saved again.

The rule of the apostrophe, for every file that is written or read:

* `protect` puts one in front of a text that would be changed. A text that has apostrophes in front of such a text
  gets one more.
* `unprotect` takes exactly one away where what follows would have got one. It leaves all other apostrophes as they are:
  `'t Hooft BV` is the same in every file, whichever program wrote it.

So `unprotect(protect(text)) == text` for every text, no file needs a mark that says that it was protected, and it does
not matter which program saved it last. A file that protects nothing uses `protect_ambiguous`: it adds an apostrophe
only where `unprotect` would take one away.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from string import ascii_letters

from customers.codat.value_words import MONTHS, WORDS

APOSTROPHE = "'"
# What a CSV file for a spreadsheet program begins with, so that the program reads it as UTF-8.
BOM = "\ufeff"

# A formula begins with one of these, after blanks. NFKC makes the usual signs of full-width ones.
_FORMULA = ("=", "+", "-", "@", "−", "\t", "\r", "\n")
# A whole number that stays as it is in every program: no zeros in front, no more digits than Excel shows.
_SHORT_NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,10})", re.ASCII)
# A number, date, time, amount or share: digits and signs, and of letters only those that such a value may have.
_VALUE = re.compile(
    r"(?:[\W\d_]"
    rf"|(?<![^\W\d_])(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})(?![^\W\d_])"
    r"|(?<=\d)[et](?=[-+\d])|(?<=\d)z(?!\w)|(?<=\d)(?:am|pm)(?!\w)|(?<=\s)(?:am|pm|a|p)(?!\w))*",
)
# How words begin that are values or part of one.
_STARTS = frozenset(word[:3] for word in MONTHS | WORDS)
# A text with more characters is none of these values.
_MAX_VALUE = 100


def is_changed_by_spreadsheets(text: str) -> bool:
    """Whether a spreadsheet program may take a text in a CSV file for something else, and store that instead."""
    if not text or text[0] == APOSTROPHE or _SHORT_NUMBER.fullmatch(text):
        return False
    if text[0] in ascii_letters and text[:3].lower() not in _STARTS:
        return False
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text[: 4 * _MAX_VALUE])
    if plain.lstrip(" ").startswith(_FORMULA) or plain.lstrip().startswith(_FORMULA):
        return True
    folded = plain.strip().casefold()
    if len(folded) > _MAX_VALUE:
        return False
    if folded in WORDS:
        return True
    return any(map(str.isdigit, folded)) and _VALUE.fullmatch(folded) is not None


def protect(text: str) -> str:
    """A text that no spreadsheet program changes: with an apostrophe in front, where it needs one."""
    return APOSTROPHE + text if _is_changed(text) else text


def protect_ambiguous(text: str) -> str:
    """A text that `unprotect` returns unchanged, whatever a spreadsheet program does with it."""
    return APOSTROPHE + text if text.startswith(APOSTROPHE) and _is_changed(text) else text


def unprotect(text: str) -> str:
    """The text of a cell without the apostrophe of `protect`."""
    if text.startswith(APOSTROPHE) and _is_changed(text):
        return text[1:]
    return text


def storable(text: str) -> str:
    """A text that every file and database holds: NUL and lone surrogates become U+FFFD, all others stay."""
    if text.isascii() and "\0" not in text:
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Two halves of one character are joined.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "\ufffd")


def _is_changed(text: str) -> bool:
    """Whether the text behind its apostrophes would be changed: it needs one more then."""
    return is_changed_by_spreadsheets(text.lstrip(APOSTROPHE))


def protected_line(cells: Iterable[str]) -> str:
    """A line of a CSV file for a spreadsheet program, with its end: no text is taken for anything else."""
    line = io.StringIO()
    csv.writer(line).writerow([protect(cell) for cell in cells])
    return line.getvalue()
