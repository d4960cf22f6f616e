"""What `make attack` puts around the dashboard, and what it makes of a report. The scanner itself is not run."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import urlopen

import requests

from attack.listeners import endpoint, tls_in_front_of
from attack.report import findings, statuses
from bench.testbed import CERTIFICATE


def entry(info: str, **more: Any) -> dict[str, Any]:
    return {"method": "GET", "path": "/a/", "info": info, "parameter": "q", "module": "xss"} | more


def page(status: int | None, url: str, method: str = "GET") -> dict[str, Any]:
    return {"request": {"url": url, "method": method, "post_params": [], "status_code": status}}


def report(**more: Any) -> dict[str, Any]:
    return {
        "vulnerabilities": {"Cross Site Scripting": [], "HttpOnly Flag cookie": []},
        "anomalies": {"Internal Server Error": [], "Resource consumption": [entry("slow")]},
        "infos": {"crawled_pages": []},
    } | more


def test_weaknesses_and_failures_are_found_once_each() -> None:
    found = findings(
        report(
            vulnerabilities={"Cross Site Scripting": [entry("in\nq"), entry("in\nq")]},
            anomalies={"Internal Server Error": [entry("500", module="sql")]},
            infos={
                "crawled_pages": [
                    page(500, "/b/"),
                    page(502, "/c/"),
                    page(200, "/"),
                    page(None, "/d/"),
                ]
            },
        )
    )
    assert [str(each) for each in found] == [
        "Cross Site Scripting [xss] GET /a/ (q): in q",
        "Internal Server Error [sql] GET /a/ (q): 500",
        "Internal Server Error [crawl] GET /b/: it failed",
    ]
    assert not any(each.reason for each in found)


def test_what_is_intended_keeps_its_reason() -> None:
    info = "HttpOnly flag is not set in the cookie : __Host-{}"
    cookies = [entry(info.format(name)) for name in ("csrftoken", "sessionid")]
    found = findings(report(vulnerabilities={"HttpOnly Flag cookie": cookies}))
    assert [bool(each.reason) for each in found] == [True, False]
    assert "Intended: scripts renew" in str(found[0])


def test_a_slow_answer_is_no_finding() -> None:
    assert findings(report()) == []


def test_pages_are_listed_by_their_status() -> None:
    pages = [page(200, "/"), page(200, "/", "POST"), page(404, "/a/"), page(None, "/b/")]
    assert statuses(report(infos={"crawled_pages": pages})) == {
        200: ["GET /", "POST /"],
        404: ["GET /a/"],
    }


def test_calls_of_the_dashboard_are_noted() -> None:
    with endpoint() as address:
        urlopen(f"{address}ssrf/abc123/7/75726c/", timeout=10).close()
        noted = requests.get(f"{address}get_ssrf.php?session_id=abc123", timeout=10).json()
    [call] = noted["7"]["75726c"]
    assert {"url", "date", "ip", "method"} <= call.keys()
    assert len(noted) == 1


def test_tls_stands_in_front() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with tls_in_front_of(server.server_address[1]) as port:
            url, body = f"https://127.0.0.1:{port}/", b"a" * 300_000
            answer = requests.post(url, body, verify=str(CERTIFICATE), timeout=20)
            assert answer.content == body
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
