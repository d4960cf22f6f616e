"""Which rules ask for a second person's approval of a change. Pure: it reads neither the database nor Codat."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import simplejson

from customers.codat.text import single_line
from customers.formatting import counted, thousands
from customers.models import ApprovalRule
from customers.writes.diff import changed_fields

Field = ApprovalRule.Field

# What a sentence calls each field.
_NAMES = {Field.NAME: "the name", Field.TAX_NUMBER: "the tax number", Field.STATUS: "the status"}


@dataclass(frozen=True, slots=True)
class Change:
    """What the rules look at: of a single change, or of a batch.

    `tags` are the company's. `fields` are the properties of the customer that change. `rows` are the rows of batches
    that count together (`batch_size.counted_rows`), 0 for a single change.
    """

    company_id: str
    tags: Mapping[str, str]
    fields: frozenset[str]
    rows: int = 0


def reasons(rules: Iterable[ApprovalRule], change: Change) -> list[str]:
    """Why a change needs approval, as sentences, each once; [] where it needs none."""
    found = dict[str, None]()
    for rule in rules:
        if is_of_company(rule, change.company_id, change.tags):
            found.update(dict.fromkeys(_reasons(rule, change)))
    return [*found]


def is_of_company(rule: ApprovalRule, company_id: str, tags: Mapping[str, str]) -> bool:
    """Whether a rule is about a company."""
    if rule.company_id and rule.company_id != company_id:
        return False
    if not rule.tag_key:
        return True
    # A tag is typed here and stored at Codat: accents may be written in two ways, blanks doubled or invisible.
    wanted = single_line(rule.tag_key), single_line(rule.tag_value)
    return any((single_line(key), single_line(value)) == wanted for key, value in tags.items())


def changed_names(before: str, payload: str, pending: Iterable[str] = ()) -> frozenset[str]:
    """The properties of a customer that a payload changes, all of them JSON texts.

    Against the record as it was read, and against what pending changes will make of it: an undo of one of them has the
    values that Codat's copy still shows.
    """
    new = _json(payload)
    found = _names(_json(before), new)
    for other in map(_json, pending):
        found |= _names(other, {name: new[name] for name in new.keys() & other.keys()})
    return frozenset(found)


def _json(text: str) -> dict[str, Any]:
    return dict(simplejson.loads(text, use_decimal=True)) if text else {}


def _names(old: Any, new: Any) -> set[str]:
    return {str(change.keys[0]) for change in changed_fields(old, new) if change.keys}


def tags_of(company: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a company as Codat sends them; {} where there are none."""
    tags = company.get("tags")
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}


def _reasons(rule: ApprovalRule, change: Change) -> Iterable[str]:
    if rule.larger_than is not None and change.rows > rule.larger_than:
        rows = f"{counted(change.rows, 'row')} of one person in 24 hours"
        yield f"{rows} {'is' if change.rows == 1 else 'are'} more than {thousands(rule.larger_than)}."
    if Field.ANY in rule.fields and change.fields:
        yield "Every change to a customer of this company needs approval."
        return
    for field, name in _NAMES.items():
        if field in rule.fields and field in change.fields:
            yield f"It changes {name}."
