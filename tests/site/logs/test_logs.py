"""One JSON line per request and per call to Codat, without personal data."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from codatdash.logs import ExceptionsOnly, JsonFormatter
from customers.codat import client as codat_client
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import fields


class Log:
    """The log output, by lines."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["event"] == event]


@pytest.fixture
def log() -> Iterator[Log]:
    found = Log()
    handler = logging.StreamHandler(found.stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield found
    logging.getLogger().removeHandler(handler)


def test_one_line_per_request_and_per_call(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User, log: Log
) -> None:
    company = sandbox.company("odd")
    answer = editor_client.get(
        links.customer(company, "full"), headers={"X-Request-ID": "from-the-proxy-1"}
    )
    (line,) = log.lines("request")
    assert line["request_id"] == answer["X-Request-ID"] == "from-the-proxy-1"
    assert line["method"] == "GET"
    assert line["route"] == "customer"
    assert line["company"] == company
    assert line["status"] == 200
    assert line["user"] == editor.pk
    assert line["calls"] == 3
    assert line["ms"] > 0
    calls = log.lines("call")
    (integration,) = {call["route"] for call in calls if "/integrations/" in call["route"]}
    assert {call["route"] for call in calls} == {
        integration,
        f"/companies/{company}",
        f"/companies/{company}/data/customers/{{id}}",
    }
    for call in calls:
        assert call["request_id"] == "from-the-proxy-1"
        assert (call["method"], call["status"], call["attempt"]) == ("GET", 200, 1)
        assert call["ms"] > 0


def test_failures_are_logged_with_correlation_id_and_attempt(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codat_client, "BACKOFF", 0.001)
    sandbox.faults.add("/companies", "status", status=503, count=-1)
    page = viewer_client.get(links.companies()).content.decode()
    calls = log.lines("call")
    assert [call["attempt"] for call in calls] == [1, 2, 3]
    assert {call["error"] for call in calls} == {"Unavailable"}
    assert calls[-1]["correlation_id"]
    assert calls[-1]["correlation_id"] in page
    assert log.lines("request")[0]["calls"] == 3


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "with space in it", "new\nline-in-it", '"},{"']
)
def test_an_invalid_request_id_is_replaced(
    sandbox: Sandbox, anonymous_client: RawPathClient, given: str
) -> None:
    answer = anonymous_client.get("/healthz", headers={"X-Request-ID": given})
    assert answer["X-Request-ID"] != given
    assert len(answer["X-Request-ID"]) == 32


def test_no_customer_data_and_no_key_is_logged(
    sandbox: Sandbox, editor_client: RawPathClient, log: Log
) -> None:
    """All kinds of requests: search, read, edit, save, download, a missing page, and one that crashes."""
    company, files = sandbox.company("odd"), sandbox.company("files")
    editor_client.get(links.customers(company) + "?q=Marchbanks-Secret")
    edit = links.edit(company, "full")
    editor_client.get(links.customer(company, "name-script-not-there"))
    typed = fields(editor_client.get(edit)) | {"f.customerName": "Typed-Secret", "action": "save"}
    editor_client.post(edit, typed)
    editor_client.get(links.download(files, "kinds", "pdf"))
    editor_client.get("/companies/Someone-Secret/nothing/")
    sandbox.faults.add(".", "html", body="Body-Secret", count=-1)
    editor_client.get(links.customer(company, "full"))
    assert log.lines("request")
    assert log.lines("call")
    for secret in ("Secret", "full", "script", "kinds", "sandbox-key", sandbox.auth_header[6:]):
        assert secret not in log.text, secret


def test_an_exception_is_logged_without_its_message(log: Log) -> None:
    def breaks() -> None:
        raise ValueError("Jane Doe, +44 20 7946 0000")

    try:
        breaks()
    except ValueError:
        words = ("Internal Server Error", "/companies/x/customers/Jane/")
        logging.getLogger("django.request").exception("%s: %s", *words, extra={"status_code": 500})
    (line,) = log.lines("message")
    assert line["exception"] == "ValueError"
    assert line["message"] == "500 Internal Server Error"
    assert "breaks" in line["frames"][-1]
    assert "Jane" not in log.text


def test_django_logs_exceptions_only(settings: Settings) -> None:
    assert settings.LOGGING["loggers"]["django.request"]["filters"] == ["exceptions"]
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s: %s", ("a", "b"), None)
    assert not ExceptionsOnly().filter(record)
