"""Reading JSON: digits kept where they must be, text always fit for a page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypedDict

import pytest

from customers.codat import decoding
from customers.codat.client import Client
from tests.support.raw_server import RawServer, ok


def read(body: bytes, parse: decoding.Decode) -> Any:
    with RawServer(ok(body)) as server:
        return Client(server.url, "Basic a2V5", 1).get_json("/x", decode=parse).data


class Named(TypedDict, total=False):
    """A shape with one key that counts."""

    name: str | None


PARSES = [decoding.decode, decoding.decode_exactly, decoding.decoder_for(Named)]


def test_digits() -> None:
    body = b'{"a": 1.10, "b": 12345678901234567890.123456789, "c": 7, "d": 1e2}'
    assert str(read(body, decoding.decode_exactly)) == str(
        {"a": Decimal("1.10"), "b": Decimal("12345678901234567890.123456789"), "c": 7}
        | {"d": Decimal("1E+2")}
    )
    assert read(body, decoding.decode)["a"] == 1.1


def test_digits_survive_a_write() -> None:
    with RawServer(ok(b'{"total": 0.10}')) as server:
        ours = Client(server.url, "Basic a2V5", 1)
        answer = ours.send_json("POST", "/x", body={"total": Decimal("1.10"), "name": "ä"})
    assert server.requests[0].endswith('{"total": 1.10, "name": "ä"}'.encode())
    assert answer.data == {"total": Decimal("0.10")}


@pytest.mark.parametrize("parse", PARSES)
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
def test_text_is_fit_for_a_page(text: str, expected: str, parse: decoding.Decode) -> None:
    found = read(f'[{{"{text}": ["{text}", 1.5, null]}}]'.encode(), parse)
    number = Decimal("1.5") if parse is decoding.decode_exactly else 1.5
    assert found == [{expected: [expected, number, None]}]
    assert read(f'{{"name": "{text}"}}'.encode(), parse) == {"name": expected}
    str(found).encode()


@pytest.mark.parametrize("parse", PARSES)
def test_a_byte_order_mark(parse: decoding.Decode) -> None:
    assert read(b"\xef\xbb\xbf[1]", parse) == [1]


def test_a_shape_leaves_out_what_nobody_asked_for() -> None:
    parse = decoding.decoder_for(Named)
    assert read(b'{"age": [1, {"a": "\\ud83d\\ude00"}], "name": "Fern"}', parse) == {"name": "Fern"}
    assert read(b'{"name": null}', parse) == {"name": None}
    assert read(b"{}", parse) == {}


@pytest.mark.parametrize(
    "body", [b'{"name": 5, "age": 1}', b'{"name": [], "age": {}}', b"[1]", b"null"]
)
def test_what_has_another_shape_comes_whole(body: bytes) -> None:
    assert read(body, decoding.decoder_for(Named)) == read(body, decoding.decode)


def test_an_answer_does_not_show_its_data() -> None:
    with RawServer(ok(b'{"name": "somebody"}', "Set-Cookie: a=b")) as server:
        ours = Client(server.url, "Basic a2V5", 1)
        assert "somebody" not in repr(ours.get_json("/x"))
        ours.get_json("/x")
    assert b"Cookie" not in server.requests[1]
