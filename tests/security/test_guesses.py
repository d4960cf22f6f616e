"""Guesses of passwords are slowed by name and address and logged. They lock out no other user."""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import RequestFactory
from pytest_django import Settings

from codatdash import throttle
from codatdash.caches import FileCache
from codatdash.logs import JsonFormatter
from tests.conftest import RawPathClient
from tests.support.cases.bad_day import closed_port

pytestmark = pytest.mark.django_db
RIGHT, WRONG = "viewer-password", "wrong"


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    for alias in ("default", "process"):
        caches[alias].clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds by which the time of the throttle is ahead."""
    ahead = [0.0]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + ahead[0])
    return ahead


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("codatdash.signin")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


def sign_in(
    client: RawPathClient, password: str, name: str = "viewer", address: str = "192.0.2.1"
) -> int:
    data = {"username": name, "password": password}
    return int(client.post("/accounts/login/", data, REMOTE_ADDR=address).status_code)


def test_after_five_wrong_passwords_any_password_waits(viewer: User, clock: list[float]) -> None:
    client = RawPathClient()
    assert [sign_in(client, WRONG) for _ in range(6)] == [200] * 6
    assert sign_in(client, RIGHT) == 429
    clock[0] += 3
    assert sign_in(client, RIGHT) == 302


def test_waits_grow_and_say_how_long(viewer: User, clock: list[float]) -> None:
    client, waits = RawPathClient(), []
    for _ in range(12):
        while sign_in(client, WRONG) == 429:
            clock[0] += 1
            waits.append(1)
    assert len(waits) > 100
    answer = client.post(
        "/accounts/login/", {"username": "viewer", "password": WRONG}, REMOTE_ADDR="192.0.2.1"
    )
    assert answer.status_code == 429
    assert "There were too many attempts. Try again in" in answer.content.decode()


def test_the_last_second_is_said_in_the_singular(viewer: User, clock: list[float]) -> None:
    client, posted = RawPathClient(), {"username": "viewer", "password": WRONG}
    for _ in range(7):
        answer = client.post("/accounts/login/", posted)
    while answer.status_code == 429:
        last = answer.content.decode()
        clock[0] += 1
        answer = client.post("/accounts/login/", posted)
    assert "Try again in 1 second." in last


def test_no_hash_is_computed_for_a_guess_that_waits(
    viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = RawPathClient()
    for _ in range(6):
        sign_in(client, WRONG)
    hashes = []

    def verify(*arguments: object) -> bool:
        hashes.append(arguments)
        return False

    monkeypatch.setattr(MD5PasswordHasher, "verify", verify)
    for _ in range(20):
        assert sign_in(client, WRONG) == 429
    assert not hashes


def test_guesses_from_other_addresses_do_not_lock_out_the_owner(
    viewer: User, clock: list[float]
) -> None:
    owner = RawPathClient()
    assert sign_in(owner, RIGHT, address="198.51.100.7") == 302
    owner.post("/accounts/logout/")
    for number in range(200):
        sign_in(RawPathClient(), WRONG, address=f"203.0.113.{number}")
    # The owner's browser is known: it does not wait at all.
    assert sign_in(owner, RIGHT, address="198.51.100.7") == 302
    # A new browser waits for a minute at most.
    new = RawPathClient()
    if sign_in(new, RIGHT, address="198.51.100.8") == 429:
        clock[0] += 61
        assert sign_in(new, RIGHT, address="198.51.100.8") == 302


def test_one_guesser_does_not_lock_out_everybody_behind_one_proxy(
    viewer: User, editor: User, clock: list[float]
) -> None:
    known = RawPathClient()
    assert sign_in(known, "editor-password", name="editor") == 302
    known.post("/accounts/logout/")
    for number in range(300):
        sign_in(RawPathClient(), WRONG, name=f"name{number}")
    assert sign_in(known, "editor-password", name="editor") == 302
    clock[0] += 61
    assert sign_in(RawPathClient(), RIGHT) == 302


def test_many_names_from_one_address_are_slowed(viewer: User) -> None:
    statuses = [sign_in(RawPathClient(), WRONG, name=f"name{number}") for number in range(100)]
    assert statuses.count(429) > 30


def test_addresses_of_one_ipv6_network_are_counted_as_one(viewer: User, log: io.StringIO) -> None:
    def guesses(network: str) -> list[int]:
        addresses = [f"{network}{number:x}::1" for number in range(8)]
        return [sign_in(RawPathClient(), WRONG, address=address) for address in addresses]

    assert guesses("2001:db8:0:7:").count(429) == 2
    assert '"address": "2001:db8:0:7:3::1"' in log.getvalue()
    # Another network is somebody else.
    assert sign_in(RawPathClient(), RIGHT, address="2001:db8:0:8::1") == 302
    # IPv4 addresses in the form of IPv6 are no network.
    mapped = [f"::ffff:192.0.2.{number}" for number in range(8)]
    assert 429 not in [sign_in(RawPathClient(), WRONG, address=address) for address in mapped]


@pytest.mark.parametrize("expires", [True, False])
def test_a_count_in_files_keeps_its_expiry(
    tmp_path: Path, clock: list[float], expires: bool
) -> None:
    cache = FileCache(str(tmp_path), {})
    cache.add("guesses", 0, throttle.WINDOW if expires else None)
    clock[0] += 1000
    assert [cache.incr("guesses"), cache.incr("guesses", 2), cache.decr("guesses")] == [1, 3, 2]
    clock[0] += throttle.WINDOW - 1001
    assert cache.get("guesses") == 2
    clock[0] += 2
    assert cache.get("guesses") == (None if expires else 2)
    with pytest.raises(ValueError, match="no such key"):
        cache.incr("unknown")


def test_a_browser_is_recognised_for_one_account_only(viewer: User, editor: User) -> None:
    client = RawPathClient()
    assert sign_in(client, "editor-password", name="editor") == 302
    client.post("/accounts/logout/")
    assert [sign_in(client, WRONG) for _ in range(8)].count(429) == 2
    forged = RawPathClient()
    forged.cookies["known_browser"] = client.cookies["known_browser"].value + "x"
    assert [sign_in(forged, WRONG, address="192.0.2.9") for _ in range(8)].count(429) == 2


def test_guesses_of_the_old_password_are_slowed_too(
    viewer: User, viewer_client: RawPathClient
) -> None:
    data = {"old_password": WRONG, "new_password1": "Tr7-quarry", "new_password2": "Tr7-quarry"}
    for _ in range(6):
        viewer_client.post("/accounts/password/", data)
    page = viewer_client.post("/accounts/password/", data | {"old_password": RIGHT})
    assert "There were too many attempts" in page.content.decode()
    viewer.refresh_from_db()
    assert viewer.check_password(RIGHT)


def test_simultaneous_guesses_are_counted_before_they_are_checked(viewer: User) -> None:
    waits: list[int] = []
    barrier = threading.Barrier(30)

    def guess() -> None:
        barrier.wait()
        waits.append(throttle.count(throttle.Guess("viewer", "192.0.2.1")))

    threads = [threading.Thread(target=guess) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Those that are free, and the first beyond them.
    assert sorted(waits)[: throttle.FOR_ONE.free + 1] == [0] * (throttle.FOR_ONE.free + 1)
    assert waits.count(0) == throttle.FOR_ONE.free + 1


def test_without_the_shared_cache_guesses_are_still_slowed(
    viewer: User, settings: Settings
) -> None:
    settings.CACHES = {
        **settings.CACHES,
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{closed_port()}/0",
        },
    }
    client = RawPathClient()
    assert [sign_in(client, WRONG) for _ in range(8)].count(429) == 2


def test_each_attempt_is_a_line_with_account_and_address(viewer: User, log: io.StringIO) -> None:
    client = RawPathClient()
    for _ in range(7):
        sign_in(client, WRONG)
    sign_in(client, RIGHT, address="192.0.2.2")
    sign_in(client, WRONG, name="my-secret-password", address="192.0.2.3")
    text = log.getvalue()
    assert text.count('"event": "sign-in failed", "account": "viewer"') == 6
    assert text.count('"event": "sign-in blocked", "account": "viewer"') == 1
    assert text.count('"event": "sign-in succeeded", "account": "viewer"') == 1
    assert '"address": "192.0.2.2"' in text
    assert "my-secret-password" not in text
    assert WRONG not in text
    assert RIGHT not in text


@pytest.mark.parametrize(
    ("count", "header", "address"),
    [
        (0, "203.0.113.5", "192.0.2.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        (2, "198.51.100.1, 203.0.113.5", "198.51.100.1"),
        (2, "203.0.113.5", "192.0.2.1"),
    ],
)
def test_the_address_is_the_one_that_the_proxies_report(
    settings: Settings, count: int, header: str, address: str
) -> None:
    settings.PROXY_COUNT = count
    request = RequestFactory().get(
        "/", headers={"X-Forwarded-For": header}, REMOTE_ADDR="192.0.2.1"
    )
    assert throttle.client_address(request) == address


def test_the_admin_site_has_no_sign_in_of_its_own(admin_site: None, viewer: User) -> None:
    answer = RawPathClient().post("/admin/login/", {"username": "viewer", "password": RIGHT})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_people_who_sign_in_often_never_wait(viewer: User) -> None:
    """Each from a new browser: what counts is wrong passwords."""
    assert [sign_in(RawPathClient(), RIGHT) for _ in range(80)] == [302] * 80
