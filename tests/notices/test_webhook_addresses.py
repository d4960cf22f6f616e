"""An address of a channel leads to no host inside: neither where it is typed nor where it is posted to."""

from __future__ import annotations

import re
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from customers.access.roles import Role
from customers.models import Delivery, TeamChannel
from customers.notices import outside, sending
from tests.conftest import RawPathClient
from tests.notices.test_outside import REFUSED, connections
from tests.support.notices import RECEIVER, Receiver, channel, due_again, reader, receiver, told

pytestmark = pytest.mark.django_db

# Spellings of this machine, of its network, and of the address at which clouds hand out secrets.
INSIDE = [
    "127.0.0.1", "127.1", "127.0.1", "127.000.000.001", "2130706433", "0x7f000001", "0x7f.1", "0X7F.0.0.1",
    "0177.0.0.1", "017700000001", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]",
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]", "[fd00:ec2::254]", "10.0.0.1", "0x0a000001", "172.16.0.1", "192.168.1.1", "100.100.100.200",
    "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "255.255.255.255", "224.0.0.1",
]  # fmt: skip
NEW = {"action": "add", "name": "Ours", "form": "webhook", "kinds": ["change-failed"]}


@pytest.fixture
def lead_client(db: None) -> RawPathClient:
    """The browser of an administrator."""
    client = RawPathClient()
    client.force_login(reader("lead", Role.ADMINISTRATOR))
    return client


@pytest.fixture
def hook(settings: Settings) -> Iterator[Receiver]:
    with receiver(settings) as made:
        yield made


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that are connected to; no connection is made. Names of other machines have no address."""
    found = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **more: Any) -> Any:
        if not re.fullmatch(r"[0-9a-fx:.]+|localhost", str(host), re.IGNORECASE):
            raise socket.gaierror
        return found(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return connections(monkeypatch)


@pytest.mark.parametrize("host", INSIDE)
def test_a_host_inside_is_not_posted_to_though_it_is_listed(
    settings: Settings, made: list[str], host: str
) -> None:
    """Whoever operates the dashboard may have listed a name whose address changes later, or a number."""
    url = f"https://{host}/a"
    settings.NOTICE_HOSTS = [str(urlsplit(url).hostname)]
    with pytest.raises((outside.RefusedAddressError, outside.PostFailedError)):
        outside.post(url, b"{}", {})
    assert made == []


@pytest.mark.parametrize("host", INSIDE)
def test_a_host_inside_is_no_subdomain_of_a_listed_one(made: list[str], host: str) -> None:
    for url in (
        f"https://{host}/",
        f"https://hooks.slack.com@{host}/",
        f"https://{host}#.webhook.office.com/",
        f"https://{host}?.webhook.office.com/",
        f"https://{host}\\.webhook.office.com/",
        f"https://{host}/.webhook.office.com/",
        f"https://{host}:443/",
        f"https://.webhook.office.com@{host}/",
    ):
        with pytest.raises(outside.RefusedAddressError):
            outside.checked(url)
    assert made == []


@pytest.mark.parametrize("url", [each for each in REFUSED if each])
def test_the_page_stores_no_such_address(
    lead_client: RawPathClient, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    made = connections(monkeypatch)
    answer = lead_client.post("/settings/channels/", NEW | {"url": url})
    assert answer.status_code == 422
    assert not TeamChannel.objects.exists()
    assert made == []


@pytest.mark.parametrize("host", INSIDE)
def test_the_page_stores_no_host_inside(lead_client: RawPathClient, host: str) -> None:
    answer = lead_client.post("/settings/channels/", NEW | {"url": f"https://{host}/hook"})
    assert answer.status_code == 422
    assert not TeamChannel.objects.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "[::1]", "localhost"])
def test_the_worker_posts_to_no_host_inside(settings: Settings, made: list[str], host: str) -> None:
    """A channel from the time when its host was another one."""
    url = f"https://{host}/hook"
    settings.NOTICE_HOSTS = [str(urlsplit(url).hostname)]
    channel(url=url)
    told()
    assert sending.send_due(lambda: False) == (0, 1)
    assert made == []
    delivery = Delivery.objects.get()
    assert delivery.sent_at is None
    assert delivery.error


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place",
    ["http://169.254.169.254/", "https://localhost/", f"https://{RECEIVER}/inside", "/inside"],
)
def test_no_redirect_is_followed(hook: Receiver, status: int, place: str) -> None:
    channel()
    told()
    hook.statuses = [(status, {"Location": place})]
    assert sending.send_due(lambda: False) == (0, 1)
    assert [headers["path"] for headers, _ in hook.requests] == ["/hook?a=1"]
    assert "redirects, which is not followed" in Delivery.objects.get().error
    due_again()
    assert sending.send_due(lambda: False) == (1, 0)


def test_nothing_else_talks_http() -> None:
    """Beside `customers/codat`, whose host is that of the settings, only the module that is tested here."""
    root = Path(__file__).resolve().parents[2]
    lint = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert {"requests", "urllib3"} <= set(lint["flake8-tidy-imports"]["banned-api"])
    may = [path for path, rules in lint["per-file-ignores"].items() if "TID251" in rules]
    assert {path for path in may if path.startswith(("customers", "codatdash"))} == {
        "customers/codat/*",
        "customers/notices/outside.py",
        # It starts the sandbox, whose import is banned, too.
        "customers/management/commands/sandbox.py",
    }
