"""What the tests share: a sandbox, people, clients and a live dashboard."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import reload
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import hypothesis
import pytest
import redis
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template import engines
from django.template.backends.jinja2 import Jinja2, Template
from django.test import Client, TransactionTestCase
from django.test.client import ClientHandler
from django.test.signals import template_rendered
from django.urls import clear_url_caches
from jinja2 import StrictUndefined
from pytest_django import DjangoDbBlocker, Settings

from codatdash import environment
from codatdash import urls as site_urls
from codatdash.wsgi import RawPathRequest, quoted_path
from customers.access.roles import Role
from customers.codat import cache, parallel
from customers.codat import client as codat_client
from customers.models import ToldCause
from customers.notices.facts import BEGAN
from sandbox import Sandbox
from tests.support.cases.bad_day import table
from tests.support.people import group, person
from tests.support.races import NESTED, drop_template
from tests.support.servers import databases
from tests.support.servers import live as live_server_module

# Timings never decide a test: a busy machine is not an error in the dashboard.
hypothesis.settings.register_profile(
    "steady", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")

SHARED = Path(__file__).resolve().parents[2] / "shared"


class RawPathClientHandler(ClientHandler):
    """Django's test handler with the dashboard's request class, which resolves the path as it was sent."""

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        request.__class__ = RawPathRequest
        request.path = request.path_info = quoted_path(request.META)
        return super().get_response(request)


class RawPathClient(Client):
    """Django's test client that sends `RAW_URI`, as gunicorn does."""

    def __init__(self, *, enforce_csrf_checks: bool = False, **defaults: Any) -> None:
        super().__init__(enforce_csrf_checks=enforce_csrf_checks, **defaults)
        self.handler = RawPathClientHandler(enforce_csrf_checks)

    def generic(self, method: str, path: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("RAW_URI", urlsplit(str(path))._replace(scheme="", netloc="").geturl())
        return super().generic(method, path, *args, **kwargs)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """pytest-django's fixture, with a database that is copied where it can be, and emptied in no time."""
    with django_db_blocker.unblock():
        databases.create()
    with mock.patch.object(TransactionTestCase, "_fixture_teardown", side_effect=databases.empty):
        yield
    with django_db_blocker.unblock():
        databases.destroy()


@pytest.fixture(autouse=True)
def _quick_settings(settings: Settings) -> None:
    """Static files under their own names, so that no build is needed; passwords hashed in no time."""
    # What another process collects at this moment is not looked at.
    settings.STATIC_ROOT = settings.BASE_DIR / "var" / "nothing-collected"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _available_cache() -> None:
    """No cache is left alone because of the test before."""
    cache.availability.reset()


@pytest.fixture(scope="session", autouse=True)
def _strict_templates() -> None:
    """A name that a template does not have fails the test; in production it is left blank."""
    engine = engines["jinja2"]
    assert isinstance(engine, Jinja2)
    engine.env.undefined = StrictUndefined


@pytest.fixture(autouse=True)
def _contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    """`answer.context` for our templates: Django's test client hears of those of its own engine only."""
    rendered = Template.render

    def render(self: Template, context: Any = None, request: Any = None) -> str:
        template_rendered.send(sender=self, template=self, context=context or {})
        return rendered(self, context, request)

    monkeypatch.setattr(Template, "render", render)


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Sandbox]:
    """One sandbox for the whole run; use `sandbox`, which is fresh for each test."""
    server = Sandbox(port=0, latency=0.0)
    server.start()
    yield server
    server.stop()


def forget_codat() -> None:
    """The state of a process that has just started: no cache, no connection, no open circuit."""
    for alias in caches.settings:
        caches[alias].clear()
    codat_client.default_client.cache_clear()


@pytest.fixture
def sandbox(
    sandbox_server: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    """A sandbox with fresh data and no faults, and a dashboard that points at it."""
    sandbox_server.reset()
    settings.CODAT_BASE_URL = sandbox_server.url
    settings.CODAT_API_KEY = "sandbox-key"
    settings.CODAT_AUTH_HEADER = ""
    forget_codat()
    # The next test counts its own calls: what a page left running beside it is waited for at the end, ...
    with ThreadPoolExecutor(settings.CODAT_POOL_SIZE) as threads:
        monkeypatch.setattr(parallel, "_threads", threads)
        yield sandbox_server
        # ... and what it begins from here on reaches nobody.
        codat_client.default_client().base_url = "http://127.0.0.1:9"
    forget_codat()


@pytest.fixture
def redis_cache(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """Redis as the settings would have it, under a key prefix of this test."""
    with contextlib.closing(socket.socket()) as probe:
        if probe.connect_ex(("127.0.0.1", 6379)):
            pytest.skip("skipped: no Redis on 127.0.0.1:6379")
    prefix = f"test-{uuid.uuid4().hex}"
    monkeypatch.setenv("CACHE_URL", f"rediscache://127.0.0.1:6379/0?key_prefix={prefix}")
    local = settings.CACHES
    cache_settings = environment.cache("CACHE_URL", "")
    settings.CACHES = {**local, "default": cache_settings, "stale": cache_settings}
    with redis.Redis() as server:
        yield server
        # Only the keys of this test are deleted: Redis may hold others.
        for key in server.scan_iter(f"{prefix}*"):
            server.delete(key)
    settings.CACHES = local


@pytest.fixture
def groups(db: None) -> None:
    """The groups that the migrations make, also after a test that emptied the database."""
    for role in Role:
        group(role)


@pytest.fixture
def viewer(db: None) -> User:
    """A user who may read."""
    return person("viewer", Role.VIEWER)


@pytest.fixture
def editor(db: None) -> User:
    """A user who may write."""
    return person("editor", Role.EDITOR)


@pytest.fixture
def has_index(settings: Settings, request: pytest.FixtureRequest) -> None:
    """There is an index of customers, as there is where nothing is set. It reads companies of moderate size."""
    settings.INDEX_CUSTOMERS = True
    if "sandbox" in request.fixturenames:
        request.getfixturevalue("sandbox").settings.customers = 300


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of Codat's that retries immediately."""
    monkeypatch.setattr(codat_client, "BACKOFF", 0.01)


@pytest.fixture
def admin_site(settings: Settings) -> Iterator[None]:
    """Django's admin site, which is off by default."""

    def serve_addresses() -> None:
        reload(site_urls)
        clear_url_caches()

    settings.ADMIN_SITE = True
    serve_addresses()
    yield
    settings.ADMIN_SITE = False
    serve_addresses()


@pytest.fixture
def anonymous_client() -> RawPathClient:
    """A browser that is not signed in."""
    return RawPathClient()


@pytest.fixture
def viewer_client(viewer: User) -> RawPathClient:
    """A viewer's browser."""
    client = RawPathClient()
    client.force_login(viewer)
    return client


@pytest.fixture
def editor_client(editor: User) -> RawPathClient:
    """An editor's browser."""
    client = RawPathClient()
    client.force_login(editor)
    return client


@pytest.fixture
def administrator_client(db: None) -> RawPathClient:
    """A superuser's browser."""
    client = RawPathClient()
    client.force_login(User.objects.create_superuser("administrator"))
    return client


@pytest.fixture
def outsider_client(db: None) -> RawPathClient:
    """The browser of a signed-in user without a group."""
    client = RawPathClient()
    client.force_login(person("outsider", None, sees_all=False))
    return client


@pytest.fixture
def live(sandbox: Sandbox, transactional_db: None) -> Iterator[str]:
    """The base address of a live dashboard on a real socket; its threads need committed rows."""
    with live_server_module.serve() as address:
        yield address


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with Codat's documents; tests that need it are skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("skipped: no shared folder beside the repository")
    return SHARED


@pytest.fixture(autouse=True)
def whole_database(request: pytest.FixtureRequest) -> None:
    """A database with the rows that migrations make: a test that commits empties it at its end, for all after it."""
    if uses_database(request.node):
        request.getfixturevalue("db")
        for role in {*Role}.difference(Group.objects.values_list("name", flat=True)):
            group(role)
        ToldCause.objects.get_or_create(pk=BEGAN)


def uses_database(test: pytest.Item) -> bool:
    """Whether a test is marked so, or a fixture of it needs the database."""
    fixtures: list[str] = getattr(test, "fixturenames", [])
    needed = {"db", "transactional_db"}.intersection(fixtures)
    return bool(needed or test.get_closest_marker("django_db"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run first what runs others on PostgreSQL: each takes long, and at the end one process would wait for it.

    Those others say something new where they use the database.
    """
    if NESTED in os.environ:
        items[:] = filter(uses_database, items)
    items.sort(key=lambda item: "on_postgresql" not in item.name)


def pytest_collection_finish() -> None:
    """Exclude what lives as long as the process from garbage collection."""
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Leave no database on PostgreSQL."""
    drop_template()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What every page does on a bad day, as a table, wherever its tests were among those that ran."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
    ]
    lines = table(reports)
    if lines:
        terminalreporter.section("every page on a bad day at Codat")
        for line in lines:
            terminalreporter.write_line(line)
