"""Decoding JSON: all digits where they matter, and text that UTF-8 can encode."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypedDict

import pytest

from customers.codat import decoding
from tests.support.codat import make_client
from tests.support.servers.raw_server import RawServer, ok


def read(body: bytes, decode: decoding.Decode) -> Any:
    with RawServer(ok(body)) as server:
        return make_client(server.url).get_json("/x", decode=decode).data


class Named(TypedDict, total=False):
    """A shape with one key."""

    name: str | None


DECODERS = [decoding.decode, decoding.decode_exactly, decoding.decoder_for(Named)]


def test_decode_exactly_keeps_all_digits() -> None:
    body = b'{"a": 1.10, "b": 12345678901234567890.123456789, "c": 7, "d": 1e2}'
    assert str(read(body, decoding.decode_exactly)) == str(
        {"a": Decimal("1.10"), "b": Decimal("12345678901234567890.123456789"), "c": 7}
        | {"d": Decimal("1E+2")}
    )
    assert read(body, decoding.decode)["a"] == 1.1


def test_a_write_keeps_all_digits() -> None:
    with RawServer(ok(b'{"total": 0.10}')) as server:
        client = make_client(server.url)
        response = client.send_json("POST", "/x", body={"total": Decimal("1.10"), "name": "ä"})
    assert server.requests[0].endswith('{"total": 1.10, "name": "ä"}'.encode())
    assert response.data == {"total": Decimal("0.10")}


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\ud83d\ude00", "😀"),
        (r"cut \ud83d", "cut �"),
        (r"\ude00 cut", "� cut"),
        (r"\uDE00\uD83D", "��"),
        (r"\u0000", "\0"),
        ("Иван", "Иван"),
    ],
)
def test_lone_surrogates_become_replacement_characters(
    text: str, expected: str, decode: decoding.Decode
) -> None:
    data = read(f'[{{"{text}": ["{text}", 1.5, null]}}]'.encode(), decode)
    number = Decimal("1.5") if decode is decoding.decode_exactly else 1.5
    assert data == [{expected: [expected, number, None]}]
    assert read(f'{{"name": "{text}"}}'.encode(), decode) == {"name": expected}
    str(data).encode()


@pytest.mark.parametrize("decode", DECODERS)
def test_a_byte_order_mark_is_ignored(decode: decoding.Decode) -> None:
    assert read(b"\xef\xbb\xbf[1]", decode) == [1]


def test_a_shape_skips_other_keys() -> None:
    decode = decoding.decoder_for(Named)
    assert read(b'{"age": [1, {"a": "\\ud83d\\ude00"}], "name": "Fern"}', decode) == {
        "name": "Fern"
    }
    assert read(b'{"name": null}', decode) == {"name": None}
    assert read(b"{}", decode) == {}


@pytest.mark.parametrize(
    "body", [b'{"name": 5, "age": 1}', b'{"name": [], "age": {}}', b"[1]", b"null"]
)
def test_data_of_another_shape_is_decoded_whole(body: bytes) -> None:
    assert read(body, decoding.decoder_for(Named)) == read(body, decoding.decode)


def nested(levels: int, kind: str) -> bytes:
    """An array of an array ... or objects or both, with text at the bottom, so many levels deep."""
    array, member = ("[", "]"), ('{"a":', "}")
    pairs = {"lists": [array], "objects": [member], "both": [array, member]}[kind]
    chosen = [pairs[level % len(pairs)] for level in range(levels)]
    start = "".join(pair[0] for pair in chosen)
    return (start + '"x"' + "".join(pair[1] for pair in reversed(chosen))).encode()


@pytest.mark.parametrize("kind", ["lists", "objects", "both"])
@pytest.mark.parametrize("decode", DECODERS)
def test_one_depth_for_all_json(decode: decoding.Decode, kind: str) -> None:
    for levels in (1, 5, decoding.MAX_DEPTH):
        decode(nested(levels, kind))
    for levels in (decoding.MAX_DEPTH + 1, 400, 950, 5000, 100_000):
        with pytest.raises(ValueError, match="too deep"):
            decode(
                nested(levels, kind)
                if decode is not DECODERS[2]
                else b"[%s]" % nested(levels, kind)
            )


def test_the_depth_counts_and_not_the_number_of_lists() -> None:
    wide = b"[" + b",".join([nested(decoding.MAX_DEPTH - 1, "both")] * 100) + b"]"
    assert len(decoding.decode(wide)) == len(decoding.decode_exactly(wide)) == 100


def test_the_repr_of_a_response_hides_its_data() -> None:
    with RawServer(ok(b'{"name": "somebody"}', "Set-Cookie: a=b")) as server:
        client = make_client(server.url)
        assert "somebody" not in repr(client.get_json("/x"))
        client.get_json("/x")
    assert b"Cookie" not in server.requests[1]
