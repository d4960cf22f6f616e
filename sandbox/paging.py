"""Pages in Codat's shape: `results`, `pageNumber`, `pageSize`, `totalResults`, `_links`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .errors import ApiError
from .query import Fields, compile_query, ordering

DATA_LIMIT = 5000
PLATFORM_LIMIT = 2000


def number(query: Mapping[str, str], name: str, default: int, highest: int) -> int:
    """A whole number from the query string. Out of bounds is a 400 (assumed: undocumented)."""
    text = query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise ApiError(400, f"The value '{text}' is not valid for {name}.", retry="False")
    return int(text)


def select(
    records: Sequence[Mapping[str, Any]],
    query: Mapping[str, str],
    fields: Fields,
    *,
    case_sensitive: bool = False,
) -> Sequence[Mapping[str, Any]]:
    """The records that match `query`, in the order of `orderBy`."""
    test = compile_query(query.get("query", ""), fields, case_sensitive=case_sensitive)
    if test is not None:
        records = [record for record in records if test(record)]
    order = ordering(query.get("orderBy", ""), fields)
    if order is not None:
        records = sorted(records, key=order[0], reverse=order[1])
    return records


def page(
    selected: Sequence[Mapping[str, Any]], query: Mapping[str, str], path: str, limit: int
) -> dict[str, Any]:
    """One page of the selected records. `path` is the URL of the links."""
    page_number = number(query, "page", 1, 2**31 - 1)
    size = number(query, "pageSize", 100, limit)
    parameters = "".join(
        f"&{name}={quote(query[name], safe='')}" for name in ("query", "orderBy") if query.get(name)
    )

    def link(which: int) -> dict[str, str]:
        return {"href": f"{path}?page={which}&pageSize={size}{parameters}"}

    links = {"current": link(page_number), "self": {"href": path}}
    if page_number * size < len(selected):
        links["next"] = link(page_number + 1)
    if page_number > 1:
        links["previous"] = link(page_number - 1)
    return {
        "results": selected[(page_number - 1) * size : page_number * size],
        "pageNumber": page_number,
        "pageSize": size,
        "totalResults": len(selected),
        "_links": links,
    }
