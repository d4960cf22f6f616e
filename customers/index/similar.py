"""The words of the index that a mistyped word may stand for.

A word of four to seven letters may have one error, a longer one two: a letter that is wrong, missing or too many, or
two that changed places. Where an error is, the rest of the word is intact: a word of the index is compared where it has
the first, or another, piece of what was typed.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from customers.index.backends import find
from customers.index.question import Question, whole
from customers.index.words import may_be_alike
from customers.models import IndexedWord

# Letters from which on a word may have one error, and two. A shorter one is like too many others.
ONE_ERROR, TWO_ERRORS = 4, 8
# From this length on the beginning of a word is compared, too: somebody is still typing it.
UNFINISHED = 5
# The shortest part of two words that were typed as one.
MIN_HALF = 3
# Words of a question that may have errors, and for each of them words of the index, the nearest ones.
MAX_TYPED, MAX_SIMILAR = 6, 12
# Words of the index that are compared: more than have a piece in common.
MAX_COMPARED = 100_000


def similar(question: Question) -> dict[str, dict[str, int]]:
    """For each word of a question that may have errors, words of the index with their number of errors."""
    wanted = dict.fromkeys(word for reading in question.readings for word in reading)
    words = [word for word in wanted if len(word) >= ONE_ERROR and may_be_alike(word)]
    # Two neighbours that changed places may lie in two pieces.
    swapped = {word: _swapped(word) for word in words[:MAX_TYPED]}
    known = _known(other for others in swapped.values() for other in others)
    return {word: _similar(word, known.intersection(others)) for word, others in swapped.items()}


def _similar(word: str, swapped: set[str]) -> dict[str, int]:
    """The words of the index that are like one, those with two neighbours swapped among them."""
    pieces = [[[piece]] for piece in _pieces(word, allowed_errors(word) + 1)]
    stored = {found.strip() for found in find(IndexedWord, "word", pieces, MAX_COMPARED, "word")}
    errors = _errors(word, sorted((stored | swapped) - {word}))
    nearest = sorted(errors, key=lambda other: (errors[other], other))[:MAX_SIMILAR]
    return {other: errors[other] for other in nearest}


def allowed_errors(word: str) -> int:
    """How many errors a word may have."""
    return 2 if len(word) >= TWO_ERRORS else 1


def _errors(word: str, others: Sequence[str]) -> dict[str, int]:
    """Those of some words that one may stand for, or for their beginning, each with the fewest errors."""
    found = _distances(word, dict(zip(others, others, strict=True)))
    if len(word) >= UNFINISHED:
        for length in range(len(word) - 1, len(word) + 2):
            beginnings = {other: other[:length] for other in others if len(other) > length}
            for other, number in _distances(word, beginnings).items():
                found[other] = min(number, found.get(other, number))
    # A beginning without an error was looked for as it was typed.
    return {other: number for other, number in found.items() if number}


def _distances(word: str, texts: Mapping[str, str]) -> dict[str, int]:
    """For each of some texts, by its key, its number of errors where it has no more than a word may have."""
    found = process.extract(
        word, texts, scorer=OSA.distance, score_cutoff=allowed_errors(word), limit=None
    )
    return {key: number for _, number, key in found}


def _pieces(word: str, count: int) -> list[str]:
    """The word in so many pieces of at least three characters, with the blanks around it."""
    # The first piece is the shortest: its blank makes it a character longer.
    first = len(word) // count
    rest = (len(word) - first) / (count - 1)
    cuts = [0, *(first + round(rest * number) for number in range(count))]
    pieces = [word[start:end] for start, end in pairwise(cuts)]
    pieces[0] = f" {pieces[0]}"
    if len(pieces[-1]) < MIN_HALF:
        pieces[-1] = f"{pieces[-1]} "
    return pieces


def _swapped(word: str) -> list[str]:
    """The word with two neighbours swapped, for each two."""
    return [
        word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        for at in range(len(word) - 1)
        if word[at] != word[at + 1]
    ]


def split(question: Question) -> Sequence[tuple[str, ...]]:
    """Readings in which a word is two words of the index: "bluebell" for "blue bell"."""
    words = {word for reading in question.readings for word in reading}
    halves = {
        word: [(word[:at], word[at:]) for at in range(MIN_HALF, len(word) - MIN_HALF + 1)]
        for word in words
        if may_be_alike(word)
    }
    known = _known(half for pairs in halves.values() for pair in pairs for half in pair)
    return [
        (*reading[:place], *pair, *reading[place + 1 :])
        for reading in question.readings
        for place, word in enumerate(reading)
        for pair in halves.get(word, ())
        if known.issuperset(pair)
    ]


def _known(words: Iterable[str]) -> set[str]:
    """Those of some words that the index has. One query, none without words."""
    stored = IndexedWord.objects.filter(word__in={whole(word) for word in words})
    return {word.strip() for word in stored.values_list("word", flat=True)}
