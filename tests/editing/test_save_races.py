"""Two people save in the same instant, each a form of their own, at a dashboard under gunicorn.

Both requests wait at a barrier, and Codat answers slowly: without a lock, neither finds the other, and both are sent.
On PostgreSQL, tests/writes/test_races.py runs them.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import calls, customer, named
from tests.support.pages.controls import Controls
from tests.support.patience import PATIENCE
from tests.support.people import person
from tests.support.servers.deployed import deployed

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4
# Seconds that a call to Codat takes: long enough for both saves to be under way.
DELAY = 0.2

Answer = tuple[int, str, str]


class Browser:
    """A signed-in person who talks to the dashboard over a socket."""

    def __init__(self, person: User, port: int) -> None:
        client = RawPathClient()
        client.force_login(person)
        self.session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.port = port
        self.token = ""

    def ask(self, method: str, path: str, typed: dict[str, str] | None = None) -> Answer:
        """Status, Location and page."""
        cookie = f"{settings.SESSION_COOKIE_NAME}={self.session}; csrftoken={self.token}"
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, urlencode(typed or {}), headers)
            answer = connection.getresponse()
            page = answer.read().decode()
        finally:
            connection.close()
        for value in answer.headers.get_all("Set-Cookie", []):
            if value.startswith("csrftoken="):
                self.token = value.split(";")[0].partition("=")[2]
        return answer.status, answer.headers.get("Location", ""), page

    def open(self, path: str) -> dict[str, str]:
        """What the form would post."""
        status, _, page = self.ask("GET", path)
        assert status == 200, page
        return Controls(page).fields


@pytest.fixture
def workers() -> int:
    """The number of processes that the dashboard runs in."""
    return 2


in_one_process_and_in_two = pytest.mark.parametrize("workers", [1, 2])


@pytest.fixture
def pair(
    workers: int,
    sandbox: Sandbox,
    editor: User,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Browser, Browser]]:
    """Two people at one dashboard. Codat has a write pending until the test settles it."""
    monkeypatch.setattr(sandbox.settings, "push_delay", 600.0)
    other = person("other")
    with deployed(editor, tmp_path / "log", WEB_WORKERS=str(workers)) as site:
        yield Browser(editor, site.port), Browser(other, site.port)


def at_once(path: str, *saves: tuple[Browser, dict[str, str]]) -> list[Answer]:
    """Post all forms in the same instant; the answers in their order."""
    line = threading.Barrier(len(saves))

    def save(person: Browser, typed: dict[str, str]) -> Answer:
        line.wait(timeout=PATIENCE)
        return person.ask("POST", path, typed | {"action": "save"})

    with ThreadPoolExecutor(len(saves)) as pool:
        return list(pool.map(lambda job: save(*job), saves))


def slow_codat(sandbox: Sandbox) -> None:
    sandbox.faults.add("/customers", "delay", seconds=DELAY, count=-1)


@in_one_process_and_in_two
@pytest.mark.timeout(180)
def test_two_people_change_different_fields_of_one_customer_concurrently(
    sandbox: Sandbox, pair: tuple[Browser, Browser]
) -> None:
    one, two = pair
    customer_id = customer(sandbox)
    path = links.edit(sandbox.company("qbo"), customer_id)
    slow_codat(sandbox)
    for turn in range(ROUNDS):
        mine, theirs = one.open(path), two.open(path)
        phone, email = f"020 {turn}", f"turn{turn}@x.example"
        answers = at_once(
            path, (one, mine | {"f.phone": phone}), (two, theirs | {"f.emailAddress": email})
        )

        # A person who saves while another change is being sent gets a message, saves again, and then sends both.
        assert {303} <= {status for status, _, _ in answers} <= {303, 409}, answers
        for someone, (status, _, page) in zip(pair, answers, strict=True):
            if status == 409:
                again = Controls(page).fields | {"action": "save"}
                assert someone.ask("POST", path, again)[0] == 303
        sandbox.settle()
        record = sandbox.state("qbo").source[customer_id]
        assert (record["phone"], record["emailAddress"]) == (phone, email)
        Write.objects.all().delete()
        sandbox.state("qbo").copy[customer_id] = record


@pytest.mark.timeout(180)
def test_two_people_change_one_field_concurrently(
    sandbox: Sandbox, pair: tuple[Browser, Browser]
) -> None:
    one, two = pair
    path = links.edit(sandbox.company("qbo"), customer(sandbox))
    slow_codat(sandbox)
    mine, theirs = one.open(path), two.open(path)
    answers = at_once(path, (one, mine | {"f.phone": "1"}), (two, theirs | {"f.phone": "2"}))

    assert sorted(status for status, _, _ in answers) == [303, 409], answers
    assert "This customer was changed while you were editing" in max(answers)[2]
    assert len(calls(sandbox, "PUT")) == 1


@pytest.mark.timeout(180)
def test_two_people_make_the_same_change_concurrently(
    sandbox: Sandbox, pair: tuple[Browser, Browser]
) -> None:
    one, two = pair
    path = links.edit(sandbox.company("qbo"), customer(sandbox))
    slow_codat(sandbox)
    mine, theirs = one.open(path), two.open(path)
    answers = at_once(path, (one, mine | {"f.phone": "1"}), (two, theirs | {"f.phone": "1"}))

    first, second = sorted(location for _, location, _ in answers)
    assert second == f"{first}?same"
    assert len(calls(sandbox, "PUT")) == 1


@in_one_process_and_in_two
@pytest.mark.timeout(180)
def test_two_people_add_a_customer_of_one_name_concurrently(
    sandbox: Sandbox, pair: tuple[Browser, Browser]
) -> None:
    one, two = pair
    path = links.new(sandbox.company("qbo"))
    slow_codat(sandbox)
    for turn in range(ROUNDS):
        names = f"Café {turn} Ltd", f"CAFE\u0301  {turn} LTD"
        forms = [
            person.open(path) | {"f.customerName": name, "f.status": "Active"}
            for person, name in zip(pair, names, strict=True)
        ]
        answers = at_once(path, (one, forms[0]), (two, forms[1]))

        assert sorted(status for status, _, _ in answers) == [303, 409], answers
        sandbox.settle()
        assert sum(len(named(sandbox, name)) for name in names) == 1


@pytest.mark.timeout(180)
def test_one_customer_is_renamed_and_another_added_to_one_name_concurrently(
    sandbox: Sandbox, pair: tuple[Browser, Browser]
) -> None:
    one, two = pair
    company = sandbox.company("qbo")
    rename, new = links.edit(company, customer(sandbox)), links.new(company)
    slow_codat(sandbox)
    forms = (
        one.open(rename) | {"f.customerName": "Same Ltd"},
        two.open(new) | {"f.customerName": "Same Ltd", "f.status": "Active"},
    )
    line = threading.Barrier(2)

    def save(person: Browser, path: str, typed: dict[str, str]) -> int:
        line.wait(timeout=PATIENCE)
        return person.ask("POST", path, typed | {"action": "save"})[0]

    with ThreadPoolExecutor(2) as pool:
        statuses = pool.map(save, pair, (rename, new), forms)
    assert sorted(statuses) == [303, 409]
    assert len(calls(sandbox)) == 1
