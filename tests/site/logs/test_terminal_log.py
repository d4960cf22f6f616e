"""The log on a terminal: one short line per request, for people."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import RequestFactory

from codatdash.logs import JsonFormatter
from codatdash.terminal_log import ForPeople, TextFormatter
from customers.codat import client as codat_client
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.programs.terminal import Terminal

ROOT = Path(__file__).resolve().parents[3]
HTMX = {"HX-Request": "true"}


class Log:
    """What a terminal would show."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def log() -> Iterator[Log]:
    found = Log()
    handler = logging.StreamHandler(found.stream)
    handler.setFormatter(TextFormatter())
    handler.addFilter(ForPeople())
    logging.getLogger().addHandler(handler)
    yield found
    logging.getLogger().removeHandler(handler)


def test_a_request_is_one_short_line(
    sandbox: Sandbox, editor_client: RawPathClient, log: Log
) -> None:
    company = sandbox.company("xero")
    editor_client.get(links.customers(company) + "?q=Secret")
    (line,) = log.lines
    expected = rf"\d\d:\d\d:\d\d  GET   /companies/{company[:8]}…/customers/  200  +\d+ ms  editor"
    assert re.fullmatch(expected, line)


def test_somebody_who_has_not_signed_in_has_no_name(
    sandbox: Sandbox, anonymous_client: RawPathClient, db: None, log: Log
) -> None:
    anonymous_client.get("/companies/")
    anonymous_client.get("/nothing/here/")
    first, second = log.lines
    assert re.fullmatch(r"\d\d:\d\d:\d\d  GET   /companies/  302  +\d+ ms", first)
    assert "/nothing/here/" in second


def test_polls_have_no_line_and_opened_pages_have(
    sandbox: Sandbox, editor_client: RawPathClient, log: Log
) -> None:
    company = sandbox.company("xero")
    for path in ("/writes/badge/", links.pending(company), links.freshness(company)):
        assert editor_client.get(path, headers=HTMX).status_code in (200, 204)
    editor_client.get("/healthz")
    assert not log.lines
    editor_client.get(links.writes(company), headers=HTMX)
    assert len(log.lines) == 1


def test_a_poll_that_fails_has_a_line(log: Log) -> None:
    request = RequestFactory().get("/writes/badge/")
    facts = {"event": "request", "route": "writes_badge", "method": "GET", "status": 200, "ms": 1.0}
    for status in (200, 503):
        extra = {"facts": facts | {"status": status}, "request": request}
        logging.getLogger("codatdash.logs").info("request", extra=extra)
    (line,) = log.lines
    assert "503" in line


def test_a_call_to_codat_has_a_line_only_where_it_failed(
    sandbox: Sandbox, editor_client: RawPathClient, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codat_client, "BACKOFF", 0.001)
    sandbox.faults.add("/companies", "status", status=503, count=1)
    editor_client.get("/companies/")
    call, request = log.lines
    assert re.search(r"Codat GET /companies  503 Unavailable  +\d+ ms", call)
    assert " 200 " in request


def test_a_turn_of_a_worker_has_a_line_only_where_something_failed(log: Log) -> None:
    for failed in (0, 1):
        facts = {"event": "turn", "name": "chore:follow", "done": 3, "failed": failed, "ms": 12}
        logging.getLogger("customers").info(
            "chore:follow: 3 done, %d failed", failed, extra={"facts": facts}
        )
    (line,) = log.lines
    assert line.endswith("chore:follow: 3 done, 1 failed")


def test_text_cannot_move_the_cursor(log: Log) -> None:
    logging.getLogger("somewhere").warning("Red \x1b[31m and\nanother line \u202e")
    (line,) = log.lines
    assert line.isprintable()
    assert "WARNING  somewhere: Red" in line


def test_an_exception_is_named_without_its_message(log: Log) -> None:
    try:
        raise ValueError("Jane Doe, +44 20 7946 0000")
    except ValueError:
        logging.getLogger("somewhere").exception("It broke")
    assert "ERROR  somewhere: It broke" in log.lines[0]
    assert log.lines[1].strip() == "ValueError"
    assert "test_terminal_log.py" in log.lines[-1]
    assert "Jane" not in log.stream.getvalue()


@pytest.mark.parametrize(
    ("status", "colour"), [(200, ""), (302, "\x1b[36m"), (404, "\x1b[33m"), (500, "\x1b[31m")]
)
def test_the_status_has_a_colour(status: int, colour: str) -> None:
    facts = {"event": "request", "route": "", "method": "GET", "status": status, "ms": 1.0}
    record = logging.makeLogRecord({"facts": facts, "request": RequestFactory().get("/x")})
    painted, plain = TextFormatter(colour=True).format(record), TextFormatter().format(record)
    assert f"{colour}{status}" in painted
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[\d*m", "", painted) == plain


PROGRAM = """
import logging, django
django.setup()
logging.getLogger("x").warning("Hello")
"""
COLOUR = {"TERM": "xterm"}


@pytest.mark.parametrize(
    ("terminal", "variables", "expected"),
    [
        (True, {}, "text"),
        (False, {}, "json"),
        (True, {"LOG_FORMAT": "json"}, "json"),
        (False, {"LOG_FORMAT": "text"}, "text"),
        (True, COLOUR, "colour"),
        (True, COLOUR | {"NO_COLOR": "1"}, "text"),
        (True, {"TERM": "dumb"}, "text"),
        (False, COLOUR | {"LOG_FORMAT": "text"}, "text"),
    ],
)
def test_the_setting_chooses_the_format(
    terminal: bool, variables: dict[str, str], expected: str
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "TERM": "dumb",
        "SECRET_KEY": "s",
        "CODAT_API_KEY": "k",
        "DJANGO_SETTINGS_MODULE": "codatdash.settings",
    } | variables
    command = [sys.executable, "-c", PROGRAM]
    if terminal:
        with Terminal(command, cwd=ROOT, env=environment) as started:
            output = started.rest()
    else:
        output = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
        ).stderr
    found = "json" if output.startswith("{") else "colour" if "\x1b" in output else "text"
    assert "Hello" in output
    assert found == expected


def test_the_json_log_still_has_every_poll(sandbox: Sandbox, editor_client: RawPathClient) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    try:
        editor_client.get("/writes/badge/", headers=HTMX)
    finally:
        logging.getLogger().removeHandler(handler)
    assert '"route": "writes_badge"' in stream.getvalue()
