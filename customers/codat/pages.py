"""The position of a page in a list, from the response and not from the request: Codat may send smaller pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Codat's largest page.
MAX_PAGE_SIZE = 5_000


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a list a page is: ``page`` from 1, of ``size`` records; ``total`` in all pages.

    ``offset`` records come before it. ``has_next`` says whether records come after it; ``is_total_known`` is False
    where they do and the total does not count them.
    """

    page: int
    size: int
    shown: int
    total: int
    has_next: bool
    is_total_known: bool

    @property
    def offset(self) -> int:
        """The records on the pages before."""
        return (self.page - 1) * self.size

    @property
    def pages(self) -> int:
        """The number of pages, at least 1."""
        return max(-(-self.total // self.size), self.page + 1 if self.has_next else 1)


def position(results: Mapping[str, Any], page: int, page_size: int) -> Position:
    """The position of a validated page. ``page`` and ``page_size`` are those of the request."""
    shown, total = len(results["results"]), int(results["totalResults"])
    page = _count(results.get("pageNumber")) or page
    size = _count(results.get("pageSize"))
    is_followed = shown > 0 and _has_next_link(results)
    if is_followed:
        # A page that others follow is full.
        size = shown
    elif size is None:
        size = _inferred_size(page, page_size, shown, total)
    last = (page - 1) * size + shown
    has_next = is_followed or page * size < total
    return Position(
        page=page,
        size=size,
        shown=shown,
        total=max(total, last if shown else 0),
        has_next=has_next,
        is_total_known=not is_followed or total > last,
    )


def row_limit(results: Mapping[str, Any], page_size: int) -> int:
    """The maximum number of rows that are used: the requested page size, or the page's own where that is larger."""
    return max(page_size, min(_count(results.get("pageSize")) or 0, MAX_PAGE_SIZE))


def _inferred_size(page: int, page_size: int, shown: int, total: int) -> int:
    """The size of a page that states none."""
    return shown if 0 < shown < page_size and page * shown < total else page_size


def _count(value: object) -> int | None:
    """A number of pages or records, None for anything else."""
    return value if type(value) is int and 0 < value < 2**53 else None


def _has_next_link(results: Mapping[str, Any]) -> bool:
    links = results.get("_links")
    following = links.get("next") if isinstance(links, dict) else None
    return isinstance(following, dict) and bool(following.get("href"))
