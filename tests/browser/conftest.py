"""The stack as `make run` starts it, and a browser to use it with."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.support.servers import databases

# Milliseconds that a page may take on a busy machine, as for all else that Playwright waits for.
expect.set_options(timeout=30_000)
ROOT = Path(__file__).resolve().parents[2]
# Seconds that `make run` may take on a busy machine.
START_TIMEOUT = 100
# Milliseconds: hundreds of rows go at the worker's pace, on a machine that may be busy.
WORK_TIMEOUT = 240_000
# Where the sign-in leads.
HOME = re.compile(r"://[^/]+/$")
# By order of preference, as in scripts/browser.sh; none of them: Playwright's own.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser")
# As root Chromium has no sandbox of its own; the rest keeps it from calling anybody.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Stack:
    """A dashboard and its sandbox, each in processes of its own."""

    url: str
    sandbox: str
    process: subprocess.Popen[bytes]
    database: Path

    def forget(self) -> None:
        """Delete what people left in the dashboard: changes, approvals, batches, exports, drafts, views, settings."""
        tables = (
            "approvalrow",
            "approval",
            "approvalrule",
            "batchrow",
            "batchstep",
            "write",
            "batch",
            "companysync",
            "export",
            "draft",
            "savedview",
            "note",
            "owner",
        )
        with closing(sqlite3.connect(self.database, timeout=20)) as database, database:
            for table in (*tables, "preferences"):
                database.execute(f"DELETE FROM customers_{table}")

    def tell(self, method: str, path: str, **body: Any) -> Any:
        """Use one of the sandbox's switches."""
        answer = requests.request(method, f"{self.sandbox}/_sandbox/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def company(self, key: str) -> str:
        """The id of a company of the sandbox by its short name."""
        return str(self.tell("GET", "")["companies"][key])


def free_port() -> int:
    """A port of this machine without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Stack]:
    """`make run` on free ports, with a database and static files of its own."""
    port, sandbox_port = free_port(), free_port()
    folder = tmp_path_factory.mktemp("stack")
    databases.copy_to(folder / "db.sqlite3")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("CODAT_")
    } | {
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "tests.support.servers.stack_settings",
        "STACK_STATIC_ROOT": str(folder / "static"),
        "LOG_LEVEL": "WARNING",
        "ADMIN_SITE": "true",
    }
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "run.py")],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    stack = Stack(
        f"http://127.0.0.1:{port}",
        f"http://127.0.0.1:{sandbox_port}",
        process,
        folder / "db.sqlite3",
    )
    try:
        _wait(stack, folder / "log")
        yield stack
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def _wait(stack: Stack, log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT
    while stack.process.poll() is None and time.monotonic() < end:
        try:
            requests.get(f"{stack.url}/healthz", timeout=2).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the stack did not start:\n{log.read_text()}")


def editor_page(context: BrowserContext) -> Page:
    """A page of a dashboard in the process of the tests, in which the fixture `editor` has signed in."""
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill("editor")
    page.get_by_label("Password").fill("editor-password")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(HOME)
    return page


def wait_for_scripts(page: Page) -> None:
    """Wait until the scripts of a page run: what stands in it can be read and used before."""
    page.wait_for_load_state("domcontentloaded")


def press_key(page: Page, key: str) -> None:
    """Press a key once the scripts of the page listen to keys."""
    wait_for_scripts(page)
    page.keyboard.press(key)


def wait_for_work(place: Locator, text: str, *, has_scripts: bool) -> None:
    """Wait for a text of a page that shows the worker's work. Without scripts load the page again."""
    if has_scripts:
        expect(place).to_contain_text(text, timeout=WORK_TIMEOUT)
        return
    for _ in range(400):
        if place.count() and text in (place.text_content() or ""):
            return
        place.page.wait_for_timeout(500)  # As a person waits before the next reload.
        place.page.reload()
    raise AssertionError(f"not {text}: {place.page.locator('main').inner_text()}")


@pytest.fixture
def fresh(stack: Stack) -> Stack:
    """The stack with fresh data at Codat and in the dashboard, and nothing slow."""
    stack.tell("POST", "reset")
    stack.forget()
    stack.tell("POST", "settings", push_delay=0.5, sync_delay=0.5)
    return stack


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, which starts browsers."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(
    playwright: Playwright, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """The Chromium that scripts/browser.sh provides.

    With all fonts of the machine, or with one family alone: `parametrize("chromium", [family], indirect=True)`.
    """
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    environment: dict[str, str | float | bool] = dict(os.environ)
    family = getattr(request, "param", "")
    if family:
        file = tmp_path_factory.mktemp("fonts") / "fonts.conf"
        file.write_text(only_font(family, file.parent))
        environment["FONTCONFIG_FILE"] = str(file)
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS, env=environment)
    yield browser
    browser.close()


def only_font(family: str, cache: Path) -> str:
    """A fontconfig file with one family of fonts; skips the test where it is not installed."""
    if not shutil.which("fc-list"):
        pytest.skip("skipped: fontconfig is not installed")
    query = subprocess.run(
        ["fc-list", f":family={family}", "file"], capture_output=True, text=True, check=True
    )
    folders = sorted({str(Path(line.rstrip(": ")).parent) for line in query.stdout.splitlines()})
    if not folders:
        pytest.skip(f"skipped: the font {family} is not installed")
    lines = "".join(f"<dir>{folder}</dir>" for folder in folders)
    # The machine's configuration decides which of these fonts is `sans-serif`.
    rules = '<include ignore_missing="yes">/etc/fonts/conf.d</include>'
    return f"<fontconfig>{lines}{rules}<cachedir>{cache}</cachedir></fontconfig>"


OpenPage = Callable[..., Page]


# Responses of 4xx and 5xx, an aborted search and an unreachable dashboard are part of the product; the browser and
# htmx log them as errors.
_EXPECTED_ERRORS = (
    "Failed to load resource",
    "Response Status Error Code",
    "htmx:sendAbort",
    "htmx:sendError",
    "htmx:afterRequest",
    # The admin site closes its pop-ups when it is left; the policy refuses that, and a person closes them.
    "Permissions policy violation: unload",
)


def _watch(page: Page, errors: list[str]) -> None:
    """Collect the unexpected errors that a page logs."""

    def collect(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED_ERRORS):
            errors.append(message.text)

    page.on("console", collect)
    page.on("pageerror", lambda error: errors.append(str(error)))


def sign_in(page: Page) -> None:
    """Sign in by the form, which leads to the home page."""
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(HOME)


class Session:
    """A session of `demo`, which tests share: the check of a password takes as long as several pages."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._browser = requests.Session()
        self._browser.trust_env = False

    def cookies(self) -> list[Any]:
        """The cookies of the session, or of a new one where a test has ended it."""
        settings = self._browser.get(f"{self.url}/settings/", allow_redirects=False, timeout=60)
        if settings.status_code != 200:
            self._sign_in()
        return [
            {
                "name": cookie.name,
                "value": str(cookie.value),
                "url": self.url,
                "httpOnly": cookie.has_nonstandard_attr("HttpOnly"),
                "sameSite": "Lax",
            }
            for cookie in self._browser.cookies
        ]

    def _sign_in(self) -> None:
        login = f"{self.url}/accounts/login/"
        self._browser.cookies.clear()
        self._browser.get(login, timeout=60)
        form = {
            "username": "demo",
            "password": "demo",
            "csrfmiddlewaretoken": self._browser.cookies["csrftoken"],
        }
        answer = self._browser.post(login, form, allow_redirects=False, timeout=60)
        assert answer.status_code == 302, answer.text


@pytest.fixture(scope="session")
def session(stack: Stack) -> Session:
    """A session that is signed in at the stack."""
    return Session(stack.url)


@pytest.fixture
def open_page(chromium: Browser, fresh: Stack, session: Session) -> Iterator[OpenPage]:
    """Open a browser that has signed in; `javascript`, `color_scheme`, `width` and `signed_in` as wanted.

    It shows no page yet. The test fails where a page logs an unexpected error to the console.
    """
    contexts = []
    errors: list[str] = []

    def opened(
        *,
        javascript: bool = True,
        color_scheme: Any = "light",
        width: int = 1440,
        signed_in: bool = True,
    ) -> Page:
        context = chromium.new_context(
            base_url=fresh.url,
            java_script_enabled=javascript,
            color_scheme=color_scheme,
            viewport={"width": width, "height": 900},
        )
        contexts.append(context)
        if signed_in:
            context.add_cookies(session.cookies())
        page = context.new_page()
        _watch(page, errors)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors
