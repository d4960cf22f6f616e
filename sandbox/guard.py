"""Protects the controls: only programs of this machine and the sandbox's own page may use them."""

from __future__ import annotations

from urllib.parse import urlsplit

from .server import Request

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def refusal(request: Request) -> str:
    """Why a request is refused, as a sentence; "" where it is not.

    The sandbox listens on 127.0.0.1 only, but a page from elsewhere in the same browser can post to it, or reach it
    through a name that resolves to this machine. A browser names the host it was sent to and the page it comes from;
    a program sends no `Origin`.
    """
    host = request.headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        name = None
    if name not in _LOOPBACK:
        return "The controls are for this machine only: use http://127.0.0.1 as the address."
    origin = request.headers.get("origin")
    from_elsewhere = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    own = origin is None or origin == f"http://{host}"
    if request.method not in ("GET", "HEAD") and not (own and not from_elsewhere):
        return "Another page tried to use the controls. Open the sandbox's own page."
    return ""
