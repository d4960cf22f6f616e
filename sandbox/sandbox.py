"""The Sandbox object: the controls and an HTTP server."""

from __future__ import annotations

import base64
import threading
import time
from collections import Counter
from typing import Any

from . import control_api, guard, tour
from .controls import SandboxControls
from .data.companies import PLANS
from .errors import ApiError, error_body
from .faults import Fault
from .routes import route
from .server import Call, Request, Response, Server
from .webhooks import check_secret
from .world import Settings

DAY = 86_400


class Sandbox(SandboxControls):
    """The sandbox on 127.0.0.1, over real HTTP.

    For the arguments see `Settings`; `port` 0 uses a free one. Use it as a context manager, or call
    `start()` and `stop()`.
    """

    def __init__(
        self,
        port: int = 0,
        seed: int = 1,
        customers: int = 5000,
        latency: float = 0.0,
        api_key: str = "sandbox-key",
        push_delay: float = 1.0,
        sync_delay: float = 1.5,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        **settings: Any,
    ) -> None:
        check_secret(webhook_secret)
        super().__init__(
            Settings(
                seed=seed,
                customers=customers,
                latency=latency,
                push_delay=push_delay,
                sync_delay=sync_delay,
                webhook_url=webhook_url,
                webhook_secret=webhook_secret,
                **settings,
            )
        )
        self.api_key = api_key
        self.auth_header = "Basic " + base64.b64encode(api_key.encode()).decode()
        self._running: Counter[str] = Counter()
        self._running_lock = threading.Lock()
        self._server = Server(port, self._handle)
        self._thread: threading.Thread | None = None
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.world.base_url = self.url

    def start(self) -> Sandbox:
        """Begin to serve, in threads."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True
        )
        self._thread.start()
        self.world.schedule.start()
        self.webhooks.start()
        return self

    def stop(self) -> None:
        """Close every connection and end every thread."""
        self.faults.clear()
        if self._thread is None:
            self._server.server_close()
            return
        self._server.close()
        self.world.schedule.stop()
        self.webhooks.stop()
        self._thread.join()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def open_connections(self) -> int:
        """How many sockets are connected."""
        return len(self._server.open)

    def _handle(self, request: Request) -> tuple[Response, Call]:
        """Handle one request: log, faults, key, limits, latency, then the route."""
        call = Call(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            body=request.body,
            started=time.time(),
        )
        if request.segments[0] in ("", "_sandbox"):
            if request.segments[1:2] == ["elsewhere"]:
                self._calls.append(call)
            response = self._own(request)
            call.status = response.status
            return response, call
        self._calls.append(call)
        fault = self.faults.take(f"{request.method} {request.target}")
        if fault is not None and not fault.handled and fault.kind in {"reset", "hang"}:
            return fault.apply(None, self.url, self.faults.released), call
        response = self._limited(request, fault)
        call.status = response.status
        return response, call

    def _own(self, request: Request) -> Response:
        """The response of the page *Try it* and of the controls, which are not Codat's."""
        refusal = guard.refusal(request)
        if refusal:
            return Response(403, refusal.encode(), "text/plain; charset=utf-8")
        return tour.respond(self, request) or control_api.respond(self, request)

    def _limited(self, request: Request, fault: Fault | None) -> Response:
        """The response with its rate-limit headers, or 401, or 429."""
        if request.headers.get("authorization") != self.auth_header:
            return Response(401, error_body(401))
        key = request.segments[1] if len(request.segments) > 1 else ""
        with self._running_lock:
            self._running[key] += 1
            too_many = self.settings.max_concurrent is not None and key != ""
            too_many = too_many and self._running[key] > (self.settings.max_concurrent or 0)
            self.world.used += 1
        try:
            headers = self._rate_headers()
            if too_many:
                response = Response(429, error_body(429), headers={"Retry-After": "1"})
            elif self._over_quota():
                wait = str(DAY - int(time.time()) % DAY)
                response = Response(429, error_body(429), headers={"Retry-After": wait})
            else:
                response = self._idempotency.run(request, lambda: self._answer(request, fault))
                if fault is not None and fault.handled:
                    response = fault.apply(response, self.url, self.faults.released)
            response.headers |= headers
            return response
        finally:
            with self._running_lock:
                self._running[key] -= 1

    def _over_quota(self) -> bool:
        quota = self.settings.daily_quota
        if quota is None or self.world.used <= quota:
            return False
        if self.world.used == quota + 1:
            expiry = int(time.time()) // DAY * DAY + DAY
            self.webhooks.emit(
                "client.rateLimit.reached",
                {
                    "dailyQuota": quota,
                    "quotaRemaining": 0,
                    "expiryDate": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expiry)),
                },
            )
        return True

    def _rate_headers(self) -> dict[str, str]:
        """The rate-limit headers. They are documented; that `Reset` is a Unix time is assumed."""
        limit = self.settings.daily_quota
        if limit is None:
            linked = sum(any(link.status == "Linked" for link in plan.links) for plan in PLANS)
            limit = 1000 * (1 + linked)
            remaining = limit - self.world.used % limit
        else:
            remaining = max(limit - self.world.used, 0)
        return {
            "X-Rate-Limit-Limit": str(limit),
            "X-Rate-Limit-Remaining": str(remaining),
            "X-Rate-Limit-Reset": str(int(time.time()) // DAY * DAY + DAY),
        }

    def _answer(self, request: Request, fault: Fault | None) -> Response:
        """The response of the route, or of a fault instead, after the latency: the call is running meanwhile."""
        if self.settings.latency:
            time.sleep(self.settings.latency)
        if fault is not None and fault.kind == "delay":
            self.faults.released.wait(fault.seconds)
        if fault is not None and not fault.handled:
            return fault.apply(None, self.url, self.faults.released)
        self.world.schedule.run_due()
        try:
            with self.world.schedule.lock:
                return route(self.world, request)
        except ApiError as error:
            return Response(error.status, error.body(), headers=dict(error.headers))
