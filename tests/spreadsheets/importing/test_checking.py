"""The verdicts of a check: which customer a row means, and what is asked before anything is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Import, ImportRow
from customers.service import default_service
from customers.spreadsheets.importing import checking, sending, states, working
from sandbox import Sandbox
from tests.support.imports import (
    alive,
    changes,
    checked,
    csv_of,
    matched,
    row,
    states_of,
    uploaded,
    work,
)
from tests.support.journal import calls

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = ["Customer ID", "Name", "Phone"]


def set_copy(sandbox: Sandbox, customer_id: str, **values: Any) -> None:
    company = sandbox.state("qbo")
    company.copy[customer_id] = company.copy[customer_id] | values
    # What the sandbox has sorted before is sorted again.
    company.clear_selections()


def problem(one: ImportRow) -> dict[str, Any]:
    found: dict[str, Any] = one.problems[0]
    assert one.problem_kind == found["kind"]
    return found


def choices(one: ImportRow) -> list[str]:
    return [value for value, _ in problem(one)["choices"]]


def test_rows_by_id(sandbox: Sandbox, editor: User) -> None:
    first, second = alive(sandbox)[:2]
    gone = "4711"
    set_copy(sandbox, second["id"], metadata={"isDeleted": True})
    source = checked(
        sandbox,
        editor,
        csv_of(
            HEAD,
            [first["id"], "", "111"],
            [second["id"], "", "222"],
            [gone, "Somebody", "333"],
            [first["id"], "", "444"],
            ["", "", ""],
            ["", "Novel Ltd", "555"],
            [f" {first['id']} ", "", "666"],
        ),
    )
    found = {one.position: one for one in ImportRow.objects.filter(source=source)}
    assert [found[each].state for each in (2, 3, 4, 5, 7, 8)] == [
        *("changed", "deleted", "unknown_id", "twice", "new", "twice"),
    ]
    assert 6 not in found
    assert (found[2].customer_id, found[2].customer_name) == (first["id"], first["customerName"])
    assert choices(found[4]) == ["create", "leave_out"]
    assert problem(found[5])["text"] == "Row 2 means the same customer."
    assert (source.total, source.done) == (6, 6)


def test_rows_by_a_key_that_a_person_chose(sandbox: Sandbox, editor: User) -> None:
    one, other, third = [each for each in alive(sandbox) if each.get("emailAddress")][:3]
    set_copy(sandbox, other["id"], emailAddress=one["emailAddress"].upper())
    source = checked(
        sandbox,
        editor,
        csv_of(
            ["Email", "Phone"],
            [one["emailAddress"], "111"],
            [f" {third['emailAddress'].upper()} ", "222"],
            ["nobody@nowhere.example", "333"],
        ),
    )
    assert source.match_by == "emailAddress"
    assert row(source, 2).state == "ambiguous"
    assert choices(row(source, 2)) == [
        f"change:{one['id']}", f"change:{other['id']}", "create", "leave_out",
    ]  # fmt: skip
    # The address itself is not another value where only capitals and blanks are different... the form decides.
    assert (row(source, 3).state, row(source, 3).customer_id) == ("changed", third["id"])
    # A new customer needs a name.
    assert row(source, 4).state == "invalid"
    assert row(source, 4).problem_kind == "required:customerName"


def test_a_name_that_is_spelled_otherwise_is_a_question(sandbox: Sandbox, editor: User) -> None:
    one, other, third = alive(sandbox)[:3]
    set_copy(sandbox, one["id"], customerName="Brown & Sons Ltd.")
    set_copy(sandbox, other["id"], customerName="Café du Lac")
    source = checked(
        sandbox,
        editor,
        csv_of(
            ["Name", "Email"],
            ["BROWN & SONS LTD.", ""],
            ["Brown and Sons Limited", ""],
            ["Cafe du Lac", ""],
            ["Café du Lacs", ""],
            ["Something else entirely", third["emailAddress"] or "x@y.example"],
            ["Novel Ltd", ""],
            ["NOVEL Limited", ""],
        ),
        match_by="customerName",
    )
    found = [each.state for each in ImportRow.objects.filter(source=source)]
    # The first one means the customer, and would change the capitals of its name.
    assert found[0] == "changed"
    assert found[1:4] == ["question", "question", "question"]
    assert choices(row(source, 3)) == [f"change:{one['id']}", "create", "leave_out"]
    assert choices(row(source, 5))[0] == f"change:{other['id']}"
    assert found[5:] == ["new", "twice"]
    assert choices(row(source, 8)) == ["create", "leave_out"]


def test_a_new_name_that_another_customer_has_is_a_question(sandbox: Sandbox, editor: User) -> None:
    one, other = alive(sandbox)[:2]
    content = csv_of(HEAD, [one["id"], other["customerName"].upper(), ""])
    source = checked(sandbox, editor, content)
    assert (row(source, 2).state, row(source, 2).problem_kind) == ("question", "same_name")
    assert row(source, 2).instructions


def test_what_a_check_finds_is_about_the_record_as_it_is_now(
    sandbox: Sandbox, editor: User
) -> None:
    one = alive(sandbox)[0]
    content = csv_of(HEAD, [one["id"], "", "+44 1 1"])
    source = checked(sandbox, editor, content)
    assert changes(row(source, 2)) == [("Phone", one["phone"], "+44 1 1")]
    set_copy(sandbox, one["id"], phone="+44 1 1")
    assert states.recheck(source, editor)
    work(source)
    assert states_of(source) == {"unchanged": 1}
    assert changes(row(source, 2)) == []


def test_required_values_and_types_are_checked_by_the_form(sandbox: Sandbox, editor: User) -> None:
    one = alive(sandbox)[0]
    source = checked(
        sandbox,
        editor,
        csv_of(
            ["Customer ID", "Name", "Status", "Address 5 city"],
            [one["id"], "(clear)", "", ""],
            [alive(sandbox)[1]["id"], "", "Asleep", ""],
        ),
    )
    assert [each.problem_kind for each in ImportRow.objects.filter(source=source)] == [
        *("required:customerName", "option:status"),
    ]
    assert problem(row(source, 2))["column"] == 1
    assert problem(row(source, 3))["column"] == 2


def test_a_customer_of_another_import_or_batch_is_a_conflict(
    sandbox: Sandbox, editor: User, viewer: User
) -> None:
    one, other = alive(sandbox)[:2]
    first = checked(sandbox, editor, csv_of(HEAD, [one["id"], "", "111"]))
    rows = [one["id"], "", "222"], [other["id"], "", "333"]
    second = checked(sandbox, viewer, csv_of(HEAD, *rows), name="other.csv")
    assert [each.state for each in ImportRow.objects.filter(source=second)] == [
        *("conflict", "changed"),
    ]
    assert "editor is importing this customer too" in problem(row(second, 2))["text"]
    batch = sending.send(first, editor, default_service())
    assert states.recheck(second, viewer)
    work(second)
    assert batch.title in problem(row(second, 2))["text"]
    third = checked(sandbox, viewer, csv_of(HEAD, [one["id"], "", one["phone"]]), name="third.csv")
    assert states_of(third) == {"unchanged": 1}


def test_a_check_reads_whole_pages_and_few(sandbox: Sandbox, editor: User) -> None:
    source = work(uploaded(sandbox, editor, csv_of(HEAD, *([one["id"]] for one in alive(sandbox)))))
    matched(source, editor)
    sandbox.clear_calls()
    work(source)
    assert states_of(source) == {"unchanged": len(alive(sandbox))}
    lists = [call for call in sandbox.calls if "/data/customers" in call.path]
    assert len(lists) == 1
    assert not calls(sandbox)


def test_what_is_found_on_a_later_page_counts(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MAX_PAGE_SIZE", 7)
    everybody = sorted(alive(sandbox), key=lambda one: str(one["id"]))
    first, last = everybody[0], everybody[-1]
    set_copy(sandbox, last["id"], taxNumber=first["taxNumber"])
    set_copy(sandbox, first["id"], customerName="Brown Ltd")
    rows = [[first["taxNumber"], "1", ""], ["GB000", "2", "Brown Limited"]]
    source = checked(sandbox, editor, csv_of(["VAT", "Phone", "Name"], *rows), match_by="taxNumber")
    assert [each.state for each in ImportRow.objects.filter(source=source)] == [
        *("ambiguous", "question"),
    ]


def test_codat_away_lets_the_import_wait(sandbox: Sandbox, editor: User) -> None:
    one = alive(sandbox)[0]
    source = work(uploaded(sandbox, editor, csv_of(HEAD, [one["id"], "", "1"])))
    matched(source, editor)
    sandbox.faults.add("/data/customers", "status", status=503, count=-1)
    work(source)
    assert source.state == Import.State.CHECKING
    assert source.message.endswith("The check continues later.")
    assert source.due_at is not None
    assert source.due_at > timezone.now()
    assert working.due_imports() == []
    sandbox.faults.clear()
    Import.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    (due,) = working.due_imports()
    work(due)
    assert (due.state, due.message, due.due_at) == (Import.State.CHECKED, "", None)


@pytest.mark.parametrize("company", ["deauthorized", "unlinked"])
def test_a_connection_that_is_not_linked_is_said(
    sandbox: Sandbox, editor: User, company: str
) -> None:
    content = csv_of(["Customer ID", "Phone"], ["1", "2"])
    source = work(uploaded(sandbox, editor, content, company=company))
    mapping = ["id", "phone"]
    assert states.set_columns(source, mapping, match_by="id", user=editor)
    work(source)
    assert (source.state, source.due_at is None) == (Import.State.CHECKING, False)
    assert "not linked" in source.message


def test_a_stopped_check_begins_anew(sandbox: Sandbox, editor: User) -> None:
    rows = [[one["id"], "", "1"] for one in alive(sandbox)]
    source = work(uploaded(sandbox, editor, csv_of(HEAD, *rows)))
    matched(source, editor)
    working.step(source, default_service(), should_stop=lambda: True)
    assert (source.state, source.message) == (Import.State.CHECKING, "")
    work(source)
    assert (source.state, source.done) == (Import.State.CHECKED, len(rows))


def test_work_for_an_older_version_stores_nothing(sandbox: Sandbox, editor: User) -> None:
    one = alive(sandbox)[0]
    source = work(uploaded(sandbox, editor, csv_of(HEAD, [one["id"], "", "1"])))
    matched(source, editor)
    older = Import.objects.get(pk=source.pk)
    assert states.set_columns(source, ["id", "", ""], match_by="id", user=editor)
    checking.check(older, default_service())
    assert states_of(source) == {"waiting": 1}
    work(source)
    assert states_of(source) == {"unchanged": 1}
