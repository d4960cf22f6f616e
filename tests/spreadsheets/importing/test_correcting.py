"""Rows mended in place: one at once, many by the worker, decisions, leaving out, and taking it back."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from customers.models import Import, ImportRow, ImportStep
from customers.service import default_service
from customers.spreadsheets.importing import correcting, problems, states
from customers.spreadsheets.importing.correcting import SUGGESTED
from customers.spreadsheets.importing.index import CREATE, LEAVE_OUT
from sandbox import Sandbox
from tests.support.imports import alive, changes, checked, csv_of, row, states_of, work

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = ["Customer ID", "Name", "Status", "Phone"]
State = Import.State


def correct(source: Import, number: int, column: int, text: str, user: User) -> ImportRow:
    one = row(source, number)
    assert correcting.correct(one, column, text, user=user, service=default_service())
    source.refresh_from_db()
    return row(source, number)


def rows_of(source: Import) -> list[str]:
    return [one.state for one in ImportRow.objects.filter(source=source)]


def test_one_corrected_cell_is_checked_at_once(sandbox: Sandbox, editor: User) -> None:
    one, other = [each for each in alive(sandbox) if each["status"] == "Active"][:2]
    content = csv_of(HEAD, [one["id"], "", "Asleep", ""], [other["id"], "", "Gone", "1"])
    source = checked(sandbox, editor, content)
    version = source.version
    sandbox.clear_calls()
    found = correct(source, 2, 2, "Archived", editor)
    assert (found.state, found.problems, found.problem_kind) == ("changed", [], "")
    assert changes(found) == [("Status", "Active", "Archived")]
    assert found.cells[2] == "Asleep"
    assert found.corrections == {"2": "Archived"}
    assert (source.state, source.version) == (State.CHECKED, version + 1)
    reads = [call.path for call in sandbox.calls if "/data/" in call.path]
    assert len(reads) == 1
    # Another text that is wrong is said again, and what was right before may be taken back.
    found = correct(source, 2, 2, "Nonsense", editor)
    assert (found.state, found.problem_kind) == ("invalid", "option:status")
    found = correct(source, 2, 2, "", editor)
    assert found.state == "unchanged"
    steps = ImportStep.objects.filter(source=source, action=ImportStep.Action.CORRECT)
    assert {(step.username, step.message) for step in steps} == {("editor", "1 row: Status")}


def test_the_same_text_says_that_it_is_right(sandbox: Sandbox, editor: User) -> None:
    source = checked(
        sandbox,
        editor,
        csv_of(
            ["Customer ID", "Postal code", "Address 1 type"], [alive(sandbox)[0]["id"], "é" * 51]
        ),
        mapping=["id", "addresses.#1.postalCode", "addresses.#1.type"],
        match_by="id",
    )
    found = row(source, 2)
    assert found.problem_kind == "long:addresses.postalCode"
    found = correct(source, 2, 1, "é" * 51, editor)
    assert found.problem_kind != "long:addresses.postalCode"
    assert found.corrections == {}
    found = correct(source, 2, 1, "x" * 52, editor)
    assert found.problem_kind == "long:addresses.postalCode"
    found = correct(source, 2, 1, "x" * 52, editor)
    assert found.state in ("changed", "unchanged")


def test_another_key_may_mean_another_customer(sandbox: Sandbox, editor: User) -> None:
    one, other = alive(sandbox)[:2]
    content = csv_of(HEAD, ["4711", "", "", "1"], [one["id"], "", "", "2"])
    source = checked(sandbox, editor, content)
    found = correct(source, 2, 0, other["id"], editor)
    assert (found.state, source.state) == ("waiting", State.CHECKING)
    work(source)
    found = row(source, 2)
    assert (found.state, found.customer_id) == ("changed", other["id"])
    assert source.state == State.CHECKED


def test_all_cells_of_a_kind_get_one_text(sandbox: Sandbox, editor: User) -> None:
    ids = [each["id"] for each in alive(sandbox)[:5]]
    texts = ["Aktiv", "Aktiv", "Aus", "Archived", "Aktiv"]
    rows = [[each, "", text, ""] for each, text in zip(ids, texts, strict=True)]
    source = checked(sandbox, editor, csv_of(HEAD, *rows))
    labels = {"status": "Status"}
    assert [(g.kind, g.heading, g.rows) for g in problems.groups(source, labels)] == [
        ("option:status", "Status is not in the list", 4)
    ]
    kind = "option:status"
    assert correcting.correct_all(source, kind, "Active", user=editor, old_text="Aktiv") == 3
    assert source.state == State.CHECKING
    work(source)
    assert rows_of(source).count("invalid") == 1
    assert correcting.correct_all(source, kind, "Archived", user=editor) == 1
    work(source)
    assert problems.groups(source, labels) == []
    assert row(source, 4).corrections == {"2": "Archived"}
    assert row(source, 5).corrections == {}


def test_all_cells_of_a_kind_are_right(sandbox: Sandbox, editor: User) -> None:
    head = ["Customer ID", "Address 1 type", "Address 1 postal code"]
    rows = [[each["id"], "Billing", "é" * 60] for each in alive(sandbox)[:3]]
    source = checked(sandbox, editor, csv_of(head, *rows))
    kind = "long:addresses.postalCode"
    assert [group.kind for group in problems.groups(source, {})] == [kind]
    assert correcting.accept_all(source, kind, user=editor) == 3
    work(source)
    assert problems.groups(source, {}) == []


def test_decisions_about_questions(sandbox: Sandbox, editor: User) -> None:
    one, other, third = alive(sandbox)[:3]
    names = [each["customerName"].upper() for each in (one, other, third)]
    rows = [["", name, "", "1"] for name in names]
    source = checked(sandbox, editor, csv_of(HEAD, *rows))
    assert states_of(source) == {"question": 3}
    assert correcting.decide(source, CREATE, user=editor, positions=[2]) == 1
    assert correcting.decide(source, SUGGESTED, user=editor, kind="question") == 0
    work(source)
    assert row(source, 2).state == "new"
    assert row(source, 2).acknowledged == [f"customer:{one['id']}"]
    assert correcting.decide(source, SUGGESTED, user=editor, kind="question") == 2
    work(source)
    assert [each.customer_id for each in ImportRow.objects.filter(source=source)][1:] == [
        *(other["id"], third["id"]),
    ]
    assert set(rows_of(source)) == {"new", "changed"}
    # A decision is taken back.
    assert correcting.decide(source, "", user=editor, positions=[2]) == 1
    work(source)
    assert row(source, 2).state == "question"


def test_a_decision_for_a_customer_that_another_row_means(sandbox: Sandbox, editor: User) -> None:
    one = alive(sandbox)[0]
    source = checked(sandbox, editor, csv_of(HEAD, [one["id"], "", "", "1"], ["4711", "", "", "2"]))
    assert correcting.decide(source, f"change:{one['id']}", user=editor, positions=[3]) == 1
    work(source)
    assert rows_of(source) == ["changed", "twice"]
    assert correcting.decide(source, "change:4712", user=editor, positions=[3]) == 1
    work(source)
    assert rows_of(source) == ["changed", "unknown_id"]
    assert correcting.decide(source, "change:", user=editor, positions=[3]) == 0
    assert correcting.decide(source, "nonsense", user=editor, positions=[3]) == 0


def test_a_row_that_is_left_out_gives_up_its_customer(sandbox: Sandbox, editor: User) -> None:
    one = alive(sandbox)[0]
    rows = [one["id"], "", "", "1"], [one["id"], "", "", "2"], ["4711", "", "", "3"]
    source = checked(sandbox, editor, csv_of(HEAD, *rows))
    assert rows_of(source) == ["changed", "twice", "unknown_id"]
    assert correcting.leave_out(source, user=editor, kind="unknown_id") == 1
    work(source)
    assert rows_of(source) == ["changed", "twice", "left_out"]
    assert correcting.decide(source, LEAVE_OUT, user=editor, positions=[2]) == 1
    work(source)
    assert rows_of(source) == ["left_out", "changed", "left_out"]
    assert correcting.decide(source, "", user=editor, positions=[2]) == 1
    work(source)
    assert rows_of(source) == ["changed", "twice", "left_out"]
    assert states.recheck(source, editor)
    work(source)
    assert rows_of(source) == ["changed", "twice", "left_out"]


def test_nothing_is_mended_but_in_a_checked_import(sandbox: Sandbox, editor: User) -> None:
    one = alive(sandbox)[0]
    source = checked(sandbox, editor, csv_of(HEAD, [one["id"], "", "Asleep", "1"]))
    stale = Import.objects.get(pk=source.pk)
    found = row(stale, 2)
    assert states.cancel(source, editor)
    service = default_service()
    assert not correcting.correct(found, 2, "Active", user=editor, service=service)
    assert correcting.correct_all(stale, "option:status", "Active", user=editor) == 0
    assert correcting.leave_out(stale, user=editor, positions=[2]) == 0
    assert correcting.decide(stale, CREATE, user=editor, positions=[2]) == 0
    assert correcting.decide(stale, CREATE, user=editor) == 0
    assert (row(source, 2).state, row(source, 2).corrections) == ("invalid", {})


def test_codat_away_leaves_the_check_to_the_worker(sandbox: Sandbox, editor: User) -> None:
    one = alive(sandbox)[0]
    source = checked(sandbox, editor, csv_of(HEAD, [one["id"], "", "Asleep", "1"]))
    sandbox.faults.add("/data/customers", "status", status=503, count=-1)
    assert correct(source, 2, 2, "Active", editor).state == "waiting"
    assert source.state == State.CHECKING
    sandbox.faults.clear()
    work(source)
    assert row(source, 2).state == "changed"
