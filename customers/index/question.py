"""What a person typed, as what the index is asked for.

A text has one or several *readings*; a customer matches where all words of one of them are found. "020 7946 0999" is
read as one number, with and without the digits that are dialled before it, and as three words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from customers.index import words

# Characters of a search that are used. A name has fewer.
MAX_TEXT = 200
# From this length on a word is looked for anywhere, a shorter one at the beginning of words.
MIN_ANYWHERE = 3

_NUMBER = re.compile(r"[\d\s+()./\-–]+")
# Digits of a number that is also looked for without its country code, which has up to three of them.
_MIN_NATIONAL, _MAX_COUNTRY_CODE = 7, 3

Reading = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A search. `text` as typed, without blanks around it; `key` its words with one blank between them.

    A reading has a word of two letters or more: a single letter is looked for at the beginning of names only, by `key`.
    `numbers`: what a number equals that is exactly this one.
    """

    text: str
    key: str
    readings: tuple[Reading, ...]
    numbers: frozenset[str] = frozenset()


def read(text: str) -> Question:
    """What a text asks for; without readings where it has nothing that can be found."""
    text = text[:MAX_TEXT].replace("\0", "").encode(errors="ignore").decode().strip()
    found, numbers = words.words(text), tuple(_numbers(text))
    readings = dict.fromkeys((*numbers, tuple(dict.fromkeys(found))))
    equal = {words.compact(text), *(number for reading in numbers for number in reading)}
    return Question(
        text=text,
        key=" ".join(found),
        readings=tuple(each for each in readings if any(len(word) > 1 for word in each)),
        numbers=frozenset(equal - {""}),
    )


def _numbers(text: str) -> Iterator[Reading]:
    """The readings of a text as one number."""
    if not _NUMBER.fullmatch(text):
        return
    number = words.digits(text)
    if len(number) < MIN_ANYWHERE:
        return
    yield (number,)
    is_international = text.startswith(("+", "00"))
    national = number.removeprefix("00").lstrip("0")
    if len(national) >= MIN_ANYWHERE:
        yield (national,)
    if is_international:
        for length in range(1, _MAX_COUNTRY_CODE + 1):
            if len(national) - length >= _MIN_NATIONAL:
                yield (national[length:],)


def anywhere(word: str) -> str:
    """The text that a customer's words must contain for a word to be found in it."""
    if len(word) >= MIN_ANYWHERE or words.is_unspaced(word):
        return word
    return at_start(word)


def at_start(word: str) -> str:
    """The same for a word that begins with it."""
    return f" {word}"


def whole(word: str) -> str:
    """The same for the word itself."""
    return f" {word} "
