"""Problems of the journal: changes that failed, timed out, are unknown, or did not come back as they were sent.

Those of one company with one reason are one problem. The database groups them. Where the reason tells nothing new, it
does so in an index alone: thousands of changes may time out, or not be found, together.
"""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.db.models import Case, CharField, Count, Max, Min, Q, Value, When
from django.db.models.functions import Cast, Coalesce

from customers.batches.reasons import write_reason
from customers.formatting import DASH, counted
from customers.home.problem import KINDS, Action, Author, Problem, key_of
from customers.models import Write
from customers.web import links

State, Confirmation = Write.State, Write.Confirmation

# Reasons of one company and kind that have a row each; the rest share one.
MAX_REASONS = 5
_MAX_DETAIL = 200
# Columns that tell why a change is a problem: those with the same values have the same reason.
_FACTS = (
    "company_id",
    "platform_name",
    "state",
    "confirmation",
    "status_code",
    "error_message",
    "validation",
    "differences",
    "refreshes",
    "refresh_status",
    "settled_by",
)
# Of those without a reason that tells what to do.
_COUNTED = ("company_id", "state", "confirmation", "user")
_OTHERS = "others"
_QUOTED = re.compile(r"[\"“«‘'`].*?[\"”»’'`]")
_DIGITS = re.compile(r"\d+")
_FIRST_CLAUSE = re.compile(r", so |\.(?: |$)")

_VERBS = {
    "refused": ("was refused", "were refused"),
    "not-sent": ("was not sent", "were not sent"),
    "timed-out": ("timed out", "timed out"),
    "unknown": ("may or may not have arrived", "may or may not have arrived"),
    "different": ("came back different", "came back different"),
    "absent": ("was not found after the sync", "were not found after the sync"),
}
_LABELS = {"refused": "Fix", "not-sent": "Send again", "different": "Compare"}


@dataclass(slots=True)
class _Group:
    """Changes of one company with one reason, as they are added up."""

    kind: str
    company_id: str
    company_name: str = ""
    platform: str = ""
    number: int = 0
    since: datetime | None = None
    latest: datetime | None = None
    # By how they read without values and numbers.
    texts: dict[str, str] = field(default_factory=dict)
    authors: dict[int | None, datetime | None] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    customer_id: str = ""
    customer_name: str = ""
    is_new: bool = False

    def add(self, row: Mapping[str, Any], text: str) -> None:
        """Add a row of the database: changes of one author with the same facts."""
        self.number += row["number"]
        self.company_name = row["name"] or self.company_name
        self.platform = row["platform_name"] or self.platform
        self.since = min(filter(None, (self.since, row["oldest"])), default=None)
        self.latest = max(filter(None, (self.latest, row["newest"])), default=None)
        if text:
            self.texts.setdefault(_folded(text), text)
        unseen = min(filter(None, (self.authors.get(row["user"]), row["unseen"])), default=None)
        self.authors[row["user"]] = unseen
        self.ids.append(row["first"])
        self.customer_id, self.customer_name = row["customer"], row["customer_name_"]
        self.is_new = row["new"] == Write.Kind.CREATE

    def merge(self, other: "_Group") -> None:
        """Add another reason's changes."""
        self.number += other.number
        self.since = min(filter(None, (self.since, other.since)), default=None)
        self.latest = max(filter(None, (self.latest, other.latest)), default=None)
        self.texts |= other.texts
        self.ids += other.ids
        for user, unseen in other.authors.items():
            known = self.authors.get(user)
            self.authors[user] = min(filter(None, (known, unseen)), default=None)


def change_problems() -> list[Problem]:
    """The problems of the journal. Three queries at most, of an index that has only changes which are problems."""
    writes = Write.objects.filter(is_problem=1).order_by()
    counts = list(writes.values(*_COUNTED).annotate(**_sums()))
    rows = _with_facts([row for row in counts if not _has_reason(row)])
    if any(map(_has_reason, counts)):
        rows += _facts(writes.filter(Q(state=State.FAILED) | Q(confirmation=Confirmation.DIFFERS)))
    return [_problem(key, group) for key, group in _groups(rows).items()]


def _has_reason(row: Mapping[str, Any]) -> bool:
    """Whether changes of one kind may differ in what is to be done."""
    return bool(row["state"] == State.FAILED or row["confirmation"] == Confirmation.DIFFERS)


def changes_of(problem_key: str, company_id: str, until: datetime | None = None) -> list[uuid.UUID]:
    """The IDs of the changes of a problem, the newest last; with `until` without what happened later."""
    rows = _facts(
        Write.objects.filter(is_problem=1, company_id=company_id).order_by(), of_each=True
    )
    ordered = sorted(rows, key=lambda row: row["newest"])
    later = {row["first"] for row in ordered if until is not None and row["newest"] > until}
    group = _groups(ordered).get(problem_key)
    return [uuid.UUID(text) for text in group.ids if text not in later] if group else []


def _with_facts(counts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same as `_facts` of changes whose kind says it all: each count has the other facts of one of its changes."""
    if not counts:
        return []
    columns = ("pk", *_FACTS, "company_name", "customer_id", "customer_name", "kind")
    some = Write.objects.filter(pk__in=[uuid.UUID(row["first"]) for row in counts]).order_by()
    found = {row["pk"]: row for row in some.values(*columns)}
    return [
        one
        | {"name": one["company_name"], "customer": one["customer_id"], "new": one["kind"]}
        | {"customer_name_": one["customer_name"]}
        | row
        for row in counts
        if (one := found.get(uuid.UUID(row["first"])))
    ]


def _sums() -> dict[str, Any]:
    """How many changes, when, and the ID of one of them: what the index `problems_of_company` has."""
    at = Coalesce("confirmed_at", "completed_at", "created_at")
    return {
        "number": Count("id"),
        "oldest": Min(at),
        "newest": Max(at),
        "unseen": Min(at, filter=Q(seen_at=None)),
        "first": Max(Cast("id", CharField())),
    }


def _facts(writes: Any, *, of_each: bool = False) -> Iterable[dict[str, Any]]:
    """The facts of problems, added up by author; with `of_each` a row for each change."""
    by = (*_FACTS, "user", "is_sent", "has_key", *(("pk",) if of_each else ()))
    rows = writes.annotate(
        is_sent=Case(When(sent_at=None, then=Value(0)), default=Value(1)),
        has_key=Case(When(push_operation_key="", then=Value(0)), default=Value(1)),
    ).values(*by)
    found = rows.annotate(
        **_sums(),
        name=Max("company_name"),
        customer=Max("customer_id"),
        customer_name_=Max("customer_name"),
        new=Max("kind"),
    )
    return cast(Iterable[dict[str, Any]], found)


def _groups(rows: Iterable[Mapping[str, Any]]) -> dict[str, _Group]:
    """The problems by their key."""
    found: dict[tuple[str, str], dict[str, _Group]] = {}
    for row in rows:
        kind, text = _kind(row), _reason(row)
        # What a refusal says tells what to do; of all other kinds the next step is the same.
        reason = _folded(text) if kind in ("refused", "not-sent") else ""
        reasons = found.setdefault((row["company_id"], kind), {})
        reasons.setdefault(reason, _Group(kind, row["company_id"])).add(row, text)
    groups: dict[str, _Group] = {}
    for (company_id, kind), reasons in found.items():
        largest = sorted(reasons.items(), key=lambda pair: (-pair[1].number, pair[0]))
        own = largest if len(largest) <= MAX_REASONS + 1 else largest[:MAX_REASONS]
        for reason, group in own:
            groups[key_of(kind, company_id, reason)] = group
        for _, group in largest[len(own) :]:
            key = key_of(kind, company_id, _OTHERS)
            if key in groups:
                groups[key].merge(group)
            else:
                groups[key] = group
    return groups


def _kind(row: Mapping[str, Any]) -> str:
    """The kind of a change that is a problem."""
    match State(row["state"]):
        case State.TIMED_OUT:
            return "timed-out"
        case State.UNKNOWN:
            return "unknown"
        case State.SUCCESS:
            return "different" if row["confirmation"] == Confirmation.DIFFERS else "absent"
    return "refused" if row["has_key"] or row["is_sent"] else "not-sent"


def _reason(row: Mapping[str, Any]) -> str:
    """Why, as Codat or the accounting software said it; of a difference the fields."""
    if row["confirmation"] == Confirmation.DIFFERS:
        return ", ".join(
            str(item.get("label")) for item in row["differences"] if isinstance(item, dict)
        )
    return write_reason(
        Write(
            state=row["state"],
            confirmation=row["confirmation"],
            status_code=row["status_code"],
            error_message=row["error_message"],
            validation=row["validation"],
            settled_by=row["settled_by"],
            platform_name=row["platform_name"],
            refreshes=row["refreshes"],
            refresh_status=row["refresh_status"],
        )
    )


def _folded(text: str) -> str:
    """A reason without what differs from change to change: quoted values and numbers."""
    return _DIGITS.sub("0", _QUOTED.sub("“”", text)).casefold()


def _problem(key: str, group: _Group) -> Problem:
    verb = _VERBS[group.kind][group.number != 1]
    label = _LABELS.get(group.kind, "Check")
    if group.number == 1:
        action = Action(label, _url_of_one(group))
    else:
        action = Action(f"{label} {counted(group.number, 'change')}", links.problem(key))
    return Problem(
        key=key,
        kind=KINDS[group.kind],
        title=f"{counted(group.number, 'change')} {verb}",
        detail=_detail(group),
        company_id=group.company_id,
        company_name=group.company_name or DASH,
        since=group.since,
        latest=group.latest,
        count=group.number,
        action=action,
        authors=[Author(user, unseen) for user, unseen in group.authors.items() if user],
    )


def _url_of_one(group: _Group) -> str:
    write_id = uuid.UUID(group.ids[0])
    if group.kind in ("refused", "not-sent"):
        return links.fix(group.company_id, "" if group.is_new else group.customer_id, write_id)
    return links.write(group.company_id, write_id)


def _detail(group: _Group) -> str:
    """What is said of the reason, without the company."""
    parts = [group.platform, group.customer_name if group.number == 1 else ""]
    text = next(iter(group.texts.values()), "")[:_MAX_DETAIL]
    if group.kind == "different":
        labels = dict.fromkeys(label for item in group.texts.values() for label in item.split(", "))
        text = ", ".join(list(labels)[:5])
    elif group.kind in ("refused", "not-sent"):
        text = text and f"“{text.rstrip('.')}”"
        if len(group.texts) > 1:
            text += f" and {counted(len(group.texts) - 1, 'other reason')}"
    else:
        # What follows is said on the page of the change.
        text = _FIRST_CLAUSE.split(text, maxsplit=1)[0]
    return " · ".join(part for part in (*parts, text) if part)
