"""Whether two customers look like one: by name, email, phone, tax number and registration number. No database.

A customer is compared with those that share something with it, so that thousands take seconds: an email, a number, the
beginning of a word of the name; and with its neighbours in the order of names, for words that begin with an error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from customers.index import words
from customers.index.similar import ONE_ERROR, allowed_errors

# Why two customers look alike, with the words of pages.
REASONS = {
    "same_name": "Same name",
    "similar_name": "Similar name",
    "email": "Same email",
    "phone": "Same phone",
    "tax_number": "Same tax number",
    "registration_number": "Same registration number",
}
# What each of them adds to the score. A name adds by its likeness.
_WEIGHTS = {"email": 20, "phone": 15, "tax_number": 30, "registration_number": 20}
_NAME_WEIGHT = 70
# From this likeness of names on, the same email or phone is enough.
_ALIKE = 75
# Digits at the end of a phone number that are compared: without the country code.
_PHONE_DIGITS = 8
# Characters of a number that is compared, and of a word's beginning.
_MIN_NUMBER, _PREFIX = 5, 4
# Customers that share something, up to which each is compared with each; of more with its neighbours by name.
_MAX_BLOCK, _NEIGHBOURS = 150, 5
# What names of companies end with in some languages, in short; and words that say nothing.
_LEGAL_FORMS = {"limited": "ltd", "incorporated": "inc", "corporation": "corp"} | {
    word: word
    for word in words.words(
        "ltd plc llp llc inc corp pty gmbh kg ohg ug ag sa sas sarl srl spa sl bv nv oy oyj ab aps kft sro"
    )
}
_EMPTY_WORDS = frozenset(words.words("the and und company co"))


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two customers that look alike, the lesser ID first. `score` is at most 100, `reasons` are names of `REASONS`."""

    first_id: str
    second_id: str
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared of one customer, normalised.

    `forms` are the legal forms of the name, which `name` is without; `numbers` its words with digits.
    """

    customer_id: str
    name: str
    forms: frozenset[str]
    numbers: tuple[str, ...]
    emails: frozenset[str]
    phones: frozenset[str]
    tax_number: str
    registration_number: str


def compared(
    customer_id: str, name: str, emails: str, phones: str, tax_number: str, registration: str
) -> Compared:
    """A customer by the columns of its row in the index."""
    found = words.words(name)
    kept = [word for word in found if word not in _LEGAL_FORMS and word not in _EMPTY_WORDS]
    kept = kept or found
    digits = (phone.lstrip("+")[-_PHONE_DIGITS:] for phone in phones.split("\n"))
    return Compared(
        customer_id=customer_id,
        name=" ".join(kept),
        forms=frozenset(_LEGAL_FORMS[word] for word in found if word in _LEGAL_FORMS),
        numbers=tuple(sorted(word for word in kept if any(char.isdigit() for char in word))),
        emails=frozenset(filter(None, emails.casefold().split("\n"))),
        phones=frozenset(number for number in digits if len(number) == _PHONE_DIGITS),
        tax_number=_number(tax_number),
        registration_number=_number(registration),
    )


def _number(text: str) -> str:
    number = words.compact(text)
    return number if len(number) >= _MIN_NUMBER else ""


def alike(customers: Sequence[Compared]) -> list[Likeness]:
    """The pairs of customers that look alike, the most similar first."""
    seen: set[tuple[int, int]] = set()
    found = []
    for pair in candidates(customers):
        if pair in seen:
            continue
        seen.add(pair)
        likeness = _likeness(customers[pair[0]], customers[pair[1]])
        if likeness is not None:
            found.append(likeness)
    return sorted(found, key=lambda each: (-each.score, each.first_id, each.second_id))


# -- which customers are compared ------------------------------------------------------------------


def candidates(customers: Sequence[Compared]) -> Iterator[tuple[int, int]]:
    """The pairs that are compared, as places, the lesser one first; some several times."""
    blocks: dict[Hashable, list[int]] = defaultdict(list)
    for place, customer in enumerate(customers):
        for key in _keys(customer):
            blocks[key].append(place)
    for block in blocks.values():
        if len(block) <= _MAX_BLOCK:
            yield from combinations(block, 2)
        else:
            yield from _neighbours(sorted(block, key=lambda place: customers[place].name))
    named = [place for place, customer in enumerate(customers) if customer.name]
    yield from _neighbours(sorted(named, key=lambda place: customers[place].name))
    yield from _neighbours(sorted(named, key=lambda place: customers[place].name[::-1]))


def _keys(customer: Compared) -> Iterable[Hashable]:
    """What a customer shares with those that it is compared with."""
    keys: set[Hashable] = {("email", email) for email in customer.emails}
    keys |= {("phone", phone) for phone in customer.phones}
    for kind in ("tax_number", "registration_number"):
        if number := getattr(customer, kind):
            keys.add((kind, number))
    keys |= {("word", word[:_PREFIX]) for word in customer.name.split()}
    return keys


def _neighbours(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    for at, place in enumerate(places):
        for other in places[at + 1 : at + 1 + _NEIGHBOURS]:
            yield (place, other) if place < other else (other, place)


# -- how alike they are ----------------------------------------------------------------------------


def _likeness(one: Compared, other: Compared) -> Likeness | None:
    """How much two customers look alike; None where that is not enough."""
    name = _name_likeness(one, other)
    reasons = _same(one, other)
    if not _is_enough(one, other, name, reasons):
        return None
    if name == 100:
        reasons.insert(0, "same_name")
    elif _has_typing_errors(one, other):
        reasons.insert(0, "similar_name")
    score = round(name * _NAME_WEIGHT / 100) + sum(_WEIGHTS.get(reason, 0) for reason in reasons)
    first, second = sorted((one.customer_id, other.customer_id))
    return Likeness(first, second, min(score, 100), tuple(reasons))


def _name_likeness(one: Compared, other: Compared) -> int:
    """From 0 to 100; names of which each has another number ("Store 12", "Store 13") are not alike."""
    if not one.name or not other.name or one.numbers != other.numbers:
        return 0
    ordered = fuzz.token_sort_ratio(one.name, other.name)
    joined = fuzz.ratio(one.name.replace(" ", ""), other.name.replace(" ", ""))
    return int(max(ordered, joined))


def _same(one: Compared, other: Compared) -> list[str]:
    reasons = []
    if one.emails & other.emails:
        reasons.append("email")
    if one.phones & other.phones:
        reasons.append("phone")
    if one.tax_number and one.tax_number == other.tax_number:
        reasons.append("tax_number")
    if one.registration_number and one.registration_number == other.registration_number:
        reasons.append("registration_number")
    return reasons


def _is_enough(one: Compared, other: Compared, name: int, reasons: Sequence[str]) -> bool:
    """Whether what is alike is enough. An email or a phone alone may be a bookkeeper's; a name, another person's."""
    if "tax_number" in reasons or "registration_number" in reasons or len(reasons) > 1:
        return True
    if one.tax_number and other.tax_number:
        return False
    if reasons and name >= _ALIKE:
        return True
    if one.forms and other.forms and not one.forms & other.forms:
        return False
    return name == 100 or (name > 0 and _has_typing_errors(one, other))


def _has_typing_errors(one: Compared, other: Compared) -> bool:
    """Whether two names differ by typing errors alone, after the first letter of a word: "Harbour", "Harbuor"."""
    pairs = list(zip(sorted(one.name.split()), sorted(other.name.split()), strict=False))
    if len(pairs) != max(one.name.count(" "), other.name.count(" ")) + 1:
        return False
    return all(
        first == second
        or (
            min(len(first), len(second)) > ONE_ERROR
            and first[0] == second[0]
            and OSA.distance(first, second) <= allowed_errors(first)
        )
        for first, second in pairs
    )
