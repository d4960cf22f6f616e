"""A neighbour that keeps its connections and says nothing: waits end, and `/healthz` needs no neighbour."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from sandbox import Sandbox
from tests.support.patience import SOON, wait_for
from tests.support.programs.processes import database_url, gunicorn
from tests.support.servers.stalling_proxy import stalling_proxy

pytestmark = pytest.mark.django_db(transaction=True)

# A quarter of the threads never waits for Codat.
LIMITS = {"WEB_THREADS": "16", "CODAT_READ_TIMEOUT": "60", "CODAT_PAGE_DEADLINE": "60"}


def get(port: int, path: str, cookie: str = "") -> tuple[int, str, float]:
    """Status, body and seconds of one request."""
    started = time.monotonic()
    browser = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        browser.request("GET", path, headers={"Cookie": cookie})
        response: HTTPResponse = browser.getresponse()
        return response.status, response.read().decode(), time.monotonic() - started
    finally:
        browser.close()


def signed_in(person: User) -> str:
    """The cookie of a session."""
    client = Client()
    client.force_login(person)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def test_a_silent_database_ends_waits_and_is_used_again(sandbox: Sandbox, viewer: User) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("skipped: SQLite is a file, and has no peer that could be silent")
    cookie = signed_in(viewer)
    known = connection.settings_dict
    with stalling_proxy((known["HOST"], int(known["PORT"] or 5432))) as proxy:
        url = database_url().replace(
            f"{known['HOST']}:{known['PORT'] or 5432}", f"127.0.0.1:{proxy.port}"
        )
        with gunicorn(DATABASE_URL=url, DATABASE_TIMEOUT="1", LOG_LEVEL="ERROR") as (_, port):
            assert get(port, "/companies/", cookie)[0] == 200
            proxy.stall()
            with ThreadPoolExecutor(20) as pool:
                pages = [pool.submit(get, port, "/companies/", cookie) for _ in range(20)]
                time.sleep(0.2)
                status, _, seconds = get(port, "/readyz")
                assert (status, seconds < 2 * SOON) == (503, True)
                assert {page.result()[0] for page in pages} <= {500, 503}
            assert get(port, "/companies/", cookie)[2] < SOON
            status, _, seconds = get(port, "/healthz", cookie)
            assert (status, seconds < SOON) == (200, True)
            proxy.resume()
            wait_for(lambda: get(port, "/companies/", cookie)[0] == 200)
            wait_for(lambda: get(port, "/readyz")[0] == 200)


def test_a_silent_codat_leaves_threads_for_other_pages(sandbox: Sandbox, viewer: User) -> None:
    """Eighty searches for companies, which belong to no company and so have no limit of their own."""
    cookie = signed_in(viewer)
    sandbox.faults.add("/companies", "hang", seconds=60, count=-1)
    with (
        gunicorn(**LIMITS) as (_, port),
        ThreadPoolExecutor(80) as pool,
    ):
        pages = [pool.submit(get, port, f"/companies/?q={n}", cookie) for n in range(80)]
        # As many as may wait do; the others have their response.
        wait_for(lambda: sum(page.done() for page in pages) == 80 - 12)
        for _ in range(5):
            status, _, seconds = get(port, "/healthz")
            assert (status, seconds < SOON) == (200, True)
        done = [page.result() for page in pages if page.done()]
        assert {status for status, _, _ in done} == {503}
        assert all("Too many requests" in body for _, body, _ in done)
        assert len(sandbox.calls) == 12
        sandbox.faults.clear()
        assert len([page.result() for page in pages]) == 80
        assert get(port, "/companies/", cookie)[0] == 200
