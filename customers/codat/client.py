"""Calls to Codat: credentials, limits, retries, and one error for each failure.

A call ends within its timeouts and the page's deadline. It returns a `JsonResponse` or a `Download`, or
raises one of the errors of errors.py. Before it is sent it passes the quota, the circuit breaker and the
concurrency limit of its company.
"""

from __future__ import annotations

import functools
import hashlib
import random
import time
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import simplejson
from django.conf import settings
from urllib3.response import BaseHTTPResponse

from customers.codat import cache, decoding
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
from customers.codat.http import responses
from customers.codat.http.auth import Secret, authorization
from customers.codat.http.call_context import Call, ends_at, record_write
from customers.codat.http.circuit_breaker import CircuitBreaker
from customers.codat.http.concurrency import ConcurrencyLimit
from customers.codat.http.download import Download
from customers.codat.http.latency import Latency
from customers.codat.http.quota import Quota, RateLimit
from customers.codat.http.request import ApiRequest, target
from customers.codat.http.responses import JsonResponse
from customers.codat.http.tracing import log_call
from customers.codat.http.transport import Transport

MAX_RETRIES = 2
# Seconds: the first delay is at most this, each next one at most twice as long.
BACKOFF = 0.3
# Seconds. After a longer Retry-After there is no retry, because a person is waiting.
MAX_RETRY_AFTER = 2
# Statuses that a GET is retried after; 0 is a lost connection.
RETRIED_STATUSES = (0, 429, 502, 503, 504)

T = TypeVar("T")
Read = Callable[[ApiRequest, BaseHTTPResponse, Call], T]


class Client:
    """Calls to one Codat account. Safe to share between threads; lives as long as the process.

    Timeouts are in seconds: ``connect_timeout`` per address, ``read_timeout`` per read,
    ``total_timeout`` for a whole call including its retries (a download: until its headers);
    `call_context.deadline` can only shorten it. ``max_concurrent`` calls may run for one company, and
    ``max_in_process`` in all.
    ``reserve`` is the share of the day's quota, 0 to 1, that background work leaves to people.
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
        max_concurrent: int = 10,
        max_in_process: int = 1000,
        reserve: float = 0.1,
    ) -> None:
        url = urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname or url.query:
            raise ValueError("Codat's base URL must be an http or https address without a query.")
        self.base_url = base_url.rstrip("/")
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.total_timeout = total_timeout
        headers = {
            "Authorization": Secret(auth_header),
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": "codatdash",
        }
        self.transport = Transport(headers, pool_size, proxies=proxies, verify=verify)
        # How long pages wait for Codat's copy, in this process.
        self.latency = Latency()
        # Names the account in a shared cache without revealing its key.
        self.identity = hashlib.sha256(f"{self.base_url}\0{auth_header}".encode()).hexdigest()
        self._quota = Quota(self.identity, reserve)
        self._breaker = CircuitBreaker(self.identity)
        self._limit = ConcurrencyLimit(self.identity, max_concurrent, max_in_process)

    def __repr__(self) -> str:
        return f"Client({self.base_url!r})"

    @property
    def rate_limit(self) -> RateLimit | None:
        """The day's quota as this or another process last read it; None before."""
        return self._quota.latest()

    def close(self) -> None:
        """Close all pooled connections."""
        self.transport.close()

    def get_json(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        decode: decoding.Decode = decoding.decode,
    ) -> JsonResponse:
        """GET, retried a bounded number of times within the deadline.

        ``path`` comes from `paths`. Parameters that are None or "" are left out. ``decode`` is one of `decoding`.
        """
        request = ApiRequest("GET", target(path, params), {})
        return self._call(request, functools.partial(responses.read_json, decode=decode))

    def send_json(
        self,
        method: str,
        path: str,
        params: Mapping[str, object] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> JsonResponse:
        """POST or PUT, never retried. ``body`` is JSON as bytes or text, an object to encode, or None.

        An error's ``may_have_arrived`` says whether Codat can have received it. The request uses a new
        connection: with a pooled one that Codat has just closed, it would be unknown whether the request arrived.
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
        request = ApiRequest(method, target(path, params), extra, data or b"", write=True)
        read = functools.partial(responses.read_json, decode=decoding.decode_exactly)
        record_write()
        return self._call(request, read)

    def stream(self, path: str, headers: Mapping[str, str] | None = None) -> Download:
        """GET a file. Its headers arrive within the deadline; its body has only the read timeout."""
        extra = {"Accept": "*/*", "Accept-Encoding": "identity"} | dict(headers or {})
        return self._call(
            ApiRequest("GET", target(path), extra),
            lambda request, response, call: Download(response, call, request.label),
        )

    def _call(self, request: ApiRequest, read: Read[T]) -> T:
        """One call with its limits and retries; ``read`` makes the result from a successful response."""
        until = ends_at(self.total_timeout)
        if until <= time.monotonic():
            raise TimedOut(f"{request.label}: deadline passed before sending")
        self._quota.admit(request.label)
        company, breaker = request.company, self._breaker
        if request.write and not breaker.is_closed(company):
            self._probe(request)
        probing = breaker.admit(company, request.label)
        try:
            with self._limit.slot(company, until, request.label):
                result = self._with_retries(request, read, until)
        except CodatError as error:
            breaker.record(company, error, probing=probing)
            raise
        breaker.record(company, None, probing=probing)
        return result

    def _probe(self, request: ApiRequest) -> None:
        """Before a write through a circuit that is not closed: use a read as the probe."""
        try:
            self.get_json(f"/companies/{request.company}")
        except (*OUTAGES, InvalidResponse) as error:
            wait = error.retry_after
            raise CircuitOpen(f"{request.label}: not sent", retry_after=wait) from error
        except ErrorResponse:
            return  # Codat responds; the write gets its own response.

    def _with_retries(self, request: ApiRequest, read: Read[T], until: float) -> T:
        attempt = 0
        while True:
            call = Call(
                until,
                self.connect_timeout,
                self.read_timeout,
                new_connection=request.write or attempt > 0,
            )
            try:
                return self._exchange(request, read, call, attempt)
            except (ConnectionLost, RateLimited, Unavailable) as error:
                delay = None if request.write else _retry_delay(error, call, attempt)
                if delay is None or time.monotonic() + delay >= until:
                    raise
            time.sleep(delay)
            attempt += 1

    def _exchange(self, request: ApiRequest, read: Read[T], call: Call, attempt: int) -> T:
        """One request and its response, with its line in the log."""
        started = time.monotonic()
        failure: CodatError | None = None
        response = None
        try:
            response = self.transport.send(self.base_url, request, call)
            self._quota.record(response.headers)
            responses.check_status(request, response, call)
            return read(request, response, call)
        except CodatError as error:
            failure = error
            if response is not None:
                response.close()
            raise
        finally:
            milliseconds = (time.monotonic() - started) * 1000
            log_call(request, response, failure, milliseconds, attempt + 1)


def _retry_delay(error: CodatError, call: Call, attempt: int) -> float | None:
    """Seconds before a GET is retried; None where it is not."""
    if attempt >= MAX_RETRIES or (error.status or 0) not in RETRIED_STATUSES:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= MAX_RETRY_AFTER else None
    if isinstance(error, RateLimited):
        return None
    if isinstance(error, ConnectionLost) and call.reused:
        # Codat closed a pooled connection while it was used, which is not a failure of Codat.
        return 0
    jitter = random.uniform(0.5, 1)  # noqa: S311 (no secret)
    return BACKOFF * jitter * float(2**attempt)


@functools.cache
def default_client() -> Client:
    """The client of this process, from the settings.

    Where processes share no cache, they do not know of each other's calls: those of the worker are left to it.
    """
    of_worker = 0 if cache.is_shared() else settings.CODAT_WORKER_CALLS_AT_ONCE
    return _from_settings(settings.CODAT_CALLS_AT_ONCE - of_worker)


def worker_client() -> Client:
    """The client of a worker, which takes its share of the calls of a company and no more.

    With a shared cache, the share of all workers together.
    """
    return _from_settings(settings.CODAT_WORKER_CALLS_AT_ONCE)


def _from_settings(max_concurrent: int) -> Client:
    proxy = settings.CODAT_PROXY
    return Client(
        settings.CODAT_BASE_URL,
        authorization(settings.CODAT_API_KEY, settings.CODAT_AUTH_HEADER),
        settings.CODAT_POOL_SIZE,
        settings.CODAT_CONNECT_TIMEOUT,
        settings.CODAT_READ_TIMEOUT,
        {"http": proxy, "https": proxy} if proxy else None,
        total_timeout=settings.CODAT_PAGE_DEADLINE,
        max_concurrent=max_concurrent,
        max_in_process=settings.CODAT_MAX_CALLS,
        reserve=settings.CODAT_QUOTA_RESERVE,
    )
