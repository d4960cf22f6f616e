"""The page, its style sheet, and the forms that it posts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from sandbox.controls import SandboxControls
from sandbox.server import Request, Response
from sandbox.world import Company

from .actions import ACTIONS, GROUPS
from .target import opened_customer

_FOLDER = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # With another policy a browser posts the page's own forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def respond(sandbox: SandboxControls, request: Request) -> Response | None:
    """The response to a request for the page or for one of its parts; None for any other request."""
    path = [segment for segment in request.segments if segment]
    match request.method, path:
        case (("GET" | "HEAD"), []):
            done = ACTIONS.get(request.query.get("done", ""))
            return _html(_context(sandbox) | {"done": done.done if done else ""})
        case (("GET" | "HEAD"), ["_sandbox", "try.css"]):
            style = (_FOLDER / "try.css").read_bytes()
            return Response(200, style, "text/css; charset=utf-8", dict(_HEADERS))
        case "POST", ["_sandbox", "try", name] if name in ACTIONS:
            ACTIONS[name].run(sandbox)
            return Response(303, b"", "", {"Location": f"/?done={name}"})
    return None


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("try.html")


def _html(context: dict[str, Any]) -> Response:
    body = _template().render(context).encode("utf-8", "replace")
    return Response(200, body, "text/html; charset=utf-8", dict(_HEADERS))


def _context(sandbox: SandboxControls) -> dict[str, Any]:
    """The page's names: see try.html."""
    company, customer_id = opened_customer(sandbox)
    record = company.source[customer_id]
    return {
        "groups": GROUPS,
        "state": _state(sandbox),
        "company": company.plan.name,
        "customer": str(record.get("customerName") or customer_id),
        "links": _links(sandbox.settings.dashboard_url.rstrip("/"), sandbox, company, customer_id),
    }


def _state(sandbox: SandboxControls) -> list[str]:
    """What differs from a Codat that works normally, as sentences."""
    settings, sentences = sandbox.settings, []
    if settings.next_write:
        sentences.append("The next change will not succeed.")
    if settings.latency:
        sentences.append(f"Each call takes {settings.latency:g} s longer.")
    if settings.push_delay >= 10:
        sentences.append(f"Each change takes {settings.push_delay:g} s.")
    for fault in sandbox.faults.planned:
        if fault["remaining"] is not None:
            sentences.append(f"Codat is down for another {fault['remaining']:.0f} s.")
        elif fault["count"] > 0:
            sentences.append("The next matching call fails.")
        else:
            sentences.append("All matching calls fail.")
    return sentences


def _links(
    dashboard: str, sandbox: SandboxControls, company: Company, customer_id: str
) -> list[tuple[str, str]]:
    """Labels and addresses in the dashboard; none where its address is not known."""
    if not dashboard:
        return []
    xero = f"{dashboard}/companies/{sandbox.company('xero')}"
    big = f"{dashboard}/companies/{sandbox.company('big')}"
    opened = f"{dashboard}/companies/{company.plan.id}/customers/{quote(customer_id, safe='')}/"
    return [
        ("All companies", f"{dashboard}/companies/"),
        ("Customers of Bluebell Bakery Group", f"{xero}/customers/"),
        ("A customer", opened),
        ("The same customer's form", f"{opened}edit/"),
        ("A new customer", f"{xero}/customers/new/"),
        ("Change history", f"{xero}/writes/"),
        ("5,000 customers", f"{big}/customers/"),
    ]
