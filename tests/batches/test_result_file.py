"""The rows of a batch as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import User

from customers.batches.result_file import ResultFile
from customers.codat.cell_text import protect
from customers.models import Batch, BatchRow, Write
from customers.web import links
from tests.conftest import RawPathClient
from tests.support.batch_rows import batch_of

pytestmark = pytest.mark.django_db


def table(client: RawPathClient, batch: Batch, query: str = "") -> list[list[str]]:
    answer = client.get(links.batch_result(batch.company_id, batch.pk) + query)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="batch-')
    content = answer.getvalue()
    assert content.startswith(b"\xef\xbb\xbf"), "spreadsheets take it for UTF-8"
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_every_row_is_in_the_file(editor: User, viewer_client: RawPathClient) -> None:
    batch = batch_of(editor, "company", "done", confirmed=1200, refused=2, unchanged=1)
    head, *lines = table(viewer_client, batch)
    assert head == [
        "Position", "Customer ID", "Name", "State", "Reason", "Field", "Old", "New", "Change",
    ]  # fmt: skip
    assert [int(line[0]) for line in lines] == [*range(1, 1204)]
    write = Write.objects.get(batch=batch, position=1201)
    assert lines[1200] == [
        "1201", "c1201", "Customer 1201", "Refused", "Customer is locked.", "Country", "GB",
        "United Kingdom", f"http://testserver/companies/company/writes/{write.pk}/",
    ]  # fmt: skip
    assert lines[1202][-1] == ""


def test_the_file_can_have_the_rows_of_a_filter(editor: User, viewer_client: RawPathClient) -> None:
    batch = batch_of(editor, "company", "done", confirmed=3, refused=2)
    assert [line[0] for line in table(viewer_client, batch, "?state=refused")[1:]] == ["4", "5"]


def test_a_row_has_a_line_for_each_field(editor: User, viewer_client: RawPathClient) -> None:
    batch = batch_of(editor, "company", "done", confirmed=1, missing=1)
    changes = [
        {"label": "Phone", "old": "1", "new": "2"},
        {"label": "Name", "old": "a", "new": "b"},
    ]
    BatchRow.objects.filter(position=1).update(changes=changes)
    BatchRow.objects.filter(position=2).update(changes=[])
    lines = table(viewer_client, batch)[1:]
    assert [line[5:8] for line in lines] == [["Phone", "1", "2"], ["Name", "a", "b"], ["", "", ""]]


@pytest.mark.parametrize(
    "text", ["=1+1", "+44 20", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"]
)
def test_a_text_that_looks_like_a_formula_is_harmless(
    text: str, editor: User, viewer_client: RawPathClient
) -> None:
    batch = batch_of(editor, "company", "done", confirmed=1)
    BatchRow.objects.update(customer_name=text, changes=[{"label": text, "old": text, "new": text}])
    [line] = table(viewer_client, batch)[1:]
    assert line[2] == line[5] == line[6] == line[7] == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ltd", "a=b", "1", '"quoted", and more', "Ünï\ncode"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert protect(text) == text


def test_a_browser_that_leaves_ends_the_reading(editor: User) -> None:
    batch = batch_of(editor, "company", "done", confirmed=1200)
    file = ResultFile(batch, range(1, 1201), lambda _: "")
    pieces = iter(file)
    next(pieces)
    next(pieces)
    file.close()
    assert list(pieces) == []


def test_only_readers_get_the_file(
    editor: User, outsider_client: RawPathClient, anonymous_client: RawPathClient
) -> None:
    batch = batch_of(editor, "company", "done", confirmed=1)
    url = links.batch_result("company", batch.pk)
    assert outsider_client.get(url).status_code == 403
    assert anonymous_client.get(url).status_code == 302
