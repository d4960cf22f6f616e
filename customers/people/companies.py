"""Companies that people are given: which there are to choose from, and how a grant reads."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from customers.codat.cell_text import storable
from customers.codat.text import db_safe, folded_name
from customers.models import CompanyState, Grant
from customers.scope import Scope

# Companies that a search shows, words of it, tags to choose from.
MAX_FOUND, MAX_WORDS, MAX_TAGS = 50, 8, 500
HIDDEN = "Companies that you do not see"


@dataclass(frozen=True, slots=True)
class Given:
    """What a grant names: a company's ID, the value of the tag `key`, or the ID of a Codat user."""

    kind: str
    value: str
    key: str = ""

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns of a grant or of an event."""
        return {"kind": self.kind, "value": self.value, "key": self.key}

    @property
    def name(self) -> str:
        """The value of an input of a form."""
        return json.dumps([self.key, self.value])


@dataclass(frozen=True, slots=True)
class CompanyChoice:
    """A company that can be given."""

    company_id: str
    name: str
    platform: str


@dataclass(frozen=True, slots=True)
class TagChoice:
    """A tag that companies have, and how many have it."""

    given: Given
    number: int

    @property
    def label(self) -> str:
        """`region: North (3 companies)`."""
        companies = "company" if self.number == 1 else "companies"
        return f"{self.given.key}: {self.given.value} ({self.number} {companies})"


def search(text: str, scope: Scope) -> tuple[Sequence[CompanyChoice], bool]:
    """Companies of a scope that have every word of a text, by name; and whether there are more than are shown."""
    rows = _in(scope)
    for word in folded_name(text).split()[:MAX_WORDS]:
        rows = rows.filter(search__contains=word)
    found = rows.values_list("company_id", "name", "platform_name")[: MAX_FOUND + 1]
    choices = [CompanyChoice(pk, name or pk, platform) for pk, name, platform in found]
    return choices[:MAX_FOUND], len(choices) > MAX_FOUND


def named(ids: Iterable[str], scope: Scope) -> Sequence[CompanyChoice]:
    """The companies of a scope with these IDs, by name."""
    rows = _in(scope).filter(pk__in=list(ids))
    return [
        CompanyChoice(pk, name or pk, platform)
        for pk, name, platform in rows.values_list("company_id", "name", "platform_name")
    ]


def tags(scope: Scope) -> Sequence[TagChoice]:
    """The tags that companies have. Only for those who see all companies: others would give what they do not see."""
    if not scope.is_everything:
        return ()
    numbers: dict[Given, int] = {}
    for own in CompanyState.objects.values_list("tags", flat=True):
        for key, value in own.items() if isinstance(own, dict) else ():
            given = Given(Grant.Kind.TAG, str(value), str(key))
            numbers[given] = numbers.get(given, 0) + 1
    found = [TagChoice(given, number) for given, number in numbers.items()]
    return sorted(found, key=lambda tag: (tag.given.key, tag.given.value))[:MAX_TAGS]


def tag_named(text: str) -> Given | None:
    """The tag that an input of a form names; None for anything else."""
    try:
        key, value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    if not (isinstance(key, str) and isinstance(value, str)) or not (key and value):
        return None
    # JSON can say half of a character, which no database holds.
    return Given(Grant.Kind.TAG, db_safe(storable(value), 500), db_safe(storable(key), 200))


def descriptions(given: Collection[Given], scope: Scope) -> Mapping[Given, str]:
    """Each grant as one line; `HIDDEN` where a reader with this scope may not know of what. One query at most."""
    companies = {each.value for each in given if each.kind == Grant.Kind.COMPANY}
    ids = [each for each in companies if scope.has(each)]
    names = dict(CompanyState.objects.filter(pk__in=ids).values_list("company_id", "name"))
    return {each: _description(each, scope, names) for each in given}


def _description(given: Given, scope: Scope, names: Mapping[str, str]) -> str:
    if given.kind == Grant.Kind.COMPANY:
        if not scope.has(given.value):
            return HIDDEN
        return names.get(given.value) or f"Company {given.value}"
    if not scope.is_everything:
        return HIDDEN
    if given.kind == Grant.Kind.TAG:
        return f"Tag {given.key}: {given.value}"
    return f"Owner {given.value}"


def _in(scope: Scope) -> QuerySet[CompanyState]:
    rows = CompanyState.objects.all()
    return rows if scope.companies is None else rows.filter(pk__in=scope.companies)
