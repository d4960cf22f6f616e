"""How well a customer of the index matches a question, and where: decided here for every database.

The database finds candidates; it neither ranks nor cuts by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from customers.index import words
from customers.index.question import Question, anywhere, at_start, whole
from customers.models import IndexedCustomer


class Kind(IntEnum):
    """How a customer matches, the best first."""

    EXACT = 1
    PREFIX = 2
    WORD = 3
    PART = 4
    SIMILAR = 5


# The fields that are searched, the best first: of two customers that match alike, the one whose name does comes first.
FIELDS = (
    "name",
    "contact_names",
    "emails",
    "phones",
    "registration_number",
    "tax_number",
    "customer_id",
    "city",
    "postal_code",
)
# What a candidate is ranked by.
COLUMNS = (
    "pk",
    "source__company_id",
    "customer_id",
    "name_key",
    "emails",
    "phones",
    "registration_number",
    "tax_number",
    "is_deleted",
    "searched",
)

# For a word as it was typed, the words of the index that are like it, each with its number of typing errors.
Similar = Mapping[str, Mapping[str, int]]


class Candidate(NamedTuple):
    """What of a customer its rank depends on: `COLUMNS`."""

    pk: int
    company_id: str
    customer_id: str
    name_key: str
    emails: str
    phones: str
    registration_number: str
    tax_number: str
    is_deleted: bool
    searched: str


# Sorts hits: the kind, what is deleted last, how much is whole words of the name, typing errors; then by name and IDs,
# so that the order is the same everywhere.
Rank = tuple[int, bool, int, int, str, str, str]


# The shortest beginning of an ID that is looked for: of a shorter one there would be too many.
MIN_ID = 4


@dataclass(frozen=True, slots=True)
class _Word:
    """A word that was typed, as the text that a customer's words must contain. `alike`: each with its typing errors."""

    anywhere: str
    at_start: str
    whole: str
    alike: tuple[tuple[str, int], ...]


class Ranking:
    """Ranks candidates for a question; with `similar`, also those with typing errors.

    Made once for hundreds of candidates, so that what depends on the question alone is worked out once.
    """

    def __init__(self, question: Question, similar: Similar | None = None) -> None:
        alike = similar or {}
        self._question = question
        self._email = text if "@" in (text := question.text.casefold()) else ""
        self._numbers = [whole(number) for number in question.numbers]
        self._readings = [
            [
                _Word(
                    anywhere(word),
                    at_start(word),
                    whole(word),
                    tuple((whole(other), number) for other, number in alike.get(word, {}).items()),
                )
                for word in reading
            ]
            for reading in question.readings
        ]

    def rank(self, candidate: Candidate) -> Rank | None:
        """The rank of a candidate; None where it does not match."""
        best = self._best(candidate)
        if best is None:
            return None
        kind, looseness, errors = best
        return (
            kind,
            candidate.is_deleted,
            looseness,
            errors,
            candidate.name_key,
            candidate.company_id,
            candidate.customer_id,
        )

    def _best(self, candidate: Candidate) -> tuple[Kind, int, int] | None:
        key, text = self._question.key, candidate.searched
        if self._is_exact(candidate):
            return Kind.EXACT, 0 if candidate.name_key == key else 1, 0
        if key and candidate.name_key.startswith(key):
            return Kind.PREFIX, 0, 0
        if self._is_start_of_id(candidate):
            return Kind.PREFIX, 1, 0
        found = [each for each in self._readings if all(word.anywhere in text for word in each)]
        if found:
            return min(_looseness(candidate, reading) for reading in found)
        errors = [_errors(text, reading) for reading in self._readings]
        fewest = min((each for each in errors if each is not None), default=None)
        return None if fewest is None else (Kind.SIMILAR, 0, fewest)

    def _is_start_of_id(self, candidate: Candidate) -> bool:
        text = self._question.text
        return len(text) >= MIN_ID and candidate.customer_id.startswith(text)

    def _is_exact(self, candidate: Candidate) -> bool:
        if self._question.key and candidate.name_key == self._question.key:
            return True
        if candidate.customer_id == self._question.text:
            return True
        if self._email and self._email in candidate.emails.casefold().split("\n"):
            return True
        # A number is a word of the customer, too: that rules most out.
        if not any(number in candidate.searched for number in self._numbers):
            return False
        numbers = [words.digits(phone) for phone in candidate.phones.split("\n")]
        numbers += map(words.compact, (candidate.registration_number, candidate.tax_number))
        return not self._question.numbers.isdisjoint(numbers)


def _looseness(candidate: Candidate, reading: Sequence[_Word]) -> tuple[Kind, int, int]:
    """How the words of a reading are found: at the beginning of words or within; how many not as words of the name."""
    name, text = f" {candidate.name_key} ", candidate.searched
    kind = Kind.WORD if all(word.at_start in text for word in reading) else Kind.PART
    loose = sum(2 - (word.anywhere in name) - (word.whole in name) for word in reading)
    return kind, loose, 0


def _errors(text: str, reading: Sequence[_Word]) -> int | None:
    """The number of typing errors with which all words of a reading are in a text; None where they are not."""
    total = 0
    for word in reading:
        if word.anywhere in text:
            continue
        errors = [number for other, number in word.alike if other in text]
        if not errors:
            return None
        total += min(errors)
    return total


# -- where -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Match:
    """A field in which something was found: its text, one line of it, and the parts of the text to mark."""

    field: str
    text: str
    spans: tuple[tuple[int, int], ...]


def matches(
    customer: IndexedCustomer, question: Question, similar: Similar | None = None
) -> tuple[Match, ...]:
    """The fields in which a question is found, in the order of `FIELDS`; of a list, the lines in which it is."""
    found, similar = [], similar or {}
    wanted = [*_wanted(question), *(other for each in similar.values() for other in each)]
    for name in FIELDS:
        for line in getattr(customer, name).split("\n"):
            spans = _spans(line, name, question, similar, wanted)
            if spans:
                found.append(Match(name, line, spans))
    return tuple(found)


_NUMBERS = ("phones", "registration_number", "tax_number", "postal_code")


def _spans(
    line: str, name: str, question: Question, similar: Similar, wanted: Sequence[str]
) -> tuple[tuple[int, int], ...]:
    """The parts of a line to mark. `wanted` are all words of which one must be in it."""
    if name == "customer_id":
        is_found = line == question.text or (
            len(question.text) >= MIN_ID and line.startswith(question.text)
        )
        return ((0, len(question.text)),) if is_found else ()
    is_number = name in _NUMBERS
    plain = words.compact(line) if is_number else line.translate(words.FOLDING)
    if not any(part in plain for part in wanted):
        # Most lines, which need not be taken apart.
        return ()
    spans = []
    for word, places in _placed(line, is_number=is_number):
        for part in _wanted(question):
            at = _found_at(word, part, similar)
            if at is not None:
                spans.append((places[at[0]], places[at[1] - 1] + 1))
    return _united(spans)


def _wanted(question: Question) -> Iterator[str]:
    for reading in question.readings:
        yield from reading


def _found_at(word: str, part: str, similar: Similar) -> tuple[int, int] | None:
    """Where in a word a part that was typed is found."""
    at = word.find(part)
    if at == 0 or (at > 0 and anywhere(part) == part):
        return at, at + len(part)
    return (0, len(word)) if word in similar.get(part, {}) else None


def _placed(line: str, *, is_number: bool) -> Iterator[tuple[str, Sequence[int]]]:
    """The words of a text as it is shown, each with the place of each of its characters in the text."""
    word, places = "", []
    for at, char in enumerate(line):
        folded = words.FOLDING[ord(char)]
        for part in folded:
            if part != " ":
                word += part
                places.append(at)
            elif word and not is_number:
                yield word, places
                word, places = "", []
    if word:
        yield word, places


def _united(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans without overlaps, in order."""
    united: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if united and start <= united[-1][1]:
            united[-1] = (united[-1][0], max(end, united[-1][1]))
        else:
            united.append((start, end))
    return tuple(united)
