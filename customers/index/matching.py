"""How well a customer of the index matches a question, and where: decided here for every database.

The database finds candidates; it neither ranks nor cuts by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from customers.index import words
from customers.index.question import Question, Reading, anywhere, at_start, whole
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


@dataclass(frozen=True, slots=True)
class Candidate:
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


def rank(candidate: Candidate, question: Question, similar: Similar | None = None) -> Rank | None:
    """The rank of a candidate; None where it does not match. With `similar`, also with typing errors."""
    kind, looseness, errors = _best(candidate, question, similar or {})
    if kind is None:
        return None
    return (
        kind,
        candidate.is_deleted,
        looseness,
        errors,
        candidate.name_key,
        candidate.company_id,
        candidate.customer_id,
    )


def _best(
    candidate: Candidate, question: Question, similar: Similar
) -> tuple[Kind | None, int, int]:
    if _is_exact(candidate, question):
        return Kind.EXACT, 0 if candidate.name_key == question.key else 1, 0
    if question.key and candidate.name_key.startswith(question.key):
        return Kind.PREFIX, 0, 0
    if _is_start_of_id(candidate, question):
        return Kind.PREFIX, 1, 0
    text = candidate.searched
    found = [each for each in question.readings if all(anywhere(word) in text for word in each)]
    if found:
        return min(_looseness(candidate, reading) for reading in found)
    errors = [_errors(text, reading, similar) for reading in question.readings]
    fewest = min((each for each in errors if each is not None), default=None)
    return (None, 0, 0) if fewest is None else (Kind.SIMILAR, 0, fewest)


# The shortest beginning of an ID that is looked for: of a shorter one there would be too many.
MIN_ID = 4


def _is_start_of_id(candidate: Candidate, question: Question) -> bool:
    return len(question.text) >= MIN_ID and candidate.customer_id.startswith(question.text)


def _is_exact(candidate: Candidate, question: Question) -> bool:
    if question.key and candidate.name_key == question.key:
        return True
    if candidate.customer_id == question.text:
        return True
    text = question.text.casefold()
    if "@" in text and text in candidate.emails.casefold().split("\n"):
        return True
    if not any(map(str.isdigit, text)):
        return False
    numbers = [words.digits(phone) for phone in candidate.phones.split("\n")]
    numbers += [words.compact(candidate.registration_number), words.compact(candidate.tax_number)]
    return not question.numbers.isdisjoint(numbers)


def _looseness(candidate: Candidate, reading: Reading) -> tuple[Kind, int, int]:
    """How the words of a reading are found: at the beginning of words or within; how many not as words of the name."""
    name, text = f" {candidate.name_key} ", candidate.searched
    kind = Kind.WORD if all(at_start(word) in text for word in reading) else Kind.PART
    loose = sum(2 - (anywhere(word) in name) - (whole(word) in name) for word in reading)
    return kind, loose, 0


def _errors(text: str, reading: Reading, similar: Similar) -> int | None:
    """The number of typing errors with which all words of a reading are in a text; None where they are not."""
    total = 0
    for word in reading:
        if anywhere(word) in text:
            continue
        errors = [number for other, number in similar.get(word, {}).items() if whole(other) in text]
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
    found = []
    for name in FIELDS:
        for line in getattr(customer, name).split("\n"):
            spans = _spans(line, name, question, similar or {})
            if spans:
                found.append(Match(name, line, spans))
    return tuple(found)


_NUMBERS = ("phones", "registration_number", "tax_number", "postal_code")


def _spans(
    line: str, name: str, question: Question, similar: Similar
) -> tuple[tuple[int, int], ...]:
    if name == "customer_id":
        is_found = line == question.text or (
            len(question.text) >= MIN_ID and line.startswith(question.text)
        )
        return ((0, len(question.text)),) if is_found else ()
    spans = []
    for word, places in _placed(line, is_number=name in _NUMBERS):
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
