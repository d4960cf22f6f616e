"""The problems of batches that ended: each number equals the list behind it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.batches.progress import progress_of
from customers.models import Batch
from tests.support.batch_rows import batch_of
from tests.support.problems import COMPANY, board

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("rows", "titles"),
    [
        ({"unknown": 1, "confirmed": 2}, ["The outcome of 1 row is unknown"]),
        ({"unknown": 3}, ["The outcomes of 3 rows are unknown"]),
        ({"refused": 2, "timed_out": 1}, ["3 rows of a batch failed"]),
        (
            {"refused": 2, "unknown": 3, "not_sent": 4},
            ["2 rows of a batch failed", "The outcomes of 3 rows are unknown"],
        ),
        ({"not_sent": 4}, []),
    ],
)
def test_a_cancelled_batch_counts_what_its_lists_have(
    editor: User, rows: dict[str, int], titles: list[str]
) -> None:
    batch = batch_of(editor, COMPANY, "cancelled", **rows)
    found = [entry.problem for entry in board(editor).team]
    assert sorted(one.title for one in found) == titles
    for one in found:
        group = re.search(r"\?state=(\w+)$", one.action.url)
        assert group
        assert one.count == progress_of(batch).of(group[1])


def test_a_retry_leaves_the_unknown_rows_to_a_person(editor: User) -> None:
    batch = batch_of(editor, COMPANY, "cancelled", refused=1, unknown=1)
    retry = batch_of(editor, COMPANY, "running", queued=1)
    Batch.objects.filter(pk=retry.pk).update(source=batch, started_at=timezone.now())
    (entry,) = board(editor).team
    assert entry.problem.title == "The outcome of 1 row is unknown"
