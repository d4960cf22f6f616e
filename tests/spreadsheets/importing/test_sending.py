"""An import that becomes a batch, once; and the files that go back: with problems before, with outcomes afterwards."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import User

from customers.batches import states as batch_states
from customers.models import Batch, BatchRow, Import, ImportRow, Write
from customers.service import default_service
from customers.spreadsheets.importing import correcting, sending, states, uploading
from customers.spreadsheets.importing.result import ResultFile, outcome_file, problem_file
from customers.writes import background
from sandbox import Sandbox
from tests.support.batches import check, row_states, send
from tests.support.imports import (
    alive,
    checked,
    csv_of,
    row,
    states_of,
    uploaded,
    work,
)
from tests.support.journal import pass_time
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = ["Customer ID", "Name", "Phone", "Status"]


def table(file: ResultFile | None) -> list[list[str]]:
    assert file is not None
    text = b"".join(file.content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_two_people_at_once_make_one_batch(sandbox: Sandbox, editor: User, viewer: User) -> None:
    source = checked(sandbox, editor, csv_of(HEAD, [alive(sandbox)[0]["id"], "", "1"]))
    service = default_service()
    one, other = (Import.objects.get(pk=source.pk) for _ in range(2))
    found = all_at_once(
        [lambda: sending.send(one, editor, service), lambda: sending.send(other, viewer, service)]
    )
    assert found[0] == found[1] == Batch.objects.get()
    source.refresh_from_db()
    assert (source.state, source.batch) == (Import.State.SENT, found[0])
    assert [step.action for step in source.steps.all()].count("send") == 1


def test_an_import_is_sent_or_cancelled(sandbox: Sandbox, editor: User, viewer: User) -> None:
    source = checked(sandbox, editor, csv_of(HEAD, [alive(sandbox)[0]["id"], "", "1"]))
    one, other = (Import.objects.get(pk=source.pk) for _ in range(2))

    def try_to_send() -> bool:
        try:
            return bool(sending.send(one, editor, default_service()))
        except sending.CannotSend:
            return False

    found = all_at_once([try_to_send, lambda: states.cancel(other, viewer)])
    assert sorted(found) == [False, True]
    source.refresh_from_db()
    assert Batch.objects.count() == (source.state == Import.State.SENT)


@pytest.mark.parametrize("rows", [[], [["{id}", "", "", ""]], [["4711", "", "1", ""]]])
def test_without_a_row_to_send_there_is_no_batch(
    sandbox: Sandbox, editor: User, rows: list[list[str]]
) -> None:
    one = alive(sandbox)[0]
    cells = [[cell.format(id=one["id"]) for cell in each] for each in rows]
    if not cells:
        source = work(uploaded(sandbox, editor, csv_of(HEAD, ["1", "", "1"])))
        sentence = "has changed"
    else:
        source = checked(sandbox, editor, csv_of(HEAD, *cells))
        sentence = "nothing to send"
    with pytest.raises(sending.CannotSend, match=sentence):
        sending.send(source, editor, default_service())
    assert not Batch.objects.exists()


def test_a_customer_that_a_batch_has_taken_up_since_is_a_conflict(
    sandbox: Sandbox, editor: User, viewer: User
) -> None:
    one, other = alive(sandbox)[:2]
    # Both were checked before either knew of the other.
    second = checked(sandbox, viewer, csv_of(HEAD, [one["id"], "", "2"], [other["id"], "", "3"]))
    first = checked(sandbox, editor, csv_of(HEAD, ["", "Novel Ltd", "1"]), name="first.csv")
    ImportRow.objects.filter(source=first).update(
        customer_id=one["id"],
        state="changed",
        instructions=[{"action": "set", "key": "phone", "text": "1"}],
    )
    sending.send(first, editor, default_service())
    with pytest.raises(sending.CannotSend, match="1 row is in a batch"):
        sending.send(second, viewer, default_service())
    assert [each.state for each in ImportRow.objects.filter(source=second)] == [
        *("conflict", "changed"),
    ]
    batch = sending.send(second, viewer, default_service())
    assert [each.customer_id for each in BatchRow.objects.filter(batch=batch)] == [other["id"]]


def test_what_was_acknowledged_reaches_the_batch(sandbox: Sandbox, editor: User) -> None:
    one = alive(sandbox)[0]
    name = one["customerName"].upper()
    source = checked(sandbox, editor, csv_of(HEAD, ["", name, "1"], ["", name, "2"]))
    assert correcting.decide(source, "create", user=editor, kind="question") == 2
    work(source)
    assert [row(source, each).acknowledged for each in (2, 3)] == [
        [f"customer:{one['id']}"],
        [f"customer:{one['id']}", "row:2"],
    ]
    batch = check(sending.send(source, editor, default_service()))
    assert row_states(batch) == ["checked", "checked"]


def test_the_problem_file_is_the_file_with_its_problems(sandbox: Sandbox, editor: User) -> None:
    one, other = alive(sandbox)[:2]
    content = csv_of(HEAD, [one["id"], "", "1"], [other["id"], "", "2", "Asleep"], ["4711", "x"])
    source = checked(sandbox, editor, content, name="spring.csv")
    file = problem_file(source)
    assert file is not None
    assert (file.name, file.file_format) == ("spring-problems.csv", "csv")
    lines = table(file)
    assert lines[0] == [*HEAD, "Problem"]
    assert [line[:4] for line in lines[1:]] == [
        [one["id"], "", "1", ""],
        [other["id"], "", "2", "Asleep"],
        ["4711", "x", "", ""],
    ]
    assert [line[4] for line in lines[1:]] == [
        *("", "Select an option from the list.", "No customer of this company has this ID."),
    ]
    # Corrected and uploaded again it goes on, whatever still stands in its last column.
    lines[2][3] = "Archived"
    lines[3][0] = ""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    mended = text.getvalue().encode()
    assert uploading.replace(source, mended, file_name="spring-problems.csv", user=editor)
    work(source, 2)
    assert states_of(source) == {"changed": 2, "new": 1}
    again = problem_file(source)
    assert again is not None
    assert table(again)[0] == [*HEAD, "Problem"]


def test_the_outcome_file_says_what_became_of_each_row(sandbox: Sandbox, editor: User) -> None:
    one, other = alive(sandbox)[:2]
    rows = [
        [one["id"], "", "1"],
        ["", "Refuse me Ltd", "2"],
        ["", "Novel Ltd", "3"],
        [other["id"], "", "", ""],
        ["4711", "", "4"],
    ]
    source = checked(sandbox, editor, csv_of(HEAD, *rows))
    batch = check(sending.send(source, editor, default_service()))
    batch_states.start(batch, editor)
    send(batch)
    sandbox.settle()
    pass_time(sandbox, seconds=30)
    background.follow_due(default_service())
    lines = table(outcome_file(source))
    # The sheet has a column with the customers' IDs already.
    assert lines[0] == [*HEAD, "Outcome", "Problem", "Change"]
    found = {line[1] or line[0]: line for line in lines[1:]}
    assert found[one["id"]][4] == "Accepted"
    assert found["Refuse me Ltd"][4] == "Refused"
    assert found["Refuse me Ltd"][5]
    assert found["Novel Ltd"][4] == "Accepted"
    assert found["4711"][4:] == ["Unknown ID", "No customer of this company has this ID.", ""]
    assert found[other["id"]][4] == "Unchanged"
    made = Write.objects.get(kind=Write.Kind.CREATE, state=Write.State.SUCCESS)
    assert found["Novel Ltd"][6] == str(made.pk)
    assert found["Novel Ltd"][0] == made.customer_id
