"""Files of imports: stored in pieces, noticed where they come twice, replaced, deleted and forgotten."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Import, ImportFile, ImportRow, ImportStep
from customers.service import default_service
from customers.spreadsheets.files.limits import MAX_FILE_BYTES, MIB
from customers.spreadsheets.importing import correcting, sending, states, uploading
from customers.worker import forgetting
from sandbox import Sandbox
from tests.support.imports import alive, checked, csv_of, matched, row, uploaded, work
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

State = Import.State
HEAD = ["Customer ID", "Name", "Phone"]


def store(sandbox: Sandbox, user: User, content: bytes, **more: uuid.UUID) -> uploading.Stored:
    service, company_id = default_service(), sandbox.company("qbo")
    company = service.get_company(company_id=company_id)
    return uploading.store(
        content,
        file_name="../x.csv",
        user=user,
        company_id=company_id,
        company=company,
        connection={"id": sandbox.connection("qbo"), "platformName": "QuickBooks Online"},
        **more,
    )


def test_a_file_is_stored_in_pieces_as_it_is(sandbox: Sandbox, editor: User) -> None:
    content = bytes(range(256)) * (MIB // 256) * 2 + b"end"
    source = store(sandbox, editor, content).source
    pieces = ImportFile.objects.filter(source=source)
    assert [len(bytes(each.content)) for each in pieces] == [MIB, MIB, 3]
    assert uploading.content_of(source) == content
    assert (source.size, source.file_name) == (len(content), "_x.csv")
    assert (source.state, source.username) == (State.READING, "editor")
    assert source.steps.get().action == ImportStep.Action.UPLOAD


def test_a_file_that_is_empty_or_too_large_is_not_stored(sandbox: Sandbox, editor: User) -> None:
    with pytest.raises(uploading.CannotStore, match="empty"):
        store(sandbox, editor, b"")
    with pytest.raises(uploading.CannotStore, match="larger than 20 MB"):
        store(sandbox, editor, bytes(MAX_FILE_BYTES + 1))
    assert not Import.objects.exists()


def test_the_same_page_makes_one_import(sandbox: Sandbox, editor: User) -> None:
    submission = uuid.uuid4()
    first = store(sandbox, editor, b"a,b\n1,2", submission=submission)
    again = store(sandbox, editor, b"a,b\n1,2", submission=submission)
    assert (first.is_new, again.is_new) == (True, False)
    assert first.source == again.source
    assert ImportFile.objects.count() == 1


def test_the_same_file_is_noticed(sandbox: Sandbox, editor: User, viewer: User) -> None:
    first = store(sandbox, editor, b"a,b\n1,2")
    assert first.earlier is None
    assert store(sandbox, editor, b"a,b\n1,3").earlier is None
    second = store(sandbox, viewer, b"a,b\n1,2")
    assert second.earlier == first.source
    assert states.cancel(first.source, editor)
    assert uploading.earlier(second.source) is None


def test_of_two_uploads_in_one_instant_one_is_the_earlier(
    sandbox: Sandbox, editor: User, viewer: User
) -> None:
    found = all_at_once(
        [
            lambda: store(sandbox, editor, b"a,b\n1,2"),
            lambda: store(sandbox, viewer, b"a,b\n1,2"),
        ]
    )
    earlier = [each.earlier for each in found]
    assert earlier.count(None) == 1
    assert next(filter(None, earlier)) in [each.source for each in found]


def test_a_corrected_file_goes_on_with_its_import(sandbox: Sandbox, editor: User) -> None:
    one, other, third = alive(sandbox)[:3]
    name = f"{third['customerName'].upper()}."
    rows = [one["id"], "", "1"], ["4711", "", "2"], ["", name, "3"], ["4712", "", "4"]
    source = checked(sandbox, editor, csv_of(HEAD, *rows))
    assert correcting.decide(source, "create", user=editor, positions=[4]) == 1
    work(source)
    assert correcting.leave_out(source, user=editor, positions=[5]) == 1
    mended = csv_of(
        [*HEAD, "Problem"],
        [one["id"], "", "1", ""],
        [other["id"], "", "2", "No customer has this ID."],
        ["", name, "3", ""],
        [one["id"], "", "4", ""],
    )
    assert uploading.replace(source, mended, file_name="mended.csv", user=editor)
    assert (source.state, source.done) == (State.READING, 0)
    work(source)
    assert (source.state, source.mapping[-1], source.headings[-1]) == (
        *(State.CHECKING, "", "Problem"),
    )
    work(source)
    found = list(ImportRow.objects.filter(source=source))
    assert [each.state for each in found] == ["changed", "changed", "new", "twice"]
    assert [each.decision for each in found] == ["", "", "create", ""]
    assert source.file_name == "mended.csv"
    fewer = csv_of(HEAD, [one["id"], "", "1"])
    assert uploading.replace(source, fewer, file_name="fewer.csv", user=editor)
    work(source, 2)
    assert [each.position for each in ImportRow.objects.filter(source=source)] == [2]
    # With other headings the columns are matched again.
    other_sheet = csv_of(["Who", "Phone"], ["x", "1"])
    assert uploading.replace(source, other_sheet, file_name="other.csv", user=editor)
    work(source)
    assert (source.state, source.mapping) == (State.COLUMNS, [])


def test_a_row_that_was_left_out_stays_so_in_a_corrected_file(
    sandbox: Sandbox, editor: User
) -> None:
    one, other, third = alive(sandbox)[:3]
    rows = [one["id"], "", "1"], [other["id"], "", "2"], [third["id"], "", "3"]
    source = checked(sandbox, editor, csv_of(HEAD, *rows))
    assert correcting.leave_out(source, user=editor, positions=[3, 4]) == 2
    mended = csv_of(HEAD, [one["id"], "", "11"], [other["id"], "", "2"], [third["id"], "", "33"])
    assert uploading.replace(source, mended, file_name="mended.csv", user=editor)
    work(source, 2)
    found = list(ImportRow.objects.filter(source=source))
    # The last row has another text now, so it was not this row that was left out.
    assert [each.state for each in found] == ["changed", "left_out", "changed"]
    assert [each.decision for each in found] == ["", "leave_out", ""]
    batch = sending.send(source, editor, default_service())
    assert batch.total == 2


def test_a_file_keeps_the_corrections_of_cells_that_it_does_not_change(
    sandbox: Sandbox, editor: User
) -> None:
    one, other = alive(sandbox)[:2]
    head = ["Customer ID", "Status", "Phone"]
    rows = [one["id"], "Aktiv", "1"], [other["id"], "Aktiv", "2"]
    source = checked(sandbox, editor, csv_of(head, *rows))
    assert correcting.correct_all(source, "option:status", "Active", user=editor) == 2
    work(source)
    mended = csv_of(head, [one["id"], "Aktiv", "111"], [other["id"], "Archived", "2"])
    assert uploading.replace(source, mended, file_name="mended.csv", user=editor)
    work(source, 2)
    assert [row(source, each).corrections for each in (2, 3)] == [{"1": "Active"}, {}]
    assert [row(source, each).state for each in (2, 3)] == ["changed", "changed"]


def test_what_is_deleted_is_gone_at_once(sandbox: Sandbox, editor: User) -> None:
    source = checked(sandbox, editor, csv_of(HEAD, ["1", "", "1"]))
    other = checked(sandbox, editor, csv_of(HEAD, ["2", "", "1"]))
    assert states.delete_now(source, editor)
    assert (source.state, source.forgotten_at is None) == (State.CANCELLED, False)
    assert not ImportFile.objects.filter(source=source).exists()
    assert not ImportRow.objects.filter(source=source).exists()
    assert ImportRow.objects.filter(source=other).exists()
    assert not states.delete_now(source, editor)
    assert [step.action for step in source.steps.all()] == ["upload", "columns", "cancel", "delete"]
    assert uploading.content_of(source) == b""


def test_old_imports_are_forgotten(sandbox: Sandbox, editor: User) -> None:
    customer = alive(sandbox)[0]["id"]
    old = checked(sandbox, editor, csv_of(HEAD, [customer, "", "1"]))
    sent = checked(sandbox, editor, csv_of(HEAD, [alive(sandbox)[1]["id"], "", "1"]))
    batch = sending.send(sent, editor, default_service())
    young = work(uploaded(sandbox, editor, csv_of(HEAD, [customer, "", "2"])))
    past = timezone.now() - timedelta(days=31)
    Import.objects.exclude(pk=young.pk).update(created_at=past)
    assert forgetting.forget_imports() == 2
    for source in (old, sent):
        source.refresh_from_db()
        assert source.forgotten_at is not None
        assert not ImportRow.objects.filter(source=source).exists()
    assert (old.state, sent.state, sent.batch) == (State.CANCELLED, State.SENT, batch)
    assert old.message == "The file was too old, so it was deleted."
    assert ImportRow.objects.filter(source=young).exists()
    assert forgetting.forget_imports() == 0


def test_one_of_two_moves_has_an_effect(sandbox: Sandbox, editor: User, viewer: User) -> None:
    source = work(uploaded(sandbox, editor, csv_of(HEAD, ["1", "", "1"])))
    mine, yours = (Import.objects.get(pk=source.pk) for _ in range(2))
    found = all_at_once(
        [
            lambda: states.cancel(mine, editor),
            lambda: states.set_columns(yours, ["id", "", ""], match_by="id", user=viewer),
        ]
    )
    assert sorted(found) == [False, True]
    source.refresh_from_db()
    assert source.state in (State.CANCELLED, State.CHECKING)
    assert source.steps.count() == 2


def test_a_file_is_read_again_in_another_way(sandbox: Sandbox, editor: User) -> None:
    source = checked(sandbox, editor, csv_of(HEAD, ["1", "", "1"], ["2", "", "2"]))
    reading = {**source.reading, "header_row": 2}
    assert states.reread(source, reading, editor)
    work(source)
    assert (source.state, source.headings, source.total) == (State.COLUMNS, ["1", "", "1"], 1)
    assert [each.position for each in ImportRow.objects.filter(source=source)] == [3]
    assert states.reread(source, {**source.reading, "delimiter": ";"}, editor)
    work(source)
    assert source.headings == ["1,,1"]
    assert states.reread(source, {}, editor)
    work(source)
    matched(source, editor)
    assert source.headings == HEAD


def test_a_file_that_cannot_be_read_says_why(sandbox: Sandbox, editor: User) -> None:
    source = work(uploaded(sandbox, editor, b'a,b\n"x,1\n'))
    assert source.state == State.UNREADABLE
    assert source.message.endswith(".")
    assert states.reread(source, {**_reading(), "quote": ""}, editor)
    work(source)
    assert (source.state, source.message) == (State.COLUMNS, "")
    assert row(source, 2).cells == ['"x', "1"]


def _reading() -> dict[str, object]:
    return {"format": "csv", "encoding": "utf-8-sig", "delimiter": ",", "quote": '"', "sheet": "",
            "header_row": 1, "sheets": []}  # fmt: skip
