"""The addresses of imports and exports."""

import uuid
from urllib.parse import urlencode

from customers.web.links.browsing_pages import customers
from customers.web.links.segments import SAFE_LISTED, url_segment


def imports() -> str:
    """The imports of all companies."""
    return "/imports/"


def company_imports(company_id: str) -> str:
    """A company's imports."""
    return f"/companies/{url_segment(company_id)}/imports/"


def new_import(company_id: str, *, connection: str = "") -> str:
    """The page on which a spreadsheet is uploaded. `connection` is "" for the company's best one."""
    query = f"?{urlencode({'connection': connection})}" if connection else ""
    return f"{company_imports(company_id)}new/{query}"


def import_page(company_id: str, import_id: uuid.UUID | str) -> str:
    """One import."""
    return f"{company_imports(company_id)}{import_id}/"


def import_upload(company_id: str, import_id: uuid.UUID | str) -> str:
    """Takes the corrected file of an import (POST)."""
    return f"{import_page(company_id, import_id)}file/"


def import_problems(company_id: str, import_id: uuid.UUID | str) -> str:
    """The file of an import with a column that says what is wrong with each row."""
    return f"{import_page(company_id, import_id)}problems/"


def import_outcome(company_id: str, import_id: uuid.UUID | str) -> str:
    """The file of an import with columns that say what became of each row."""
    return f"{import_page(company_id, import_id)}outcome/"


def export(company_id: str, *, connection: str = "", listed: str = "", is_all: bool = False) -> str:
    """The page on which customers are exported.

    `listed` is the query string of the list ("" or "?...") in which customers were ticked; `is_all`: all that it has.
    """
    pairs = {
        "connection": connection,
        "all": "1" if is_all else "",
        "list": listed.removeprefix("?"),
    }
    query = urlencode({name: text for name, text in pairs.items() if text}, safe=SAFE_LISTED)
    return f"{customers(company_id)}export/" + (f"?{query}" if query else "")


def exports() -> str:
    """The exports of all companies: what left the house."""
    return "/exports/"


def exported(company_id: str, export_id: uuid.UUID | str) -> str:
    """One export."""
    return f"/companies/{url_segment(company_id)}/exports/{export_id}/"
