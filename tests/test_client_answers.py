"""Reading JSON: digits kept where they must be, text always fit for a page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from customers.client import Client
from tests.raw_server import RawServer, ok


def read(body: bytes, *, exact: bool) -> Any:
    with RawServer(ok(body)) as server:
        return Client(server.url, "Basic a2V5", 1).get_json("/x", exact=exact).data


def test_digits() -> None:
    body = b'{"a": 1.10, "b": 12345678901234567890.123456789, "c": 7, "d": 1e2}'
    assert str(read(body, exact=True)) == str(
        {"a": Decimal("1.10"), "b": Decimal("12345678901234567890.123456789"), "c": 7}
        | {"d": Decimal("1E+2")}
    )
    assert read(body, exact=False)["a"] == 1.1


def test_digits_survive_a_write() -> None:
    with RawServer(ok(b'{"total": 0.10}')) as server:
        ours = Client(server.url, "Basic a2V5", 1)
        answer = ours.send_json("POST", "/x", body={"total": Decimal("1.10"), "name": "ä"})
    assert server.requests[0].endswith('{"total": 1.10, "name": "ä"}'.encode())
    assert answer.data == {"total": Decimal("0.10")}


@pytest.mark.parametrize("exact", [True, False])
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
def test_text_is_fit_for_a_page(text: str, expected: str, *, exact: bool) -> None:
    found = read(f'{{"{text}": ["{text}", 1.5, null]}}'.encode(), exact=exact)
    assert found == {expected: [expected, Decimal("1.5") if exact else 1.5, None]}
    str(found).encode()


@pytest.mark.parametrize("exact", [True, False])
def test_a_byte_order_mark(*, exact: bool) -> None:
    assert read(b"\xef\xbb\xbf[1]", exact=exact) == [1]


def test_an_answer_does_not_show_its_data() -> None:
    with RawServer(ok(b'{"name": "somebody"}', "Set-Cookie: a=b")) as server:
        ours = Client(server.url, "Basic a2V5", 1)
        assert "somebody" not in repr(ours.get_json("/x"))
        ours.get_json("/x")
    assert b"Cookie" not in server.requests[1]
