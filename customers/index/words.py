"""Normalises text for finding: of the index's rows and of what a person types, by the same rules.

Case, accents, punctuation and invisible characters do not count. A number is its letters and digits without what
stands between them, so that "+44 (0)20 7946-0999" and "442079460999" are the same.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from customers.codat.text import folded_name, is_invisible

# In the words of a customer: between those that may be found with a typing error, and the others.
ALIKE_END = "  "
# Letters of a word that is found with a typing error, at most.
MAX_LETTERS = 40

# Letters that Unicode does not decompose into one of the Latin alphabet and a mark.
_PLAIN = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t",
}  # fmt: skip
_APOSTROPHES = frozenset("'’‘ʼʻ`´′＇")
# "(0)" in an international number: it is dialled within the country only.
_TRUNK = re.compile(r"^\s*(\+|00).*?\(0\)")
# Scripts that are written without blanks between words.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]"
)


class _Folding(dict[int, str]):
    """Maps each character to what it is in a word; to a blank between words. Filled as characters occur."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold(chr(code))
        return folded


def _fold(char: str) -> str:
    if char in _APOSTROPHES or is_invisible(char):
        return ""
    if unicodedata.category(char)[0] == "M":
        # Accents are left out; the vowel signs of other scripts distinguish words.
        return folded_name(f"a{char}")[1:]
    folded = "".join(
        _PLAIN.get(part, part) if part.isalnum() or unicodedata.category(part)[0] == "M" else " "
        for part in folded_name(char)
    )
    return folded or " "


FOLDING = _Folding()


def words(text: str) -> list[str]:
    """The words of a text, in order. Initials are one word: "J. P. Morgan" is ["jp", "morgan"].

    A text of signs alone, such as "***", is what it is without blanks.
    """
    found = list(_joined(text.translate(FOLDING).split()))
    return found or folded_name(text).split()


def _joined(parts: Iterable[str]) -> Iterator[str]:
    initials = ""
    for part in parts:
        if len(part) == 1 and part.isalpha() and not _UNSPACED.match(part):
            initials += part
            continue
        if initials:
            yield initials
            initials = ""
        yield part
    if initials:
        yield initials


def key(text: str) -> str:
    """The words of a text with one blank between them: equal for two spellings of one name."""
    return " ".join(words(text))


def compact(text: str) -> str:
    """The letters and digits of a number, such as a tax number or a postal code, without anything between them."""
    return "".join(text.translate(FOLDING).split())


def digits(text: str) -> str:
    """The digits of a phone number."""
    if _TRUNK.match(text):
        text = text.replace("(0)", "", 1)
    return "".join(str(unicodedata.digit(char)) for char in text if char.isdigit())


def is_unspaced(word: str) -> bool:
    """Whether a word is of a script without blanks between words, so that a part of it is a word as well."""
    return _UNSPACED.search(word) is not None


def may_be_alike(word: str) -> bool:
    """Whether a word is found with a typing error: no number, and not too short or too long."""
    return 2 < len(word) <= MAX_LETTERS and word.isalpha()
