"""Gzip content: decoded in bounded pieces, complete or an error."""

from __future__ import annotations

import gzip
from random import Random

import pytest

from customers.codat.errors import ConnectionLost, InvalidResponse
from customers.codat.http.gzip_content import MAX_PIECE, decode, decode_head

TEXT = Random(1).randbytes(50_000) + bytes(3_000_000)
ENCODED = gzip.compress(TEXT)


@pytest.mark.parametrize("size", [1, 7, 1000, len(ENCODED)])
def test_pieces_of_any_size(size: int) -> None:
    pieces = [ENCODED[at : at + size] for at in range(0, len(ENCODED), size)]
    decoded = list(decode(pieces))
    assert b"".join(decoded) == TEXT
    assert max(map(len, decoded)) <= MAX_PIECE


def test_joined_files_and_padding() -> None:
    assert b"".join(decode([ENCODED + gzip.compress(b"more") + bytes(100)])) == TEXT + b"more"


@pytest.mark.parametrize("end", [0, 5, 20, len(ENCODED) // 2, len(ENCODED) - 1])
def test_content_that_ends_early(end: int) -> None:
    with pytest.raises(ConnectionLost):
        list(decode([ENCODED[:end]]))


@pytest.mark.parametrize("data", [b"plain text", ENCODED[:-8] + bytes(8), ENCODED + b"x"])
def test_content_that_is_not_gzip(data: bytes) -> None:
    with pytest.raises((InvalidResponse, ConnectionLost)):
        list(decode([data]))


@pytest.mark.parametrize("size", [1, 100, 60_000])
def test_head(size: int) -> None:
    assert decode_head(ENCODED[: len(ENCODED) - 10], size) == TEXT[:size]
    assert decode_head(gzip.compress(b"short"), size) == b"short"[:size]
