"""The buttons of an import's page, through the front door: each has an effect once, on what the page showed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.access.roles import Role
from customers.approvals import deciding
from customers.models import Batch, BatchRow, Import, ImportRow
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.support.approvals import asked, rule
from tests.support.batches import check
from tests.support.imports import alive, csv_of
from tests.support.pages.controls import Controls
from tests.support.pages.import_page import HEADINGS, Pages, text_of
from tests.support.people import person

pytestmark = pytest.mark.django_db(transaction=True)

State = Import.State


# -- columns ------------------------------------------------------------------------------------------


def test_the_columns_are_suggested_and_checked(pages: Pages) -> None:
    fields = pages.fields("columns")
    assert [fields[f"column.{n}"] for n in range(5)] == [
        "customerName", "emailAddress", "status", "phone", "",
    ]  # fmt: skip
    assert fields["match_by"] == "emailAddress"
    pages.check()
    assert list(pages.states().values()) == [
        *["new"] * 5, *["invalid"] * 3, "question", "twice",
    ]  # fmt: skip
    html = pages.html()
    assert "3 rows to correct" in html
    assert "0 found, 5 new" in html


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"column__3": "emailAddress"}, "Another column goes to Email address already."),
        ({"column__3": "nonsense"}, "Choose a field from the list"),
        ({"match_by": "taxNumber"}, "no column goes to"),
        ({"clear_word": " "}, "enter 1 to 40 characters"),
        ({"clear_word": "\u200b"}, "enter 1 to 40 characters"),
        ({f"column__{n}": "" for n in range(5)}, "Match at least one column."),
    ],
    ids=["twice", "unknown", "no-match", "no-word", "no-glyph", "nothing"],
)
def test_columns_that_cannot_be_used_are_said_with_all_that_was_typed(
    typed: dict[str, str], sentence: str, pages: Pages
) -> None:
    answer = pages.press("columns", "columns", **(typed | {"clear_word": "nil"} | typed))
    assert answer.status_code == 422
    html = text_of(answer)
    assert sentence in html
    assert 'id="columns-summary"' in html
    posted = Controls(html, "columns").fields
    for name, text in typed.items():
        if text != "nonsense":
            assert posted[name.replace("__", ".")] == text.strip()
    assert pages.now.state == State.COLUMNS


def test_columns_are_not_checked_while_codat_is_away(
    pages: Pages, sandbox: Sandbox, no_waiting: None
) -> None:
    fields = pages.fields("columns")
    sandbox.faults.add(".", "status", status=503, count=-1)
    forget_codat()
    answer = pages.client.post(pages.url, fields | {"action": "columns"})
    assert answer.status_code == 503
    assert "Nothing was done." in text_of(answer)
    assert pages.now.state == State.COLUMNS


# -- the file -----------------------------------------------------------------------------------------


def test_the_file_is_read_in_another_way(pages: Pages) -> None:
    assert "Alder 0" in pages.html()
    answer = pages.press("file", "file-form", delimiter=";", header_row="2")
    assert answer.status_code == 303
    assert pages.now.state == State.READING
    pages.work()
    now = pages.now
    assert (now.reading["delimiter"], now.reading["header_row"]) == (";", 2)
    assert len(now.headings) == 1
    assert pages.press("guess", "file-form").status_code == 303
    pages.work()
    assert pages.now.headings == HEADINGS


@pytest.mark.parametrize(
    "row", ["", "0", "x", "99999", "1.5", "0000000012", "000000001" + "9" * 5000]
)
def test_a_wrong_heading_row_is_said(row: str, pages: Pages) -> None:
    answer = pages.press("file", "file-form", header_row=row, encoding="cp1252")
    assert answer.status_code == 422
    html = text_of(answer)
    assert "Heading row: enter a number from 1" in html
    assert Controls(html, "file-form").fields["encoding"] == "cp1252"
    assert pages.now.state == State.COLUMNS


def test_a_corrected_file_goes_on_with_the_import(checked: Pages) -> None:
    fixed = csv_of(HEADINGS, ["Alder 0", "a@alder.example", "Active", "1", "x"])
    url = links.import_upload(checked.source.company_id, checked.source.pk)
    stale = {"version": "1", "file": SimpleUploadedFile("fixed.csv", fixed)}
    assert checked.client.post(url, stale).status_code == 409
    version = str(checked.now.version)
    missing = checked.client.post(url, {"version": version, "file": ""})
    assert missing.status_code == 422
    assert "Choose the corrected file." in text_of(missing)
    file = SimpleUploadedFile("fixed.csv", fixed)
    answer = checked.client.post(url, {"version": version, "file": file})
    assert answer.status_code == 303
    assert answer["Location"] == checked.url
    assert (checked.now.state, checked.now.file_name) == (State.READING, "fixed.csv")
    # The columns keep their meaning, so the rows are checked at once.
    checked.work()
    checked.work()
    assert list(checked.states().values()) == ["new"]


# -- problems -----------------------------------------------------------------------------------------


def test_one_answer_corrects_all_of_a_kind(checked: Pages) -> None:
    group = checked.group("Status is not in the list")
    answer = checked.press("correct_all", group, all="")
    assert answer.status_code == 422
    assert "Enter or choose a value for these rows." in text_of(answer)
    assert checked.press("correct_all", group, all="Active").status_code == 303
    assert checked.now.state == State.CHECKING
    checked.work()
    assert [checked.states()[position] for position in (7, 8, 9)] == ["new"] * 3


def test_a_single_field_is_corrected_at_once(checked: Pages) -> None:
    group = checked.group("Status is not in the list")
    answer = checked.press("correct", group, cell__7__2="Archived")
    assert answer.status_code == 303
    assert checked.now.state == State.CHECKED
    assert checked.states()[7] == "new"
    assert checked.states()[8] == "invalid"


def test_several_fields_are_corrected_together(checked: Pages) -> None:
    group = checked.group("Status is not in the list")
    typed = {"cell__7__2": "Archived", "cell__8__2": "Active"}
    assert checked.press("correct", group, **typed).status_code == 303
    checked.work()
    states = checked.states()
    assert (states[7], states[8], states[9]) == ("new", "new", "invalid")


def test_rows_are_decided_about(checked: Pages) -> None:
    group = checked.group("New, or spelled differently")
    fields = checked.fields(group)
    assert fields["decide.10"] == ""
    refused = checked.press("correct", group, decide__10="change:nobody")
    assert refused.status_code == 422
    assert checked.press("correct", group, decide__10="create").status_code == 303
    checked.work()
    assert checked.states()[10] == "new"


def test_a_kind_is_decided_about(checked: Pages, sandbox: Sandbox) -> None:
    assert (
        checked.press("decide_all:change", checked.group("spelled differently")).status_code == 303
    )
    checked.work()
    row = ImportRow.objects.get(source=checked.source, position=10)
    assert row.customer_id == alive(sandbox)[0]["id"]


def test_rows_are_left_out_and_taken_in_again(checked: Pages) -> None:
    assert checked.press("leave_out:3").status_code == 303
    # Another row may now have its customer, so these are looked at.
    assert checked.now.state == State.CHECKING
    busy = checked.press("leave_out:4")
    assert busy.status_code == 409
    assert "The rows are being checked" in text_of(busy)
    checked.work()
    assert checked.press("leave_out_all", checked.group("Status is not")).status_code == 303
    checked.work()
    again = checked.press("leave_out:3")
    assert again.status_code == 409
    assert "have been answered already" in text_of(again)
    states = checked.states()
    assert [states[position] for position in (3, 7, 8, 9)] == ["left_out"] * 4
    assert checked.press("take_in:3").status_code == 303
    checked.work()
    assert checked.states()[3] == "new"


@pytest.mark.parametrize(
    "action", ["correct", "leave_out:x", "use:1.1:0", "use:x", "decide_all:x", "nonsense", ""]
)
def test_a_button_that_says_nothing_does_nothing(action: str, checked: Pages) -> None:
    before = checked.states()
    answer = checked.press(action, checked.group("Status is not in the list"))
    assert answer.status_code == 422
    assert 'role="alert"' in text_of(answer)
    assert checked.states() == before


# -- sending ------------------------------------------------------------------------------------------


def test_an_import_is_sent_once_and_its_batch_starts_by_itself(checked: Pages) -> None:
    html = checked.html()
    assert "Send 5 rows" in html
    assert "about 14 of the" in html
    assert "not sent: 5 with problems" in html
    fields = {"version": str(checked.now.version), "action": "send"}
    answers = [checked.client.post(checked.url, fields) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    batch = Batch.objects.get()
    assert (batch.kind, batch.total) == (Batch.Kind.IMPORT, 5)
    html = checked.html()
    assert "Sending 5 rows" in html
    assert links.batch(batch.company_id, batch.pk) in html
    check(batch)
    batch.refresh_from_db()
    assert batch.state == Batch.State.RUNNING
    assert batch.steps.get(action="start").username == "editor"
    assert "0 of 5 finished" in checked.html()
    assert "5 rows with problems were not sent." in checked.html()


def test_a_batch_with_something_new_waits_for_a_person(checked: Pages, sandbox: Sandbox) -> None:
    checked.press("send")
    batch = Batch.objects.get()
    # Since the check somebody has made a customer of this name.
    first = alive(sandbox)[0]
    for records in (sandbox.state("qbo").source, sandbox.state("qbo").copy):
        records[first["id"]] = records[first["id"]] | {"customerName": "Alder 1"}
    check(batch)
    batch.refresh_from_db()
    assert batch.state == Batch.State.READY
    html = checked.html()
    assert "The batch waits for you" in html
    assert "Customers have changed since your check." in html


@pytest.mark.usefixtures("groups")
def test_a_batch_that_needs_approval_says_so(
    checked: Pages, editor: User, editor_client: RawPathClient
) -> None:
    rule(larger_than=2)
    checked.press("send")
    batch = check(Batch.objects.get())
    approver = person("approver", Role.APPROVER)
    html = checked.html()
    assert "The batch waits for approval" in html
    assert "Nothing is sent until a second person approves it." in html
    assert "have changed since your check" not in html
    assert "delay:15s" in html or "every 15s" in html
    html = str(editor_client.get(links.batch(batch.company_id, batch.pk)).content.decode())
    assert f"Waits for approval: {batch.total} changes" in html
    assert "Ready to start" not in html
    deciding.return_to_author(asked(batch), approver, "Not today.")
    html = checked.html()
    assert "The batch waits for you" in html
    assert "Nothing was sent. Look at the batch, then send it again." in html


def test_a_batch_of_which_nothing_can_be_sent_says_so(checked: Pages) -> None:
    checked.press("send")
    batch = Batch.objects.get()
    batch.rows.update(state=BatchRow.State.CONFLICT)
    Batch.objects.update(state=Batch.State.READY)
    html = checked.html()
    assert "No row of the batch can be sent as it is." in html
    assert "have changed since your check" not in html


def test_the_price_needs_rows_and_a_check(checked: Pages) -> None:
    ImportRow.objects.filter(source=checked.source).update(state="unchanged")
    assert "Nothing to send" in checked.html()
    answer = checked.press("send")
    assert answer.status_code == 409
    assert "nothing to send" in text_of(answer)
    assert not Batch.objects.exists()


# -- the end ------------------------------------------------------------------------------------------


def test_cancel_keeps_the_rows_and_delete_does_not(checked: Pages) -> None:
    assert checked.press("cancel").status_code == 303
    assert checked.now.state == State.CANCELLED
    assert checked.states()
    assert checked.press("delete").status_code == 303
    assert checked.now.forgotten_at
    assert not checked.states()
    assert "Nothing was sent" in checked.html()


def test_the_files_that_go_back(checked: Pages) -> None:
    company, pk = checked.source.company_id, checked.source.pk
    answer: Any = checked.client.get(links.import_problems(company, pk))
    assert answer["Content-Disposition"].startswith('attachment; filename="customers-problems.csv"')
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[0].endswith(",Problem")
    assert "Select an option" in lines[6]
    checked.press("send")
    answer = checked.client.get(links.import_outcome(company, pk))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0].endswith("Outcome,Problem,Customer ID,Change")
