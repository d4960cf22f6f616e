"""What stops the start, and what every answer carries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import simplejson
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from customers.codat.client import default_client
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of their own; an empty value counts as none."""
    given = {"SECRET_KEY": "s", "CODAT_API_KEY": "k", "CODAT_AUTH_HEADER": ""} | environment
    return subprocess.run(
        [sys.executable, "-c", "import codatdash.settings"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | given,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_all_that_is_needed_is_two_secrets() -> None:
    assert start().returncode == 0
    assert start(CODAT_API_KEY="", CODAT_AUTH_HEADER="Basic abc").returncode == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "CODAT_API_KEY"])
@pytest.mark.parametrize("value", ["", "  "])
def test_a_missing_secret_stops_the_start_with_a_sentence_that_names_it(
    name: str, value: str
) -> None:
    stopped = start(**{name: value})
    assert stopped.returncode != 0
    assert f"{name} is not set: " in stopped.stderr.splitlines()[-1]


@pytest.mark.parametrize("address", ["http://api.codat.io", "ftp://x", "api.codat.io", "https://"])
def test_the_key_never_travels_in_the_clear(address: str) -> None:
    stopped = start(CODAT_BASE_URL=address)
    assert stopped.returncode != 0
    assert "CODAT_BASE_URL must be" in stopped.stderr.splitlines()[-1]
    assert start(CODAT_BASE_URL="http://127.0.0.1:8001").returncode == 0


def test_the_pool_is_as_large_as_the_servers_threads() -> None:
    told = (
        "import runpy, codatdash.settings as settings;"
        "print(settings.CODAT_POOL_SIZE, runpy.run_path('gunicorn.conf.py')['threads'])"
    )
    for threads in ("64", "7"):
        answer = subprocess.run(
            [sys.executable, "-c", told],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "SECRET_KEY": "s", "CODAT_API_KEY": "k"}
            | {"WEB_THREADS": threads},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert answer.stdout.split() == [threads, threads]
    assert default_client() is default_client()


def test_sqlite_is_in_wal_mode_and_survives_a_power_cut() -> None:
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("skipped: DATABASE_URL names another database")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(
    sandbox: Sandbox, viewer_client: RawPathClient, anonymous_client: RawPathClient
) -> None:
    answers = [
        anonymous_client.get("/accounts/login/"),
        viewer_client.get(links.companies()),
        viewer_client.get(links.customers(sandbox.company("qbo"))),
        viewer_client.get("/nowhere/"),
    ]
    for answer in answers:
        policy = dict(
            part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";")
        )
        assert policy.pop("default-src") == policy.pop("frame-ancestors") == "'none'"
        assert policy.pop("base-uri") == "'none'"
        assert set(policy.values()) == {"'self'"}
        assert {"script-src", "style-src", "form-action", "connect-src"} <= set(policy)
    # What other middleware answers by itself has it as well.
    policy_at = configured.MIDDLEWARE.index("codatdash.middleware.ContentSecurityPolicyMiddleware")
    assert policy_at < 5


def test_all_calls_of_a_page_share_its_deadline(
    sandbox: Sandbox, editor_client: RawPathClient, settings: Settings
) -> None:
    settings.CODAT_PAGE_DEADLINE = 1.0
    default_client.cache_clear()
    # The company, its model and the customer, one after the other: each is quick enough, all of them are not.
    sandbox.faults.add("GET", "delay", seconds=0.6, count=-1)
    answer = editor_client.get(links.edit(sandbox.company("qbo"), "39"))
    assert answer.status_code == 504
    assert "Codat took too long" in answer.content.decode()


def test_the_stand_in_is_named_on_every_page_and_codat_is_not(
    sandbox: Sandbox, viewer_client: RawPathClient, settings: Settings
) -> None:
    assert ">Sandbox</span>" in viewer_client.get("/companies/").content.decode()
    settings.CODAT_IS_LOCAL = False
    assert ">Sandbox</span>" not in viewer_client.get("/companies/").content.decode()


def test_a_user_with_a_known_password_is_only_for_the_stand_in(settings: Settings) -> None:
    settings.CODAT_IS_LOCAL = False
    with pytest.raises(CommandError):
        call_command("demo_user")
    assert not User.objects.exists()
    settings.CODAT_IS_LOCAL = True
    call_command("demo_user")
    assert User.objects.get().has_perm("customers.write_customers")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil", 7, None])
def test_only_a_web_address_becomes_the_link_to_authorise_again(
    sandbox: Sandbox, editor_client: RawPathClient, link: object
) -> None:
    company = sandbox.company("deauthorized")
    connection = {"id": "c", "sourceType": "Accounting", "status": "Deauthorized", "linkUrl": link}
    body = simplejson.dumps({"id": company, "name": "A", "dataConnections": [connection]})
    sandbox.faults.add(f"GET /companies/{company}$", "json", body=body, count=-1)
    for url in (links.customers(company), links.new(company)):
        page = editor_client.get(url).content.decode()
        assert "deauthorised" in page
        assert "its link at Codat</a>" not in page
        assert "alert(1)" not in page
