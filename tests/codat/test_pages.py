"""Pages by the answer: what Codat sent decides which page it is, whatever was asked for."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from customers.codat import decoding
from customers.codat.pages import MAX_PAGE_SIZE, position

NEXT = {"next": {"href": "/x?page=2"}}


def page(rows: int, total: int, **more: Any) -> dict[str, Any]:
    return {
        "results": [{"id": str(number)} for number in range(rows)],
        "totalResults": total,
    } | more


@pytest.mark.parametrize(
    ("asked", "answer", "expected"),
    [
        # asked (page, size); answer; page, size, offset, total, pages, has next
        ((1, 100), page(100, 250, pageNumber=1, pageSize=100, _links=NEXT), (1, 100, 0, 250, 3, True)),
        ((3, 100), page(50, 250, pageNumber=3, pageSize=100), (3, 100, 200, 250, 3, False)),
        ((1, 5000), page(1000, 4200, pageNumber=1, pageSize=1000, _links=NEXT), (1, 1000, 0, 4200, 5, True)),
        ((5, 5000), page(200, 4200, pageNumber=5, pageSize=1000), (5, 1000, 4000, 4200, 5, False)),
        # The page's size is wrong, or missing.
        ((1, 5000), page(1000, 4200, pageNumber=1, pageSize=5000, _links=NEXT), (1, 1000, 0, 4200, 5, True)),
        ((1, 5000), page(1000, 4200), (1, 1000, 0, 4200, 5, True)),
        ((2, 5000), page(1000, 4200), (2, 1000, 1000, 4200, 5, True)),
        ((2, 5000), page(1000, 4200, _links=NEXT), (2, 1000, 1000, 4200, 5, True)),
        ((1, 100), page(100, 250, pageSize="100", pageNumber=None, _links=[]), (1, 100, 0, 250, 3, True)),
        # Another page than the one that was asked for.
        ((7, 100), page(100, 250, pageNumber=1, pageSize=100, _links=NEXT), (1, 100, 0, 250, 3, True)),
        # No rows although they are counted.
        ((1, 100), page(0, 150, pageNumber=1, pageSize=100), (1, 100, 0, 150, 2, True)),
        ((2, 100), page(0, 150, pageNumber=2, pageSize=100), (2, 100, 100, 150, 2, False)),
        ((9, 100), page(0, 150, pageNumber=9, pageSize=100), (9, 100, 800, 150, 2, False)),
        ((1, 100), page(0, 0, _links=NEXT), (1, 100, 0, 0, 1, False)),
        # Some are counted that are not sent.
        ((1, 100), page(42, 45, pageNumber=1, pageSize=100), (1, 100, 0, 45, 1, False)),
        # More come than are counted.
        ((1, 100), page(100, 0, pageNumber=1, pageSize=100, _links=NEXT), (1, 100, 0, 100, 2, True)),
        ((1, 100), page(100, 60, pageNumber=1, pageSize=100), (1, 100, 0, 100, 1, False)),
    ],
)  # fmt: skip
def test_the_answer_decides(
    asked: tuple[int, int], answer: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    found = position(answer, *asked)
    assert (
        found.page,
        found.size,
        found.offset,
        found.total,
        found.pages,
        found.has_next,
    ) == expected


def large(rows: int, record: bytes, *, first: bool) -> bytes:
    """A page with its count before its records, or behind them."""
    count = b'"pageNumber": 1, "totalResults": %d' % rows
    records = b'"results": [' + b" ,\n".join([record] * rows) + b"]"
    return b"{ " + (count + b", " + records if first else records + b"," + count) + b" }"


RECORDS = [
    b'{"id": "1"}',
    b'{"id": "2", "phone": "\\ud83d", "x": [{"y": [1, {}]}]}',
    '{"id": "ä", "customerName": "]},{"}'.encode(),
]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("record", RECORDS)
def test_a_page_that_is_far_too_large_is_cut(record: bytes, *, first: bool) -> None:
    decode = decoding.page_decoder(decoding.decode, 100)
    data = decode(large(60_000, record, first=first))
    assert data["totalResults"] == 60_000
    assert len(data["results"]) == MAX_PAGE_SIZE
    assert data["results"][-1] == decoding.decode(record)


@pytest.mark.parametrize(
    "body",
    [b"[", b"{", b'{"results": [', b'{"results": [1', b'{"results": [1}', b'{"a" 1}', b"{5: 1}", b'{"a": 1', b"5"],
)  # fmt: skip
def test_a_large_page_must_be_json(body: bytes) -> None:
    decode = decoding.page_decoder(decoding.decode, 1)
    with pytest.raises(ValueError, match="JSON"):
        decode(body + b" " * decoding.SMALL_PAGE)


def test_the_memory_that_a_page_takes_does_not_grow_with_its_records() -> None:
    decode = decoding.page_decoder(decoding.decode, 100)
    body = large(60_000, b'{"id": "1", "customerName": "A"}', first=True)
    tracemalloc.start()
    try:
        assert len(decode(body)["results"]) == MAX_PAGE_SIZE
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(body)


def test_the_same_data_whatever_the_way() -> None:
    body = json.dumps(page(50, 50, pageNumber=1, pageSize=100, _links=NEXT)).encode()
    padded = body[:-1] + b" " * decoding.SMALL_PAGE * 2 + b"}"
    assert decoding.page_decoder(decoding.decode, 100)(padded) == decoding.decode(body)
