"""HTTP with Codat: one pooled session, credentials, timeouts, retries, errors mapped in one place.

The only module that imports ``requests``. It knows addresses and JSON, but no operation of Codat's.
A call ends within its read timeout per piece and within the page's deadline as a whole; it returns an
`Answer`, a `Download`, or raises one of the errors of errors.py. Before it leaves it passes the quota,
the circuit breaker and the places for calls about its company.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import simplejson
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.response import BaseHTTPResponse

from customers.codat import decoding, responses
from customers.codat.auth import Secret, authorization
from customers.codat.circuit_breaker import Breaker
from customers.codat.concurrency import Slots
from customers.codat.connections import (
    FAILURES,
    POOLS,
    Call,
    broken,
    deadline,
    ends_at,
    under,
    watching,
)
from customers.codat.download import Download
from customers.codat.errors import (
    OUTAGES,
    BadRequest,
    CircuitOpen,
    CodatError,
    ConnectionLost,
    ErrorResponse,
    InvalidResponse,
    RateLimited,
    TimedOut,
    Unavailable,
)
from customers.codat.quota import Quota, background
from customers.codat.request import Outgoing, segment, target
from customers.codat.responses import MAX_ERROR_BODY, Answer, bad, read_body, read_json
from customers.codat.tracing import trace

__all__ = [
    "Answer",
    "Client",
    "authorization",
    "background",
    "deadline",
    "default_client",
    "segment",
    "watching",
]

logger = logging.getLogger(__name__)

RETRIES = 2
# Seconds: the first pause is up to this, each next one up to twice as long.
BACKOFF = 0.3
# Seconds that a person may be kept waiting because Codat asked for it.
SHORT_WAIT = 2

T = TypeVar("T")


class _Adapter(HTTPAdapter):
    """An adapter whose connections keep the call's deadline."""

    def __init__(self, pool_size: int) -> None:
        self._pools: dict[tuple[str, str], Any] = {}
        super().__init__(pool_connections=1, pool_maxsize=pool_size)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> Any:
        """The pool of the host that is called, found once: a client's proxies and certificates stay the same."""
        scheme, _, host, *_ = str(request.url).split("/", 3)
        found = self._pools.get((scheme, host))
        if found is None:
            found = super().get_connection_with_tls_context(request, *args, **kwargs)
            self._pools[scheme, host] = found
        return found

    def close(self) -> None:
        """Close all connections."""
        self._pools.clear()
        super().close()

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """What we read is the raw answer; the cookies and the rest would cost a tenth of a call."""
        response = requests.Response()
        response.raw = resp
        return response


class Client:
    """Calls to one Codat account. Safe to share between threads; meant to live as long as the process.

    Timeouts are in seconds: ``connect_timeout`` per address, ``read_timeout`` per piece of an answer,
    ``total_timeout`` for a whole call including its retries (a download: until its headers), which
    `deadline` can only shorten. ``at_once`` is how many calls there may be about one company,
    ``reserve`` the share of the day's quota that `background` work leaves to people.
    """

    def __init__(
        self,
        base_url: str,
        auth_header: str,
        pool_size: int,
        connect_timeout: float = 3.05,
        read_timeout: float = 20,
        proxies: Mapping[str, str] | None = None,
        *,
        total_timeout: float = 60,
        verify: bool | str = True,
        at_once: int = 10,
        reserve: float = 0.1,
    ) -> None:
        address = urlsplit(base_url)
        if address.scheme not in ("http", "https") or not address.hostname or address.query:
            raise ValueError("Codat's base URL must be an http or https address without a query.")
        self.base_url = base_url.rstrip("/")
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.total_timeout = total_timeout
        self._verify = verify
        self._proxies = dict(proxies or {})
        self._session = requests.Session()
        self._session.trust_env = False
        adapter = _Adapter(pool_size)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._headers = {
            "Authorization": Secret(auth_header),
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": "codatdash",
        }

        # Names the account in a shared cache without telling its key.
        self.identity = hashlib.sha256(f"{self.base_url}\0{auth_header}".encode()).hexdigest()
        self._quota = Quota(self.identity, reserve)
        self._breaker = Breaker(self.identity)
        self._slots = Slots(self.identity, at_once)

    def __repr__(self) -> str:
        return f"Client({self.base_url!r})"

    @property
    def rate_limit(self) -> responses.RateLimit | None:
        """The day's quota as this process or another saw it last; None before."""
        return self._quota.left()

    def close(self) -> None:
        """Close all connections that are kept."""
        self._session.close()

    def get_json(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        parse: decoding.Parse = decoding.parse,
    ) -> Answer:
        """GET. ``path`` is made of `segment`s; parameters that are None or "" are left out.

        ``parse`` reads the body, one of `answers`. Retried a little, within the deadline.
        """
        request = Outgoing("GET", target(path, params), {})
        return self._call(request, functools.partial(read_json, parse=parse))

    def send_json(
        self,
        method: str,
        path: str,
        params: Mapping[str, object] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST or PUT, once. ``body`` is JSON as bytes or text, an object to encode, or None.

        A failure's ``may_have_arrived`` says whether Codat can have got it: the request leaves on a
        connection of its own, so a kept one that Codat has just closed leaves no doubt behind.
        """
        if body is not None and not isinstance(body, str | bytes):
            body = simplejson.dumps(body, use_decimal=True, ensure_ascii=False)
        try:
            data = body.encode() if isinstance(body, str) else body
        except UnicodeEncodeError:
            raise BadRequest(
                "a body that is not text",
                sentence=(
                    "Nothing was sent, because what you typed has characters that cannot be sent."
                    " Remove them and try again."
                ),
            ) from None

        extra = {"Content-Type": "application/json"} | dict(headers or {})
        request = Outgoing(method, target(path, params), extra, data or b"", write=True)
        return self._call(request, functools.partial(read_json, parse=decoding.parse_exactly))

    def stream(self, path: str, headers: Mapping[str, str] | None = None) -> Download:
        """GET a file. Everything up to its headers is bounded as for JSON, its body per piece."""
        extra = {"Accept": "*/*", "Accept-Encoding": "identity"} | dict(headers or {})
        return self._call(
            Outgoing("GET", target(path), extra),
            lambda request, response, call: Download(response, call, request.what),
        )

    def _call(self, request: Outgoing, read: Callable[[Outgoing, BaseHTTPResponse, Call], T]) -> T:
        """One call with its retries, ``read`` taking what is needed from a good answer."""
        until = ends_at(self.total_timeout)
        if until <= time.monotonic():
            raise TimedOut(f"{request.what}: no time left to begin")
        self._quota.admit(request.what)
        company, breaker = request.company, self._breaker
        if request.write and not breaker.is_closed(company):
            self._ask_first(request)
        probing = breaker.enter(company, request.what)
        try:
            with self._slots.held(company, until, request.what):
                answer = self._tried(request, read, until)
        except CodatError as error:
            breaker.note(company, error, probing=probing)
            raise
        breaker.note(company, None, probing=probing)
        return answer

    def _ask_first(self, request: Outgoing) -> None:
        """Before a write through a circuit that is not closed: let a reading be the probe."""
        try:
            self.get_json(f"/companies/{request.company}")
        except (*OUTAGES, InvalidResponse) as error:
            wait = error.retry_after
            raise CircuitOpen(f"{request.what}: not sent", retry_after=wait) from error
        except ErrorResponse:
            return  # An answer all the same; the write gets its own.

    def _tried(
        self, request: Outgoing, read: Callable[[Outgoing, BaseHTTPResponse, Call], T], until: float
    ) -> T:
        attempt = 0
        while True:
            call = Call(until, self.read_timeout, fresh=request.write or attempt > 0)
            try:
                return self._exchange(request, read, call, attempt)
            except (ConnectionLost, RateLimited, Unavailable) as error:
                pause = None if request.write else _pause(error, call, attempt)
                if pause is None or time.monotonic() + pause >= until:
                    raise
            time.sleep(pause)
            attempt += 1

    def _exchange(
        self,
        request: Outgoing,
        read: Callable[[Outgoing, BaseHTTPResponse, Call], T],
        call: Call,
        attempt: int,
    ) -> T:
        """One request and its answer, with its line in the log."""
        started = time.monotonic()
        failure: CodatError | None = None
        response = None
        try:
            response = self._open(request, call)
            self._quota.note(response.headers)
            if response.status >= 400:
                raise responses.refusal(
                    response.status,
                    response.headers,
                    read_body(request, response, call, limit=MAX_ERROR_BODY),
                    request.what,
                    write=request.write,
                )
            if not 200 <= response.status < 300:
                raise bad(request, response, f"unexpected status {response.status}")
            return read(request, response, call)
        except CodatError as error:
            failure = error
            if response is not None:
                response.close()
            raise
        finally:
            _log(request, response, failure, (time.monotonic() - started) * 1000, attempt + 1)

    def _open(self, request: Outgoing, call: Call) -> BaseHTTPResponse:
        """Send a request and read the headers of its answer."""
        # Put together by hand: the session would merge settings, cookies and redirects into it, and
        # "prepare" rewrites addresses.
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url = request.method, self.base_url + request.target
        prepared.headers = CaseInsensitiveDict({**self._headers, **request.headers})
        prepared.body = request.body
        if request.body is not None:
            prepared.headers["Content-Length"] = str(len(request.body))
        try:
            patience = (call.patience(self.connect_timeout), call.patience(self.read_timeout))
        except TimeoutError:
            raise TimedOut(f"{request.what}: no time left to begin") from None
        try:
            with under(call):
                response = self._session.get_adapter(prepared.url).send(
                    prepared,
                    stream=True,
                    timeout=patience,
                    verify=self._verify,
                    proxies=self._proxies,
                )
            raw: BaseHTTPResponse = response.raw
            return raw
        except FAILURES as error:
            failure = broken(error, call, request.what, write=request.write)
        raise failure


def _log(
    request: Outgoing,
    response: BaseHTTPResponse | None,
    failure: CodatError | None,
    elapsed: float,
    attempt: int,
) -> None:
    """The line of one call; `event` is for structured logs."""
    status = response.status if response is not None else None
    ours = trace.get()
    if ours is not None:
        ours.calls.append(elapsed)
    event = {
        "event": "call",
        "method": request.method,
        "route": request.route,
        "status": status,
        "ms": round(elapsed, 1),
        "attempt": attempt,
        "error": type(failure).__name__ if failure else "",
        "correlation_id": failure.correlation_id
        if failure
        else responses.correlation_id(response.headers if response is not None else {}),
    }
    outcome = " ".join(str(part) for part in (status, event["error"]) if part)
    logger.info(
        "%s: %s in %.0f ms", request.what, outcome or "failed", elapsed, extra={"facts": event}
    )


def _pause(error: CodatError, call: Call, attempt: int) -> float | None:
    """Seconds before a GET may be tried again; None where it may not."""
    if attempt >= RETRIES or (error.status or 0) not in (0, 429, 502, 503, 504):
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= SHORT_WAIT else None
    if isinstance(error, RateLimited):
        return None
    if isinstance(error, ConnectionLost) and call.reused:
        # A kept connection that Codat closed as we took it up: nothing is wrong with Codat.
        return 0
    jitter = random.uniform(0.5, 1)  # noqa: S311 (no secret)
    return BACKOFF * jitter * float(2**attempt)


@functools.cache
def default_client() -> Client:
    """The process-wide client, from the settings."""
    proxy = settings.CODAT_PROXY
    return Client(
        settings.CODAT_BASE_URL,
        authorization(settings.CODAT_API_KEY, settings.CODAT_AUTH_HEADER),
        settings.CODAT_POOL_SIZE,
        settings.CODAT_CONNECT_TIMEOUT,
        settings.CODAT_READ_TIMEOUT,
        {"http": proxy, "https": proxy} if proxy else None,
        total_timeout=settings.CODAT_PAGE_DEADLINE,
        at_once=settings.CODAT_CALLS_AT_ONCE,
        reserve=settings.CODAT_QUOTA_RESERVE,
    )
