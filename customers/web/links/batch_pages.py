"""The addresses of batches."""

import uuid
from urllib.parse import urlencode

from customers.web.links.segments import SAFE_LISTED, url_segment


def batches() -> str:
    """The batches of all companies."""
    return "/batches/"


def company_batches(company_id: str) -> str:
    """A company's batches."""
    return f"/companies/{url_segment(company_id)}/batches/"


def batch(company_id: str, batch_id: uuid.UUID | str) -> str:
    """One batch."""
    return f"{company_batches(company_id)}{batch_id}/"


def batch_row(company_id: str, batch_id: uuid.UUID | str, position: int) -> str:
    """One row of a batch, by its position from 1."""
    return f"{batch(company_id, batch_id)}rows/{position}/"


def batch_result(company_id: str, batch_id: uuid.UUID | str) -> str:
    """The rows of a batch as a file."""
    return f"{batch(company_id, batch_id)}result.csv"


def new_batch(
    company_id: str,
    *,
    connection: str = "",
    listed: str = "",
    is_all: bool = False,
    source: uuid.UUID | str = "",
) -> str:
    """The page on which a batch is made.

    `listed` is the query string of the list ("" or "?...") in which customers were ticked; `is_all`: all that it has
    were selected. `source` is the batch whose rows are tried again.
    """
    pairs = {
        "connection": connection,
        "source": str(source),
        "all": "1" if is_all else "",
        "list": listed.removeprefix("?"),
    }
    query = urlencode({name: text for name, text in pairs.items() if text}, safe=SAFE_LISTED)
    return f"{company_batches(company_id)}new/" + (f"?{query}" if query else "")
