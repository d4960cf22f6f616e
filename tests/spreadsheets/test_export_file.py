"""The file of an export through the front door: each format, filter, order, ticks, and what it says of itself."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import simplejson

from customers.models import Export
from customers.spreadsheets.files.writing import unprotect
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import customers_of
from tests.support.pages.exports import (
    ABOUT,
    about,
    archive,
    export,
    page_url,
    records,
    sheets,
    table,
    ticked_url,
)

pytestmark = pytest.mark.django_db


def shown(sandbox: Sandbox, company: str = "qbo") -> list[dict[str, Any]]:
    """The customers that the list shows, in its order."""
    alive = [
        one
        for one in sandbox.state(company).copy.values()
        if (one.get("metadata") or {}).get("isDeleted") is not True
    ]
    return sorted(alive, key=lambda one: str(one.get("customerName") or "").lower())


@pytest.mark.parametrize("file_format", ["csv", "csv-exact", "xlsx"])
def test_each_value_has_its_column(
    sandbox: Sandbox, viewer_client: RawPathClient, file_format: str
) -> None:
    answer = export(viewer_client, page_url(sandbox), columns="all", format=file_format)
    is_book = file_format == "xlsx"
    rows = sheets(answer)["Customers"] if is_book else table(archive(answer)["Customers.csv"])
    rows = [[unprotect(str(cell)) for cell in row] for row in rows]
    lines = records(rows)
    expected = shown(sandbox)
    assert [line["Customer ID"] for line in lines] == [one["id"] for one in expected]
    for line, one in zip(lines, expected, strict=True):
        assert line.get("Customer name", "") == (one.get("customerName") or "")
        assert line.get("Phone", "") == (one.get("phone") or "")
        for number, address in enumerate(one.get("addresses") or [], 1):
            assert line.get(f"Address {number} city", "") == (address.get("city") or "")
        for number, contact in enumerate(one.get("contacts") or [], 1):
            phones = contact.get("phone") or []
            for position, phone in enumerate(phones, 1):
                cell = line.get(f"Contact {number} phone {position} number", "")
                assert cell == (phone.get("number") or "")
    row = Export.objects.get()
    assert (row.state, row.promised, row.written) == ("complete", len(expected), len(expected))
    assert (row.username, row.file_format, row.is_selection) == ("viewer", file_format, False)
    assert row.columns[:2] == ["id", "customerName"]
    assert "addresses.#1.city" in row.columns
    assert row.synced_at is not None
    assert row.ended_at is not None


def test_json_lines_are_the_records(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = export(viewer_client, page_url(sandbox), columns="all", format="jsonl")
    files = archive(answer)
    assert list(files) == ["Customers.jsonl", ABOUT]
    lines = [json.loads(line) for line in files["Customers.jsonl"].splitlines()]
    assert lines == shown(sandbox)


def test_json_lines_have_the_chosen_fields(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = export(
        viewer_client,
        page_url(sandbox),
        columns="own",
        own=["phone", "addresses.city"],
        format="jsonl",
    )
    lines = [json.loads(line) for line in archive(answer)["Customers.jsonl"].splitlines()]
    names = {name for line in lines for name in line}
    assert names == {"id", "phone", "addresses"}
    parts = {name for line in lines for address in line.get("addresses") or [] for name in address}
    assert parts == {"city"}


def test_lists_can_have_tables_of_their_own(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    found = sheets(
        export(viewer_client, page_url(sandbox), columns="all", layout="sheets", format="xlsx")
    )
    assert list(found) == ["About", "Customers", "Addresses", "Contacts"]
    assert not [heading for heading in found["Customers"][0] if heading.startswith("Address")]
    head = found["Addresses"][0]
    assert head[:3] == ["Customer ID", "Number", "Type"]
    expected = [
        (one["id"], number, address.get("city") or "")
        for one in shown(sandbox)
        for number, address in enumerate(one.get("addresses") or [], 1)
        if any(address.values())
    ]
    city = head.index("City")
    assert [(row[0], row[1], row[city]) for row in found["Addresses"][1:]] == expected
    files = archive(
        export(viewer_client, page_url(sandbox), columns="all", layout="sheets", format="csv")
    )
    assert list(files) == ["Customers.csv", "Addresses.csv", "Contacts.csv", ABOUT]
    assert [row[0] for row in table(files["Addresses.csv"])[1:]] == [one[0] for one in expected]


def test_the_default_columns(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    head = table(archive(export(viewer_client, page_url(sandbox), format="csv"))["Customers.csv"])[
        0
    ]
    assert {"Customer ID", "Customer name", "Status", "Address 1 postal code"} <= set(head)
    assert not [name for name in head if name.startswith(("Contact 1", "Modified", "Supplemental"))]


def test_the_file_says_what_it_is(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    url = page_url(sandbox, listed="?status=Active")
    said = about(sheets(export(viewer_client, url, format="xlsx"))["About"])
    assert said["Company"] == "Castle Street Cycles"
    assert said["Company ID"] == sandbox.company("qbo")
    assert said["Accounting software"] == "QuickBooks Online"
    assert said["Connection ID"] == sandbox.connection("qbo")
    assert said["Customers"] == "Status: Active"
    assert said["List"].endswith("/customers/?status=Active")
    assert said["Codat’s copy last synced"].startswith("20")
    assert said["Exported by"] == "viewer"
    row = Export.objects.get()
    assert said["Customers announced by Codat"] == str(row.promised)
    assert said["Customers in this file"] == str(row.written)
    assert said["Changed meanwhile"] == "Nothing was noticed."
    text = about(archive(export(viewer_client, url, format="csv"))[ABOUT])
    del said["About this file"]
    differs = {name for name in said if said[name] != text[name]}
    assert differs <= {"Exported", "Format"}
    assert said.keys() == text.keys()


def test_filter_and_order_are_those_of_the_list(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    url = page_url(sandbox, listed="?status=Active&order_by=-customerName")
    files = archive(export(viewer_client, url, format="csv-exact"))
    lines = records(table(files["Customers.csv"]))
    expected = [one["id"] for one in reversed(shown(sandbox)) if one.get("status") == "Active"]
    assert [line["Customer ID"] for line in lines] == expected
    assert Export.objects.get().question == "?status=Active&order_by=-customerName"


def test_ticked_customers_in_their_order(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    ids = customers_of(sandbox, 20)[::-1]
    files = archive(export(viewer_client, ticked_url(sandbox), *ids, format="csv"))
    assert [line["Customer ID"] for line in records(table(files["Customers.csv"]))] == ids
    row = Export.objects.get()
    assert (row.is_selection, row.question, row.promised, row.written) == (True, "", 20, 20)
    assert about(files[ABOUT])["Customers"] == "20 selected"


def test_ids_that_no_query_can_name(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    copy = sandbox.state("files").copy
    ids = [*copy]
    files = archive(export(viewer_client, ticked_url(sandbox, "files"), *ids, format="csv-exact"))
    assert [line["Customer ID"] for line in records(table(files["Customers.csv"]))] == ids


def test_ticked_customers_that_are_gone_are_said(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    ids = customers_of(sandbox, 3)
    files = archive(export(viewer_client, ticked_url(sandbox), *ids, "gone-1", format="csv"))
    said = "1 customer of the selection is not in Codat’s copy: gone-1."
    assert about(files[ABOUT])["Changed meanwhile"] == said
    row = Export.objects.get()
    assert (row.state, row.promised, row.written, row.message) == ("complete", 4, 3, said)


def test_numbers_keep_all_digits(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    amount, long = Decimal("1234567890123456789.10"), "00123"
    pk = customers_of(sandbox, 1)[0]
    record = simplejson.dumps(
        {"id": pk, "customerName": "=1+1", "taxNumber": long, "creditLimit": amount, "rank": 7},
        use_decimal=True,
    )
    page = f'{{"results": [{record}], "totalResults": 1, "pageNumber": 1, "pageSize": 1000}}'
    sandbox.faults.add("/data/customers", "json", body=page, count=-1)
    for file_format in ("csv", "csv-exact", "xlsx"):
        answer = export(viewer_client, page_url(sandbox), columns="all", format=file_format)
        if file_format == "xlsx":
            (line,) = records(sheets(answer)["Customers"])
            assert line["Rank"] == 7
            assert line["Customer name"] == "=1+1"
        else:
            (line,) = records(table(archive(answer)["Customers.csv"]))
            assert line["Rank"] == "7"
            assert line["Customer name"] == ("'=1+1" if file_format == "csv" else "=1+1")
        assert line["Credit limit"] == str(amount)
        assert line["Tax number"].removeprefix("'") == long


@pytest.mark.parametrize(
    ("file_format", "content_type", "suffix"),
    [
        ("csv", "application/zip", "zip"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ],
)
def test_headers_of_the_file(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    file_format: str,
    content_type: str,
    suffix: str,
) -> None:
    answer = export(viewer_client, page_url(sandbox), format=file_format)
    assert answer["Content-Type"] == content_type
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    day = f"{Export.objects.get().created_at:%Y-%m-%d}"
    name = f"Customers of Castle Street Cycles {day}.{suffix}"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    body = b"".join(answer)
    if file_format == "xlsx":
        assert answer["Content-Length"] == str(len(body))
