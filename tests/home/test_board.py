"""Whose a problem is, and what people do with it: each once, and each number the length of its list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers import localisation, scope
from customers.access.people import grant, set_role, set_sees_all
from customers.access.roles import Role
from customers.home import notes, snoozing
from customers.home.problems import problems
from customers.models import CompanyState, Grant, ProblemNote, ProblemSnooze, Write
from customers.scope import Scope
from tests.support.batch_rows import batch_of
from tests.support.people import person
from tests.support.problems import COMPANY, board, company, only, refused

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def colleague(editor: User) -> User:
    """Another editor."""
    return person("colleague")


def counts(user: User) -> dict[str, int]:
    return board(user).counts


# -- whose -------------------------------------------------------------------------------------------


def test_a_change_is_its_authors(editor: User, colleague: User) -> None:
    refused(editor)
    assert (len(board(editor).mine), len(board(colleague).mine)) == (1, 0)
    (entry,) = board(colleague).team
    assert entry.owner_label == "editor"
    refused(colleague)
    assert len(board(colleague).mine) == 1
    assert board(editor).mine[0].owner_label == "You and 1 more"
    assert board(colleague).mine[0].owner_label == "You and 1 more"


@pytest.mark.parametrize(
    ("seen", "ago", "is_everybodys"),
    [(False, 2 * DAY, True), (False, timedelta(hours=20), False), (True, 2 * DAY, False)],
)
def test_what_its_author_has_not_seen_for_a_day_is_nobodys(
    editor: User, colleague: User, seen: bool, ago: timedelta, is_everybodys: bool
) -> None:
    now = timezone.now()
    refused(editor, completed_at=now - ago, seen_at=now - ago if seen else None)
    assert bool(board(colleague).mine) is is_everybodys
    assert len(board(editor).mine) == 1, "it is the author's in any case"


def test_what_somebody_left_who_is_gone_is_nobodys(editor: User, colleague: User) -> None:
    refused(editor)
    User.objects.filter(pk=editor.pk).update(is_active=False)
    (entry,) = board(colleague).mine
    assert entry.owners == []


def test_a_batch_is_its_makers_for_a_day(editor: User, colleague: User) -> None:
    batch = batch_of(editor, COMPANY, "ready", checked=1)
    assert board(colleague).mine == []
    type(batch).objects.update(created_at=timezone.now() - 2 * DAY)
    assert len(board(colleague).mine) == 1


def test_what_nobody_owns_is_of_those_who_may_act(editor: User, viewer: User) -> None:
    company(status="Unlinked", link_url="https://link.codat.io/x")
    refused(editor, company_id="other")
    User.objects.filter(pk=editor.pk).update(is_active=False)
    reader = board(viewer)
    assert [entry.problem.kind.name for entry in reader.mine] == ["connection"]
    assert len(reader.team) == 2, "a viewer sees the rest"


# -- take and give back ------------------------------------------------------------------------------


def test_the_first_one_who_takes_it_has_it(editor: User, colleague: User) -> None:
    company(status="Unlinked")
    problem = only(editor)
    assert notes.take(problem, editor)
    assert notes.take(problem, editor), "twice is as good as once"
    assert not notes.take(problem, colleague)
    assert (len(board(editor).mine), len(board(colleague).mine)) == (1, 0)
    notes.give_back(problem, colleague)
    assert board(colleague).mine == [], "nobody gives back another's"
    notes.give_back(problem, editor)
    assert len(board(colleague).mine) == 1


def test_what_was_taken_by_somebody_who_is_gone_can_be_taken(editor: User, colleague: User) -> None:
    company(status="Unlinked")
    problem = only(editor)
    assert notes.take(problem, editor)
    User.objects.filter(pk=editor.pk).update(is_active=False)
    assert len(board(colleague).mine) == 1
    assert notes.take(problem, colleague)


@pytest.mark.parametrize("lost", ["role", "company"])
def test_what_was_taken_by_somebody_who_lost_their_rights_can_be_taken(
    editor: User, colleague: User, lost: str
) -> None:
    company(status="Unlinked")
    problem = only(editor)
    assert notes.take(problem, editor)
    if lost == "role":
        set_role(editor, Role.VIEWER)
    else:
        set_sees_all(editor, sees_all=False)
    assert len(board(colleague).mine) == 1
    assert board(colleague).team[0].owners == []
    assert notes.take(problem, colleague)
    # Whoever has it now keeps it, within their companies, too.
    set_sees_all(colleague, sees_all=False)
    grant(colleague, Grant.Kind.COMPANY, COMPANY)
    assert not notes.take(problem, person("third"))


# -- snooze ------------------------------------------------------------------------------------------


def test_a_snooze_is_ones_own_and_ends(editor: User, colleague: User) -> None:
    company(status="Unlinked")
    problem = only(editor)
    notes.snooze(problem, editor, timezone.now() + DAY)
    assert counts(editor) == {"mine": 0, "team": 0, "snoozed": 1, "muted": 0, "resolved": 0}
    assert counts(colleague)["mine"] == 1
    notes.snooze(problem, editor, timezone.now() + 2 * DAY)
    assert ProblemSnooze.objects.count() == 1
    notes.wake(problem, editor)
    assert counts(editor)["mine"] == 1
    notes.snooze(problem, editor, timezone.now() - timedelta(seconds=1))
    assert counts(editor)["mine"] == 1


@pytest.mark.parametrize(
    ("choice", "until"),
    [
        ("hour", datetime(2026, 11, 26, 22, 30, tzinfo=UTC)),
        # In Auckland it is Friday already.
        ("tomorrow", datetime(2026, 11, 27, 20, tzinfo=UTC)),
        ("monday", datetime(2026, 11, 29, 20, tzinfo=UTC)),
        ("2026-12-24", datetime(2026, 12, 23, 20, tzinfo=UTC)),
        ("2026-11-27", None),
        ("2026-01-01", None),
        ("2099-01-01", None),
        ("never", None),
        ("", None),
    ],
)
def test_until_when(choice: str, until: datetime | None) -> None:
    now = datetime(2026, 11, 26, 21, 30, tzinfo=UTC)
    with localisation.using("Pacific/Auckland", "en-NZ"):
        assert snoozing.until(choice, now) == until


# -- mute --------------------------------------------------------------------------------------------


def test_a_mute_holds_for_everybody_until_something_new_happens(
    editor: User, colleague: User
) -> None:
    refused(editor, completed_at=timezone.now() - timedelta(minutes=1))
    notes.mute(only(editor), editor, "The client knows.")
    for user in (editor, colleague):
        found = board(user)
        assert (found.counts["team"], found.counts["muted"]) == (0, 1)
    (entry,) = board(colleague).muted
    assert entry.muted
    assert (entry.muted.mute_reason, entry.muted.muted_by_name) == ("The client knows.", "editor")
    refused(editor)
    assert (counts(editor)["mine"], counts(editor)["muted"]) == (1, 0)


def test_the_first_reason_stays_and_can_be_taken_back(editor: User, colleague: User) -> None:
    company(status="Unlinked", broken_at=timezone.now() - DAY)
    problem = only(editor)
    notes.mute(problem, editor, "first")
    notes.mute(problem, colleague, "second")
    assert ProblemNote.objects.get().mute_reason == "first"
    notes.unmute(problem)
    assert counts(editor)["mine"] == 1


def test_another_company_whose_copy_is_old_ends_a_mute(editor: User) -> None:
    company(last_sync=timezone.now() - 40 * DAY)
    notes.mute(only(editor), editor, "A demo company.")
    assert counts(editor)["mine"] == 0
    long_ago = timezone.now() - 30 * DAY - timedelta(seconds=1)
    company("Other", company_id="other", last_sync=long_ago)
    assert counts(editor)["mine"] == 0, "it was old before the mute"
    CompanyState.objects.filter(pk="other").update(last_sync=timezone.now() - 30 * DAY)
    ProblemNote.objects.update(muted_at=timezone.now() - timedelta(minutes=1))
    assert counts(editor)["mine"] == 1


# -- resolve -----------------------------------------------------------------------------------------


def test_a_person_says_that_changes_are_dealt_with(editor: User, colleague: User) -> None:
    writes = [refused(editor) for _ in range(3)]
    other = refused(editor, "Another reason")
    problem = next(one.problem for one in board(editor).mine if one.problem.count == 3)
    assert notes.resolve(problem, colleague, timezone.now()) == 3
    assert notes.resolve(problem, editor, timezone.now()) == 0, "once"
    assert Write.objects.filter(pk__in=[one.pk for one in writes], is_problem=0).count() == 3
    other.refresh_from_db()
    assert other.is_problem
    (resolved,) = board(editor).resolved
    assert (resolved.title, resolved.by) == ("3 changes were refused", "colleague")
    notes.keep(problems())
    assert [one.by for one in board(editor).resolved] == ["colleague"]


def test_what_happened_after_the_page_was_made_stays_a_problem(editor: User) -> None:
    seen = refused(editor, completed_at=timezone.now() - timedelta(minutes=1))
    problem = only(editor)
    assert notes.take(problem, editor)
    newer = refused(editor)
    assert problem.latest
    assert notes.resolve(problem, editor, problem.latest) == 1
    seen.refresh_from_db()
    newer.refresh_from_db()
    assert (seen.is_problem, newer.is_problem) == (0, 1)
    (entry,) = board(editor).mine
    assert (entry.problem.count, entry.is_taken_by_me) == (1, True)
    assert board(editor).resolved == []


# -- what stands for others --------------------------------------------------------------------------


def test_one_problem_of_many_companies_leaves_what_was_said_of_each(
    editor: User, colleague: User
) -> None:
    """Who sees one of the companies sees its own problem, and takes and mutes that."""
    ids = [COMPANY, *(f"c{number}" for number in range(8))]
    for company_id in ids:
        company(company_id, company_id=company_id, findings=2, findings_at=timezone.now() - DAY)
    with scope.restricted(Scope(frozenset(ids[:2]))):
        taken, muted = (one.problem for one in board(editor).mine)
        assert notes.take(taken, editor)
        notes.mute(muted, editor, "The client knows.")
    assert only(colleague).key == "findings"
    notes.keep(problems())
    with scope.restricted(Scope(frozenset(ids[:2]))):
        found = board(editor)
        assert [one.is_taken_by_me for one in found.mine] == [True]
        assert (len(found.muted), found.resolved) == (1, [])
    assert board(colleague).resolved == []
    CompanyState.objects.filter(company_id__in=ids[:2]).update(findings=0)
    assert len(board(colleague).resolved) == 2
    assert notes.keep(problems()) == 2
    assert not ProblemNote.objects.filter(pk=taken.key, resolved_at=None).exists()


def test_a_broken_connection_leaves_what_was_said_of_its_company(
    editor: User, colleague: User
) -> None:
    refused(editor)
    problem = only(editor)
    assert notes.take(problem, colleague)
    company(status="Unlinked")
    notes.keep(problems())
    assert [one.problem.kind.name for one in board(colleague).team] == ["connection"]
    assert board(colleague).resolved == []
    CompanyState.objects.update(status="Linked")
    notes.keep(problems())
    (entry,) = board(colleague).mine
    assert (entry.problem.key, entry.is_taken_by_me) == (problem.key, True)


# -- counts ------------------------------------------------------------------------------------------


def test_every_number_is_the_length_of_its_list(editor: User, colleague: User) -> None:
    refused(editor)
    refused(colleague, "b")
    for number in range(5):
        company(f"C{number}", company_id=f"c{number}", status="Unlinked")
    mine = [entry.problem for entry in board(editor).mine]
    notes.snooze(mine[0], editor, timezone.now() + DAY)
    notes.mute(mine[1], editor, "x")
    notes.take(mine[2], colleague)
    found: Any = board(editor)
    assert found.counts == {"mine": 3, "team": 5, "snoozed": 1, "muted": 1, "resolved": 0}
    for name in ("mine", "team", "snoozed", "muted"):
        assert found.counts[name] == len(found.shown(name))
