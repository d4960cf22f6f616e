"""The controls over HTTP, under `/_sandbox/`, for a sandbox that runs in another process. They need no key."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import msgspec

from .controls import SandboxControls
from .data.companies import PLANS
from .faults import KINDS
from .server import Call, Request, Response
from .webhooks import check_secret
from .world import Settings

_SECRET = {"webhook_secret"}


def respond(sandbox: SandboxControls, request: Request) -> Response:
    """The response to a request under `/_sandbox/`; 400 with a sentence where it is invalid."""
    name = "/".join(request.segments[1:]).strip("/")
    handler = _HANDLERS.get((request.method, name))
    if handler is None:
        return _json({"error": f"no {request.method} /_sandbox/{name}"}, 404)
    try:
        body = msgspec.json.decode(request.body) if request.body else {}
        return _json(handler(sandbox, body))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, re.error) as error:
        return _json({"error": str(error)}, 400)


def _json(body: Any, status: int = 200) -> Response:
    return Response(status, msgspec.json.encode(body))


def _state(sandbox: SandboxControls, _: dict[str, Any]) -> dict[str, Any]:
    settings = dataclasses.asdict(sandbox.settings)
    return {
        "companies": {plan.key: plan.id for plan in PLANS},
        "settings": {name: item for name, item in settings.items() if name not in _SECRET},
        "faults": sandbox.faults.planned,
        "faultKinds": list(KINDS),
        "calls": len(sandbox.calls),
        "openConnections": sandbox.open_connections,
        "events": [
            {"id": event.id, "event": event.event, "statuses": event.statuses}
            for event in sandbox.events
        ],
    }


def _call(call: Call) -> dict[str, Any]:
    """A logged call as JSON, without its API key."""
    headers = {name: item for name, item in call.headers.items() if name != "authorization"}
    return dataclasses.asdict(call) | {
        "headers": headers,
        "body": call.body.decode("utf-8", "replace"),
    }


def _calls(sandbox: SandboxControls, _: dict[str, Any]) -> list[dict[str, Any]]:
    return [_call(call) for call in sandbox.calls]


def _clear_calls(sandbox: SandboxControls, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.clear_calls()
    return {}


def _add_fault(sandbox: SandboxControls, body: dict[str, Any]) -> list[dict[str, Any]]:
    sandbox.faults.add(body.pop("match", ""), body.pop("kind", "status"), **body)
    return sandbox.faults.planned


def _clear_faults(sandbox: SandboxControls, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.faults.clear()
    return {}


def _settle(sandbox: SandboxControls, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.settle()
    return {}


def _reset(sandbox: SandboxControls, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.reset()
    return {}


def _settings(sandbox: SandboxControls, body: dict[str, Any]) -> dict[str, Any]:
    """Change settings by name. `seed` and `customers` apply to companies that have not been requested yet."""
    known = {field.name for field in dataclasses.fields(Settings)}
    unknown = sorted(set(body) - known)
    if unknown:
        raise ValueError(f"unknown settings: {', '.join(unknown)}")
    check_secret(body.get("webhook_secret"))
    for name, item in body.items():
        setattr(sandbox.settings, name, item)
    return {name: item for name, item in body.items() if name not in _SECRET}


def _change(sandbox: SandboxControls, body: dict[str, Any]) -> dict[str, Any]:
    """`{"company": key, "customer": id, "fields": {...}}`: a change in the accounting software."""
    sandbox.change(body["company"], body["customer"], **body.get("fields", {}))
    return {}


def _online(sandbox: SandboxControls, body: dict[str, Any]) -> dict[str, Any]:
    """`{"company": key, "online": true}`: a desktop connector on or off."""
    sandbox.set_online(body["company"], body.get("online", True))
    return {}


def _status(sandbox: SandboxControls, body: dict[str, Any]) -> dict[str, Any]:
    """`{"company": key, "status": "Deauthorized"}`: the state of a company's accounting connections."""
    sandbox.set_status(body["company"], body["status"])
    return {}


def _redirect_target(_: SandboxControls, __: dict[str, Any]) -> dict[str, Any]:
    """The target of a `redirect` fault. A request for it means that the client followed."""
    return {"results": [], "totalResults": 0, "pageNumber": 1, "pageSize": 100, "_links": {}}


_HANDLERS: dict[tuple[str, str], Callable[[SandboxControls, dict[str, Any]], Any]] = {
    ("GET", ""): _state,
    ("GET", "calls"): _calls,
    ("DELETE", "calls"): _clear_calls,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "settle"): _settle,
    ("POST", "reset"): _reset,
    ("POST", "settings"): _settings,
    ("POST", "change"): _change,
    ("POST", "online"): _online,
    ("POST", "status"): _status,
    ("GET", "elsewhere"): _redirect_target,
}
