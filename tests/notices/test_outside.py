"""Addresses that staff type lead to public hosts of the list alone, whatever their text, name or answer says."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pytest_django import Settings

from customers.notices import outside
from tests.support.servers.raw_server import CERTIFICATE, RawServer, Reply, drip, hang, then_reset

INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00::1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "localhost", "", "8.8.8", "0x7f.1", "2130706433",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "1.1.1.1", "52.1.2.3", "2606:4700::1111", "2a00:1450:4001::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_of_the_inside(address: str) -> None:
    assert not outside.is_outside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_outside(address: str) -> None:
    assert outside.is_outside(address)


REFUSED = [
    "", "hooks.slack.com", "//hooks.slack.com/a", "http://hooks.slack.com/a", "ftp://hooks.slack.com/a",
    "file:///etc/passwd", "gopher://hooks.slack.com/", "https:///a", "https://hooks.slack.com:8443/a",
    "https://hooks.slack.com:80/a", "https://hooks.slack.com:99999/a", "https://user@hooks.slack.com/a",
    "https://hooks.slack.com@127.0.0.1/a", "https://127.0.0.1/a", "https://[::1]/a", "https://2130706433/a",
    "https://0x7f.1/a", "https://localhost/a", "https://hooks.slack.com.evil.test/a", "https://evilhooks.slack.com/a",
    "https://logic.azure.com/a", "https://evil-logic.azure.com.test/a", "https://hooks.slack.com\\@127.0.0.1/a",
    "https://hooks.slack.com/a b", "https://hooks.slack.com/\r\nHost: a", "https://hooks.slack.com/\x00",
    "https://ｈooks.slack.com/a", "https://hooks.slack.com/é", "https://[hooks.slack.com/a",
    "https://hooks.slack.com/" + "a" * 2000, "https://metadata.google.internal/",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_refused(url: str) -> None:
    with pytest.raises(outside.RefusedAddressError) as refused:
        outside.checked(url)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://hooks.slack.com/services/T/B/x", "hooks.slack.com", "/services/T/B/x"),
        ("https://HOOKS.slack.com:443", "hooks.slack.com", "/"),
        ("https://hooks.slack.com./a?b=c#d", "hooks.slack.com", "/a?b=c"),
        (
            "https://prod-1.westeurope.logic.azure.com/w?sig=1",
            "prod-1.westeurope.logic.azure.com",
            "/w?sig=1",
        ),
    ],
)
def test_an_address_that_is_taken(url: str, host: str, path: str) -> None:
    assert outside.checked(url) == outside.Target(host, path)


def answers(monkeypatch: pytest.MonkeyPatch, *rounds: list[str]) -> list[str]:
    """Let the name server give these addresses, one round for each question; the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        if host in {address for found in rounds for address in found}:
            # An address that is connected to, not a name.
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        found = rounds[min(len(asked), len(rounds)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that are connected to; no connection is made."""
    made: list[str] = []

    def connect(self: socket.socket, place: Any) -> None:
        made.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return made


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "10.0.0.1"],
        ["169.254.169.254"],
        ["::ffff:10.0.0.1"],
        ["fe80::1%lo"],
    ],
)
def test_a_name_that_leads_inside_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    answers(monkeypatch, found)
    made = connections(monkeypatch)
    with pytest.raises(outside.RefusedAddressError, match="not public"):
        outside.post("https://hooks.slack.com/a", b"{}", {})
    assert made == []


def test_the_name_is_asked_for_once_and_its_checked_address_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name server that answers differently the second time (DNS rebinding) is not asked a second time."""
    asked = answers(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    made = connections(monkeypatch)
    with pytest.raises(outside.PostFailedError, match="No connection"):
        outside.post("https://hooks.slack.com/a", b"{}", {})
    assert (asked, made) == (["hooks.slack.com"], ["8.8.8.8"])


def test_no_more_than_three_addresses_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ["2606:4700::1111", "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1"])
    made = connections(monkeypatch)
    with pytest.raises(outside.PostFailedError):
        outside.post("https://hooks.slack.com/a", b"{}", {})
    assert made == ["8.8.8.8", "8.8.4.4", "1.1.1.1"]


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(outside.PostFailedError, match="has no address"):
        outside.post("https://hooks.slack.com/a", b"{}", {})


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    answers(monkeypatch, ["8.8.8.8"])
    made = connections(monkeypatch)
    with pytest.raises(outside.PostFailedError):
        outside.post("https://hooks.slack.com/a", b"{}", {})
    assert made == ["8.8.8.8"]


def test_the_receivers_of_tests_are_not_read_from_the_environment(settings: Settings) -> None:
    assert settings.NOTICE_RECEIVERS_OF_TESTS == {}
    assert "127.0.0.1" not in settings.NOTICE_HOSTS


def received(settings: Settings, reply: Reply) -> None:
    """Post to a server on this machine that replies like this."""
    with RawServer(reply, tls=True) as server:
        port = int(server.url.rpartition(":")[2])
        settings.NOTICE_HOSTS = ["127.0.0.1"]
        settings.NOTICE_RECEIVERS_OF_TESTS = {"127.0.0.1": ("127.0.0.1", port, str(CERTIFICATE))}
        outside.post("https://127.0.0.1/hook", b"{}", {})


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "reply",
    [drip(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 10_000), hang(), hang(b"HTTP/1.1 200 OK\r\n")],
    ids=["byte by byte", "no answer", "half an answer"],
)
def test_a_slow_answer_is_ended(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(outside, "DEADLINE", 0.5)
    with pytest.raises(outside.PostFailedError, match="did not answer"):
        received(settings, reply)


def test_the_body_of_an_answer_is_not_read(settings: Settings) -> None:
    received(settings, hang(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 9999))


@pytest.mark.parametrize("reply", [then_reset(), b"nonsense\r\n\r\n"], ids=["reset", "nonsense"])
def test_a_broken_answer_is_a_failure(settings: Settings, reply: Reply) -> None:
    with pytest.raises(outside.PostFailedError, match="did not answer"):
        received(settings, reply)
