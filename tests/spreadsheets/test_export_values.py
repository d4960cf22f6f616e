"""No value of a record is lost in a file: it is in a column, in a table of its own, or in *More values*."""

from __future__ import annotations

from typing import Any

import pytest

from customers.models import Export
from customers.spreadsheets.columns import cells_of, key_of
from customers.spreadsheets.exporting import fields
from customers.spreadsheets.exporting.fields import shape_of
from customers.spreadsheets.exporting.options import Columns, Options
from customers.spreadsheets.exporting.tables import MORE, Tables
from customers.spreadsheets.files import limits
from customers.spreadsheets.files.cells import plain_text
from customers.spreadsheets.files.writing import storable, unprotect
from sandbox import Sandbox
from sandbox.data.companies import PLANS
from tests.conftest import RawPathClient
from tests.support.pages.exports import archive, export, page_url, table

COMPANIES = [plan.key for plan in PLANS if plan.synced == "yes" and plan.key != "big"]
ALL = Options(columns=Columns.ALL)


def values(record: Any) -> dict[str, str]:
    """The texts of a record by their keys, without empty ones."""
    found = {key_of(path): plain_text(value) for path, value in cells_of(record)}
    return {key: storable(text) for key, text in found.items() if text}


@pytest.mark.django_db
@pytest.mark.parametrize("file_format", ["csv", "csv-exact"])
@pytest.mark.parametrize("company", COMPANIES)
def test_every_value_of_a_company_is_in_its_file(
    sandbox: Sandbox, viewer_client: RawPathClient, company: str, file_format: str
) -> None:
    expected = [values(record) for record in sandbox.state(company).copy.values()]
    if not expected:
        return
    url = page_url(sandbox, company, "?deleted=show")
    files = archive(export(viewer_client, url, columns="all", format=file_format))
    keys = Export.objects.get().columns
    found: dict[str, dict[str, str]] = {}
    for row in table(files["Customers.csv"])[1:]:
        cells = {key: unprotect(cell) for key, cell in zip(keys, row, strict=True) if cell}
        found[cells["id"]] = cells
    for customer_id, key, value in table(files.get(f"{MORE}.csv", b""))[1:]:
        found[unprotect(customer_id)][unprotect(key)] = unprotect(value)
    assert found == {record["id"]: record for record in expected}


def tables(*records: Any, own_tables: bool = False, options: Options = ALL) -> Tables:
    """Tables whose columns these records fix."""
    return Tables(shape_of(records, None), options.has, own_tables=own_tables, longest=100)


def rows(made: Tables, record: Any) -> dict[str, list[list[Any]]]:
    """The rows of a record by the names of their tables, without the cells that are empty at the end."""
    found: dict[str, list[list[Any]]] = {}
    for number, row in made.rows(record):
        found.setdefault(made.tables[number].name, []).append(row)
    return found


def test_what_comes_later_has_rows_of_its_own() -> None:
    made = tables({"id": "1", "customerName": "A"})
    later = {
        "id": "2",
        "colour": "red",
        "count": 0,
        "void": None,
        "blank": "",
        "addresses": [{}, {"city": "Leeds"}],
        "odd.name": {"#1": True},
    }
    found = rows(made, later)
    assert found[MORE] == [
        ["2", "colour", "red"],
        ["2", "count", 0],
        ["2", "addresses.#2.city", "Leeds"],
        ["2", "odd%2Ename.%231", True],
    ]


def test_values_of_fields_that_were_not_chosen_are_in_no_table() -> None:
    own = Options(columns=Columns.OWN, own=("phone", "contacts.name"))
    made = tables({"id": "1", "phone": "1"}, options=own)
    assert made.tables[0].headings == ("Customer ID", "Phone", "Contact 1 name")
    later = {
        "id": "2",
        "colour": "red",
        "contacts": [{"name": "A", "email": "a"}, {"name": "B"}],
    }
    assert rows(made, later)["Customers"] == [["2", None, "A"]]
    assert rows(made, later)[MORE] == [["2", "contacts.#2.name", "B"]]


def test_a_text_that_is_too_long_for_a_cell_has_several_rows() -> None:
    made = tables({"id": "1", "notes": "x"})
    text = "".join(str(number % 10) for number in range(120))
    found = rows(made, {"id": "1", "notes": text})
    column = made.keys.index("notes")
    assert found["Customers"][0][column] is None
    assert [row[1] for row in found[MORE]] == [f"notes (part {n} of 3)" for n in (1, 2, 3)]
    assert "".join(row[2] for row in found[MORE]) == text
    # Excel counts an emoji as two.
    assert MORE in rows(made, {"id": "1", "notes": "😀" * 51})
    assert MORE not in rows(made, {"id": "1", "notes": "😀" * 50})


def test_lists_have_as_many_columns_as_the_longest_has_items() -> None:
    record = {"id": "1", "addresses": [{"city": str(number)} for number in range(30)]}
    made = tables(record)
    cities = [key for key in made.keys if key.endswith(".city") and key.startswith("addresses")]
    assert cities == [f"addresses.#{n}.city" for n in range(1, fields.MAX_POSITIONS + 1)]
    assert len(rows(made, record)[MORE]) == 20


def test_lists_have_fewer_columns_where_the_table_would_be_too_wide() -> None:
    contact = {"name": "A", "phone": [{"number": str(n), "type": "x"} for n in range(10)]}
    record = {"id": "1", "contacts": [contact] * 10}
    made = tables(record)
    assert len(made.keys) <= limits.MAX_COLUMNS
    assert made.keys[-1] == "sourceModifiedDate", "what comes after the lists stays"
    found = rows(made, record)
    filled = sum(cell is not None for cell in found["Customers"][0])
    assert filled + len(found[MORE]) == len(values(record))


def test_a_table_for_each_list() -> None:
    record = {
        "id": "1",
        "addresses": [{"city": "Leeds"}, {"type": "Billing"}],
        "contacts": [{"name": "A", "phone": [{"number": "1"}, {"number": "2"}]}],
        "tags": ["new", "old"],
        "about": [{"number": 7}],
    }
    made = tables(record, own_tables=True)
    names = [table.name for table in made.tables]
    assert names == ["Customers", "Addresses", "Contacts", "Tags", "About 2", MORE]
    heads = {table.name: table.headings for table in made.tables}
    assert not [name for name in heads["Customers"] if name.startswith(("Address", "Contact 1"))]
    assert heads["Addresses"][:4] == ("Customer ID", "Number", "Type", "Line 1")
    assert heads["Tags"] == ("Customer ID", "Number", "Value")
    assert heads["About 2"] == ("Customer ID", "Number", "Number (number)")
    found = rows(made, record)
    assert [row[:3] for row in found["Addresses"]] == [["1", 1, None], ["1", 2, "Billing"]]
    assert found["Tags"] == [["1", 1, "new"], ["1", 2, "old"]]
    assert found["About 2"] == [["1", 1, 7]]
    phone = heads["Contacts"].index("Phone 2 number")
    assert found["Contacts"][0][phone] == "2"
    assert MORE not in found
