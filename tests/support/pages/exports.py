"""Exports as tests use them: the page as a browser posts it, and the files as tables."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import python_calamine

from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import Controls

ABOUT = "About this file.txt"


def page_url(sandbox: Sandbox, company: str = "qbo", listed: str = "") -> str:
    """The page on which all customers of a list are exported."""
    return links.export(sandbox.company(company), listed=listed, is_all=True)


def ticked_url(sandbox: Sandbox, company: str = "qbo") -> str:
    """The page on which ticked customers are exported."""
    return links.export(sandbox.company(company))


def opened(client: RawPathClient, url: str, *ids: str) -> str:
    """The page, of the ticked customers where there are any."""
    answer = client.post(url, {"ids": json.dumps(ids)}) if ids else client.get(url)
    assert answer.status_code == 200, answer.content.decode()
    return str(answer.content.decode())


def press(client: RawPathClient, url: str, page: str, **typed: Any) -> Any:
    """Press the button of the page, after typing."""
    fields = Controls(page).fields
    assert "submission" in fields, page
    return client.post(url, fields | typed)


def export(client: RawPathClient, url: str, *ids: str, **typed: Any) -> Any:
    """The response to the button; its body has not been read."""
    return press(client, url, opened(client, url, *ids), **typed)


def content(answer: Any) -> bytes:
    """The whole file of an answer."""
    assert answer.status_code == 200, answer.content.decode()
    return b"".join(answer)


def archive(answer: Any) -> dict[str, bytes]:
    """The files of an archive by their names."""
    with zipfile.ZipFile(io.BytesIO(content(answer))) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def table(data: bytes) -> list[list[str]]:
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def sheets(answer: Any) -> dict[str, list[list[Any]]]:
    """The rows of a workbook by the names of its sheets."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content(answer)))
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


def records(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """Rows below their headings, as dictionaries without empty cells."""
    head, *lines = rows
    return [
        {name: cell for name, cell in zip(head, line, strict=False) if cell != ""} for line in lines
    ]


def about(data: bytes | list[list[Any]]) -> dict[str, str]:
    """What a file says of itself by the names of its lines."""
    if isinstance(data, bytes):
        lines = [line.partition(": ")[::2] for line in data.decode().splitlines()]
    else:
        lines = [(str(row[0]), str(row[1])) for row in data]
    return {name: value for name, value in lines if name and not name.startswith(" ")}
