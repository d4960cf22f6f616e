"""Who had a hand in what an approval is about: none of these people may approve it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from customers.models import Approval, Batch, BatchRow, BatchStep, ImportStep, Write
from customers.scope import EVERYTHING, restricted

# Changes that one replaces, one after the other, whose authors are asked for.
_MAX_EARLIER = 20

# A person by key and name. An account may have been deleted since: None. "" where the name is not stored.
_Person = tuple[int | None, str]


@dataclass(frozen=True, slots=True)
class Authors:
    """The people who had a hand in a change, by key and by name: an account may have been deleted since."""

    ids: frozenset[int]
    names: frozenset[str]

    def has(self, user_id: int | None, name: str) -> bool:
        """Whether a person is one of them."""
        return user_id in self.ids or name in self.names


@dataclass(frozen=True, slots=True)
class _Step:
    """A change or batch: its author, and the one that it replaces, undoes or retries."""

    author: _Person
    earlier: UUID | None


def authors_of(approval: Approval) -> Authors:
    """The authors of what an approval is about, and who asked for it."""
    return authors_of_each([approval])[approval.pk]


def authors_of_each(approvals: Collection[Approval]) -> dict[UUID, Authors]:
    """The same of many approvals, by key. The number of queries does not grow with theirs."""
    with restricted(EVERYTHING):
        writes = _steps(
            Write.objects.all(), "retry_of_id", {one.write_id for one in approvals if one.write_id}
        )
        batches = _steps(
            Batch.objects.all(), "source_id", {one.batch_id for one in approvals if one.batch_id}
        )
        others = _others_of(batches.keys())
    found = {}
    for one in approvals:
        people = [(one.asked_by_id, one.asked_by_name)]
        people += (step.author for _, step in _chain(writes, one.write_id))
        for key, step in _chain(batches, one.batch_id):
            people += (step.author, *others[key])
        found[one.pk] = _authors(people)
    return found


def _authors(people: Iterable[_Person]) -> Authors:
    people = set(people)
    return Authors(
        frozenset(pk for pk, _ in people if pk is not None),
        frozenset(name for _, name in people if name),
    )


def _steps(rows: "QuerySet[Any]", earlier: str, keys: set[UUID]) -> dict[UUID, _Step]:
    """Changes or batches, and those before them. One query for each step back; mostly there is one step."""
    steps: dict[UUID, _Step] = {}
    for _ in range(_MAX_EARLIER):
        if not keys:
            break
        read = rows.filter(pk__in=keys).order_by()
        new = {
            pk: _Step((user_id, name), before)
            for pk, user_id, name, before in read.values_list("pk", "user_id", "username", earlier)
        }
        steps |= new
        keys = {step.earlier for step in new.values() if step.earlier} - steps.keys()
    return steps


def _chain(steps: Mapping[UUID, _Step], key: UUID | None) -> Iterator[tuple[UUID, _Step]]:
    """One change or batch, and those before it."""
    for _ in range(_MAX_EARLIER):
        if key is None or key not in steps:
            return
        yield key, steps[key]
        key = steps[key].earlier


def _others_of(batches: Collection[UUID]) -> dict[UUID, set[_Person]]:
    """Who made and started batches, corrected their rows and edited their imports, by batch."""
    found: dict[UUID, set[_Person]] = defaultdict(set)
    if not batches:
        return found
    asked = BatchStep.Action.CREATE, BatchStep.Action.START
    steps = BatchStep.objects.filter(batch__in=batches, user__isnull=False, action__in=asked)
    for key, pk, name in steps.order_by().values_list("batch", "user", "username").distinct():
        found[key].add((pk, name))
    rows = BatchRow.objects.filter(batch__in=batches, corrected_by__isnull=False).order_by()
    for key, pk in rows.values_list("batch", "corrected_by").distinct():
        found[key].add((pk, ""))
    edits = ImportStep.objects.filter(source__batch__in=batches, user__isnull=False).order_by()
    for key, pk, name in edits.values_list("source__batch", "user", "username").distinct():
        found[key].add((pk, name))
    return found
