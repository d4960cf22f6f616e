"""Two at once: one has the problem, one note, one effect."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.home import notes, syncing
from customers.home.problems import problems
from customers.models import CompanyState, ProblemNote, Write
from tests.support.people import person
from tests.support.problems import board, company, only, refused
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_who_take_it_one_has_it(groups: None, editor: User) -> None:
    other = person("other")
    company(status="Unlinked", broken_at=timezone.now())
    problem = only(editor)
    taken = all_at_once([lambda: notes.take(problem, editor), lambda: notes.take(problem, other)])
    assert sorted(taken) == [False, True]
    assert ProblemNote.objects.count() == 1


def test_a_click_that_is_made_twice_at_once_has_one_effect(groups: None, editor: User) -> None:
    refused(editor)
    company(company_id="old", last_sync=timezone.now() - 40 * notes.KEEP_RESOLVED)
    change = next(e.problem for e in board(editor).mine if e.problem.kind.is_of_changes)
    assert sorted(all_at_once([lambda: notes.resolve(change, editor, timezone.now())] * 3)) == [
        0,
        0,
        1,
    ]
    assert sorted(all_at_once([lambda: syncing.wish(["old"])] * 3)) == [0, 0, 1]
    until = timezone.now() + notes.KEEP_RESOLVED
    all_at_once([lambda: notes.snooze(change, editor, until)] * 3)
    assert Write.objects.filter(is_problem=1).count() == 0


def test_workers_that_record_problems_at_once(groups: None, editor: User) -> None:
    for number in range(5):
        company(f"C{number}", company_id=f"c{number}", status="Unlinked")
    found = problems()
    all_at_once([lambda: notes.keep(found)] * 3)
    assert ProblemNote.objects.filter(kind="connection").count() == 5
    CompanyState.objects.update(status="Linked", last_sync=timezone.now())
    ended = all_at_once([lambda: notes.keep(problems())] * 3)
    assert sum(ended) == ProblemNote.objects.exclude(resolved_at=None).count()
