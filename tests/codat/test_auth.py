"""Credentials for Codat, and that the API key appears in no error and no log."""

from __future__ import annotations

import base64
import io
import logging
import os
import traceback
from collections.abc import Callable
from types import TracebackType

import pytest

from customers.codat.client import Client
from customers.codat.errors import CodatError
from customers.codat.http.auth import authorization
from tests.support.servers.raw_server import RawServer, hang, head, ok, then_close, then_reset

KEY = "s3cret-KEY-of-ours"
ENCODED = base64.b64encode(KEY.encode()).decode()


@pytest.mark.parametrize(
    ("api_key", "header", "expected"),
    [
        (KEY, "", f"Basic {ENCODED}"),
        (f"  {KEY}\n", "", f"Basic {ENCODED}"),
        ("", f"Basic {ENCODED}", f"Basic {ENCODED}"),
        ("", f"Authorization: Basic {ENCODED}", f"Basic {ENCODED}"),
        ("", f"authorization:Basic {ENCODED}\n", f"Basic {ENCODED}"),
        ("ignored", f"Basic {ENCODED}", f"Basic {ENCODED}"),
        # The header pasted into the setting for the key.
        (f"Basic {ENCODED}", "", f"Basic {ENCODED}"),
        (f"Authorization: Basic {ENCODED}", "", f"Basic {ENCODED}"),
    ],
)
def test_an_api_key_or_a_header_makes_the_authorization(
    api_key: str, header: str, expected: str
) -> None:
    assert authorization(api_key, header) == expected


@pytest.mark.parametrize(
    ("api_key", "header"),
    [
        ("", ""),
        ("   ", ""),
        ("k\r\nX-Evil: 1", ""),
        ("k\x00y", ""),
        ("ключ", ""),
        ("", f"Basic {ENCODED}\r\nX-Evil: 1"),
        ("", ENCODED),
        ("", "Authorization:"),
    ],
)
def test_unusable_credentials_are_rejected(api_key: str, header: str) -> None:
    with pytest.raises(ValueError, match="Codat") as caught:
        authorization(api_key, header)
    assert ENCODED not in str(caught.value)


def test_the_header_is_sent_and_proxies_of_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setitem(os.environ, "no_proxy", "")
    with RawServer(ok(b"{}")) as server:
        Client(server.url, authorization(KEY), 2).get_json("/companies")
    assert f"\r\nAuthorization: Basic {ENCODED}\r\n".encode() in server.requests[0]


def test_a_configured_proxy_is_used() -> None:
    with RawServer(ok(b'{"via": 1}')) as proxy:
        answer = Client(
            "http://codat.invalid", authorization(KEY), 2, proxies={"http": proxy.url}
        ).get_json("/companies/a%2Fb")
    assert answer.data == {"via": 1}
    assert proxy.paths() == ["http://codat.invalid/companies/a%2Fb"]


def reachable_text(error: BaseException | None) -> str:
    """All text that an error report can reach: messages, attributes, variables of frames, along every chain."""
    out = io.StringIO()
    while error is not None:
        out.write(f"{error!r} {error} {vars(error)!r} {error.args!r}")
        traceback.print_tb(error.__traceback__, file=out)
        out.write(_variables(error.__traceback__))
        request = getattr(error, "request", None)
        out.write(repr([str(value) for value in request.headers.values()] if request else ""))
        error = error.__cause__ or error.__context__
    return out.getvalue()


def _variables(frames: TracebackType | None) -> str:
    variables = []
    while frames is not None:
        if frames.tb_frame.f_code.co_filename != __file__:
            variables.append(repr(frames.tb_frame.f_locals))
        frames = frames.tb_next
    return "".join(variables)


@pytest.mark.parametrize(
    "reply",
    [
        then_reset(),
        hang(),
        then_close(head("Content-Length: 9") + b"{"),
        ok(b"<html>"),
        ok(b"{}", status="401 Unauthorized"),
        ok(b"", "Location: http://127.0.0.1:1/", status="302 Found"),
        None,
    ],
)
@pytest.mark.usefixtures("no_waiting")
def test_the_key_is_in_no_error_and_no_log(reply: object, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with RawServer(reply or b"") as server:  # type: ignore[arg-type]
        url = server.url if reply else "http://127.0.0.1:9"
        client = Client(url, authorization(KEY), 2, 0.2, 0.2)
        calls: list[Callable[[], object]] = [
            lambda: client.get_json("/companies", {"query": "somebody"}),
            lambda: client.send_json("POST", "/companies", body={"name": "somebody"}),
        ]
        for call in calls:
            with pytest.raises(CodatError) as caught:
                call()
            text = reachable_text(caught.value)
            if cause := caught.value.__cause__:
                # Frames of the libraries hold the request as bytes.
                assert (cause.__traceback__, cause.__context__) == (None, None)
            assert KEY not in text
            assert ENCODED not in text
            assert "somebody" not in str(caught.value) + caught.value.sentence
    our_log = "".join(
        record.getMessage() for record in caplog.records if "customers" in record.name
    )
    assert ENCODED not in caplog.text + repr(client)
    assert "somebody" not in our_log


def test_a_redirect_is_not_followed() -> None:
    with RawServer(ok(b"{}")) as elsewhere:
        to = f"Location: {elsewhere.url}/companies"
        for status in ("301 Moved", "302 Found", "303 See Other", "307 Again", "308 For good"):
            with RawServer(ok(b"", to, status=status)) as server:
                client = Client(server.url, authorization(KEY), 2)
                for method in ("GET", "POST"):
                    with pytest.raises(CodatError, match="status 30") as caught:
                        client.get_json("/x") if method == "GET" else client.send_json(method, "/x")
                    assert caught.value.may_have_arrived is (method == "POST")
                with pytest.raises(CodatError, match="status 30"):
                    client.stream("/x")
        assert elsewhere.requests == []
