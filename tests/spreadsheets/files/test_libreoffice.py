"""LibreOffice opens what we write and saves it again: the texts are the same.

A start of LibreOffice takes seconds, so all files of a format are converted at once, and each conversion serves
several tests.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from customers.spreadsheets.files.reading import guess, headings, rows
from customers.spreadsheets.files.writing import Cell, CsvStyle, XlsxFile, csv_bytes
from tests.support.cases.cell_texts import APOSTROPHES, CHANGED, UNCHANGED

# Four starts of LibreOffice, on a machine that may be busy.
pytestmark = pytest.mark.timeout(400)

HEADINGS = ["Customer ID", "Text", "Behind"]
PLAIN = [
    *CHANGED, *UNCHANGED, *APOSTROPHES, "'007", "''=1", " a ", "a\tb", "two\nlines", "\n", "<r><t>x</t></r>", "_x0041_",
    'q"uo"te', "a;b,c", "\\", "É 😀 \u200b \u2028", "https://a.example", "{=1}", "12:30 PM", "2026-02-30", "Infinity",
    "½", "1e", "1\u00a0000", "x" * 32_767,
]  # fmt: skip
# LibreOffice makes one kind of line break of all; OpenDocument has no control characters.
STRANGE = ["\r", "a\rb", "a\r\nb", "bell\x07", "\x1f", "\ufffe", "\x85"]
TEXTS = [*PLAIN, *STRANGE]
VALUES: list[Cell] = [
    Decimal("1000.50"), -5, 447911123456, 0.1, Decimal("0.000001"), True, False, date(2026, 3, 31),
    datetime(2026, 3, 31, 9, 30),  # noqa: DTZ001 (cells have no time zones)
]  # fmt: skip
VALUE_TEXTS = [
    "1000.5", "-5", "447911123456", "0.1", "0.000001", "true", "false", "2026-03-31", "2026-03-31T09:30:00",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our files, and in `saved` what LibreOffice made of them."""
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed (Debian: libreoffice-calc-nogui)")
    folder = tmp_path_factory.mktemp("libreoffice")
    table = [HEADINGS, *([f"text {at}", text, "behind"] for at, text in enumerate(TEXTS))]
    (folder / "excel.csv").write_bytes(b"".join(csv_bytes(table, CsvStyle.EXCEL)))
    (folder / "exact.csv").write_bytes(b"".join(csv_bytes(table, CsvStyle.EXACT)))
    (folder / "book.xlsx").write_bytes(book(table[1:]))
    saved = folder / "saved"
    # Comma, quotation mark, UTF-8, from the first line; the last parameter is for all sheets.
    options = "44,34,76,1"
    texts = [folder / "excel.csv", folder / "exact.csv"]
    convert(folder, "xlsx", texts, f"--infilter=CSV:{options}")
    books = [folder / "book.xlsx", saved / "excel.xlsx"]
    all_sheets = f"{options},,0,false,true,false,false,false,-1"
    convert(folder, f"csv:Text - txt - csv (StarCalc):{all_sheets}", books)
    convert(folder, "ods", books)
    convert(folder, "xlsx", [folder / "book.xlsx"])
    return folder


def book(table: Sequence[Sequence[Cell]]) -> bytes:
    target = io.BytesIO()
    with XlsxFile(target) as file:
        file.sheet("About").add(["Company", "Bluebell"])
        sheet = file.sheet("Customers", HEADINGS, is_active=True)
        for row in table:
            sheet.add(row)
        for at, value in enumerate(VALUES):
            sheet.add([f"value {at}", value, "behind"])
    return target.getvalue()


def convert(folder: Path, to: str, files: list[Path], *options: str) -> None:
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", *options,
            "--convert-to", to, "--outdir", folder / "saved", *files,
        ],
        check=True, capture_output=True, timeout=110,
    )  # fmt: skip


def cells(path: Path) -> dict[str, str]:
    """The texts of a file by their ID."""
    content = path.read_bytes()
    reading = guess(content, path.name)
    assert headings(content, reading) == HEADINGS
    return {row.cells[0]: row.cells[1] for row in rows(content, reading)}


def one_line_break(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    "name", ["excel.xlsx", "excel-excel.csv", "book.xlsx", "book-Customers.csv"]
)
def test_texts_survive(folder: Path, name: str) -> None:
    found = cells(folder / "saved" / name)
    assert {text: one_line_break(found[f"text {at}"]) for at, text in enumerate(TEXTS)} == {
        text: one_line_break(text) for text in TEXTS
    }


@pytest.mark.parametrize("name", ["book.ods", "excel.ods"])
def test_texts_survive_as_open_document(folder: Path, name: str) -> None:
    found = cells(folder / "saved" / name)
    plain = [at for at, text in enumerate(TEXTS) if text not in STRANGE and "\r" not in text]
    assert {TEXTS[at]: found[f"text {at}"] for at in plain} == {
        TEXTS[at]: TEXTS[at] for at in plain
    }


@pytest.mark.parametrize("name", ["book.xlsx", "book.ods"])
def test_values_survive(folder: Path, name: str) -> None:
    found = cells(folder / "saved" / name)
    assert [found[f"value {at}"] for at in range(len(VALUES))] == VALUE_TEXTS


def test_unprotected_texts_are_changed_where_we_say_so(folder: Path) -> None:
    found = cells(folder / "saved" / "exact.xlsx")
    changed = {text for at, text in enumerate(TEXTS) if found[f"text {at}"] != one_line_break(text)}
    assert {"=1+1", "007", "1.50", "1E5", "50%", "10:30", "March 2026", "TRUE"} <= changed
    assert changed <= set(CHANGED) | {"12:30 PM"}


def test_the_sheet_with_the_customers_is_still_the_one_that_is_read(folder: Path) -> None:
    content = (folder / "saved" / "book.xlsx").read_bytes()
    reading = guess(content, "")
    assert (reading.sheet, reading.sheets) == ("Customers", ("About", "Customers"))
