"""Two dashboards with one database and one cache behave as one.

Two gunicorn processes on two ports, with one sandbox, share PostgreSQL and Redis where these run on this machine, and
SQLite and a file cache everywhere.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis
import requests

from customers.codat.http import circuit_breaker
from customers.web import links
from sandbox import Sandbox
from tests.support.pages.controls import Controls
from tests.support.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_Zm9yLXR3by1kYXNoYm9hcmRzLW9ubHk="
POSTGRESQL, REDIS = ("127.0.0.1", 5432), ("127.0.0.1", 6379)


@dataclass(frozen=True)
class Pair:
    """Two dashboards, one person's browser that uses both, and the sandbox."""

    here: str
    there: str
    browser: requests.Session
    sandbox: Sandbox

    def get(self, base: str, path: str) -> requests.Response:
        return self.browser.get(base + path, timeout=30)

    def post(self, base: str, path: str, data: dict[str, str]) -> requests.Response:
        # Cookies belong to hosts, not ports: one token is valid for both.
        token = self.browser.cookies.get("csrftoken") or ""
        headers = {"X-CSRFToken": token, "Referer": base + path}
        return self.browser.post(
            base + path, data, headers=headers, timeout=30, allow_redirects=False
        )


def accepts_connections(address: tuple[str, int]) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(address) == 0


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def postgresql_and_redis() -> Iterator[dict[str, str]]:
    """A database and a key prefix for this run; both are removed afterwards."""
    name = f"codatdash_{uuid.uuid4().hex}"
    with psycopg.connect("postgresql://postgres@127.0.0.1:5432/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield {
                "DATABASE_URL": f"postgres://postgres@127.0.0.1:5432/{name}",
                "CACHE_URL": f"rediscache://127.0.0.1:6379/0?key_prefix={name}",
            }
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
            with redis.Redis(*REDIS) as keys:
                for key in keys.scan_iter(f"{name}*"):
                    keys.delete(key)


@contextlib.contextmanager
def stores(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    """The settings of database and cache. Skips the test where they do not run here."""
    if not kind.startswith("PostgreSQL"):
        yield {
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "CACHE_URL": f"filecache://{folder / 'cache'}",
        }
        return
    for name, address in (("PostgreSQL", POSTGRESQL), ("Redis", REDIS)):
        if not accepts_connections(address):
            pytest.skip(f"skipped: no {name} on {address[0]}:{address[1]}")
    with contextlib.ExitStack() as stack:
        try:
            settings = stack.enter_context(postgresql_and_redis())
        except psycopg.Error as error:
            pytest.skip(f"skipped: PostgreSQL refuses the connection: {type(error).__name__}")
        yield settings


def environment(settings: dict[str, str], sandbox: Sandbox) -> dict[str, str]:
    """The environment of both dashboards."""
    return (
        os.environ
        | settings
        | {
            "CODAT_BASE_URL": sandbox.url,
            "CODAT_API_KEY": "sandbox-key",
            "CODAT_WEBHOOK_SECRET": SECRET,
            "SECRET_KEY": "two-dashboards-share-it",
            "DEBUG": "true",  # static files without a build
            "SECURE_COOKIES": "false",
            # Three quarters of them may wait for Codat: more than its limit of ten.
            "WEB_THREADS": "32",
        }
    )


@pytest.fixture(scope="module", params=["PostgreSQL and Redis", "SQLite and files"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    with contextlib.ExitStack() as stack:
        settings = stack.enter_context(stores(request.param, tmp_path_factory.mktemp("shared")))
        ports = [free_port(), free_port()]
        here, there = (f"http://127.0.0.1:{port}" for port in ports)
        sandbox = stack.enter_context(
            Sandbox(push_delay=0.5, webhook_url=f"{there}/webhooks/codat/", webhook_secret=SECRET)
        )
        env = environment(settings, sandbox)
        manage = [sys.executable, str(ROOT / "manage.py")]
        subprocess.run([*manage, "migrate", "--verbosity=0"], check=True, env=env, cwd=ROOT)
        subprocess.run([*manage, "demo_user"], check=True, env=env, cwd=ROOT, capture_output=True)
        for port in ports:
            stack.enter_context(dashboard(env | {"PORT": str(port)}, port))
        browser = stack.enter_context(requests.Session())
        browser.trust_env = False
        pair = Pair(here, there, browser, sandbox)
        pair.get(here, "/accounts/login/")
        signed_in = pair.post(
            here,
            "/accounts/login/",
            {"username": "demo", "password": "demo", "next": "/companies/"},
        )
        assert signed_in.status_code == 302, signed_in.text[:500]
        yield pair


@contextlib.contextmanager
def dashboard(env: dict[str, str], port: int) -> Iterator[None]:
    """One gunicorn process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--log-level", "error", "codatdash.wsgi"],
        cwd=ROOT,
        env=env,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert eventually(lambda: accepts_connections(("127.0.0.1", port))), (
            "gunicorn did not start"
        )
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def eventually(holds: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(autouse=True)
def no_faults(pair: Pair) -> None:
    """Remove the faults and calls of the test before."""
    pair.sandbox.faults.clear()
    pair.sandbox.clear_calls()


def form(pair: Pair, base: str, path: str) -> dict[str, str]:
    fields = Controls(pair.get(base, path).text).fields
    assert "base" in fields
    return fields


def pushes(pair: Pair) -> int:
    return sum(1 for call in pair.sandbox.calls if call.method in ("POST", "PUT"))


def test_signed_in_at_one_is_signed_in_at_the_other(pair: Pair) -> None:
    for base in (pair.here, pair.there):
        answer = pair.get(base, "/companies/")
        assert answer.status_code == 200
        assert "Sign out" in answer.text
        assert answer.url == f"{base}/companies/"


def test_a_draft_typed_at_one_is_offered_by_the_other(pair: Pair) -> None:
    new = links.new(pair.sandbox.company("xero"))
    typed = form(pair, pair.here, new) | {"f.customerName": "Typed at one desk"}
    assert pair.post(pair.here, f"{new}draft/", typed).status_code == 204
    offered = pair.get(pair.there, new).text
    assert "Typed at one desk" in offered
    assert f"draft={typed['submission']}" in offered


def test_a_form_of_one_is_saved_by_the_other_and_written_once(pair: Pair) -> None:
    """The same post to both: one write, one push, and the webhook that reaches the second settles it."""
    new = links.new(pair.sandbox.company("qbo"))
    typed = form(pair, pair.here, new) | {
        "f.customerName": f"Two desks {uuid.uuid4().hex[:6]}",
        "f.status": "Active",
        "action": "save",
    }
    pair.sandbox.clear_calls()
    one = pair.post(pair.there, new, typed)
    two = pair.post(pair.here, new, typed)
    assert one.status_code == two.status_code == 303
    assert two.headers["Location"] == one.headers["Location"] + "?again"
    assert pushes(pair) == 1

    def is_accepted() -> bool:
        # The history makes no call to Codat: its content came with the webhook.
        history = pair.get(pair.here, links.writes(pair.sandbox.company("qbo"))).text
        return typed["f.customerName"] in history and ">Sent</span>" not in history

    assert eventually(is_accepted)
    assert pair.sandbox.events


def test_they_share_what_was_read(pair: Pair) -> None:
    company = pair.sandbox.company("netsuite")
    pair.get(pair.here, links.customers(company))
    pair.sandbox.clear_calls()
    assert pair.get(pair.there, links.customers(company)).status_code == 200
    # The list only: the company is cached. Events of earlier tests lead to calls about other companies.
    assert len([call for call in pair.sandbox.calls if company in call.path]) == 1


def test_they_share_the_quota(pair: Pair) -> None:
    # Pages say what is left where it is little.
    pair.sandbox.settings.daily_quota, pair.sandbox.world.used = 54_321, 50_000
    time.sleep(1.1)  # numbers are shared once a second
    try:
        pair.get(pair.here, links.companies())
        pair.sandbox.clear_calls()
        assert eventually(lambda: "of 54,321" in pair.get(pair.there, links.my_writes()).text)
        # A write of an earlier test may be confirmed meanwhile, at qbo.
        qbo = pair.sandbox.company("qbo")
        assert not [call for call in pair.sandbox.calls if qbo not in call.path]
    finally:
        pair.sandbox.settings.daily_quota, pair.sandbox.world.used = None, 0


def test_they_share_an_open_circuit(pair: Pair) -> None:
    company = pair.sandbox.company("dynamics")
    pair.get(pair.here, links.customers(company))
    pair.sandbox.faults.add(company, "status", status=500, count=-1)
    for number in range(circuit_breaker.MAX_FAILURES):
        answer = pair.get(pair.here, f"{links.customers(company)}?q=nothing{number}")
        assert answer.status_code == 502
    time.sleep(1.1)  # the other reads the shared state once a second
    pair.sandbox.clear_calls()
    refused = pair.get(pair.there, f"{links.customers(company)}?q=anything")
    assert refused.status_code == 503
    assert "Codat is not responding" in refused.text
    seen = pair.get(pair.there, links.customers(company))
    assert "This page is from" in seen.text
    assert not [call for call in pair.sandbox.calls if company in call.path]
    pair.sandbox.faults.clear()
    assert eventually(
        lambda: "This page is from" not in pair.get(pair.there, links.customers(company)).text
    )


def test_at_most_ten_concurrent_calls_of_both(pair: Pair) -> None:
    company = pair.sandbox.company("exact")
    for base in (pair.here, pair.there):
        pair.get(base, links.customers(company))
    pair.sandbox.settings.max_concurrent = 10
    pair.sandbox.faults.add("/data/customers", "delay", seconds=0.1, count=-1)
    pair.sandbox.clear_calls()

    def ask(number: int) -> int:
        base = (pair.here, pair.there)[number % 2]
        return pair.get(base, f"{links.customers(company)}?q=a{number}").status_code

    try:
        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(ask, range(48))) == {200}
    finally:
        pair.sandbox.settings.max_concurrent = None
    assert {call.status for call in pair.sandbox.calls} == {200}
