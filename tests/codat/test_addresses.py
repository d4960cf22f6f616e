"""URLs of Codat's API: an ID is one segment, a parameter is one parameter, whatever they hold."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from customers.codat.client import Client
from customers.codat.errors import BadRequest, UnaddressableId
from customers.codat.paths import api_segment
from tests.support.codat import make_client
from tests.support.servers.raw_server import RawServer, ok

IDS = [
    "9",
    "A1D001",
    "150000-933272658",
    "a/b",
    "../../companies",
    "..\\..",
    "...",
    ".hidden",
    "%2E%2E",
    "%2e%2e%2fcompanies",
    "a%2Fb",
    "100%",
    "%",
    "%zz",
    "a?page=2",
    "a#fragment",
    "a;b,c=d&e+f",
    "//evil.example/",
    "http://evil.example/",
    "a b",
    " ",
    "a\r\nHost: evil.example",
    "\x00",
    "Иванов и сыновья",
    "日本 🎉",
    "~-_.!*'()",
    "QUJD+/==" * 10,
]


@pytest.mark.parametrize("value", IDS)
def test_an_id_is_received_as_one_segment(value: str) -> None:
    with RawServer(ok(b"{}")) as server:
        make_client(server.url).get_json(
            f"/companies/{api_segment(value)}/data/customers/{api_segment(value)}"
        )
    (target,) = server.paths()
    assert not set("?#") & set(target)
    segments = target.split("/")
    assert [unquote(part) for part in segments] == [
        "",
        "companies",
        value,
        "data",
        "customers",
        value,
    ]
    assert len(server.requests) == 1


def test_the_path_of_the_base_url_is_kept() -> None:
    with RawServer(ok(b"{}")) as server:
        Client(server.url + "/gateway/", "Basic a2V5", 2).get_json("/companies")
    assert server.paths() == ["/gateway/companies"]


@pytest.mark.parametrize(
    "value",
    ["", ".", "..", "\ud800", "a" * 2049, "я" * 400, None, 9],
)
def test_an_id_that_cannot_be_a_segment_is_rejected(value: str) -> None:
    with pytest.raises(UnaddressableId) as caught:
        api_segment(value)
    assert caught.value.our_status == 404
    assert not caught.value.may_have_arrived


def test_the_longest_id_is_accepted() -> None:
    assert len(api_segment("a" * 2048)) == 2048


def test_a_parameter_is_received_as_one_parameter() -> None:
    query = "customerName~a&b=c #1?+ä&&{x=1||y!=2}"
    with RawServer(ok(b"{}")) as server:
        make_client(server.url).get_json(
            "/companies", {"page": 1, "query": query, "orderBy": "", "none": None}
        )
    (target,) = server.paths()
    assert parse_qsl(urlsplit(target).query, strict_parsing=True) == [
        ("page", "1"),
        ("query", query),
    ]


def test_a_parameter_that_is_not_text_is_never_sent() -> None:
    with RawServer(ok(b"{}")) as server, pytest.raises(BadRequest) as caught:
        make_client(server.url).get_json("/companies", {"query": "a\udc80"})
    assert "search" in caught.value.sentence
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["", "api.codat.io", "ftp://api.codat.io", "https://", "https://a/?b"]
)
def test_base_url_is_checked(url: str) -> None:
    with pytest.raises(ValueError, match="base URL"):
        Client(url, "Basic a2V5", 2)
