"""Sends one request to Codat and returns its raw response. The only module that imports ``requests``."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from customers.codat.errors import (
    ClientDisconnected,
    CodatError,
    ConnectionLost,
    InvalidResponse,
    TimedOut,
    Unreachable,
)
from customers.codat.http.call_context import Call, bound
from customers.codat.http.connections import POOLS, ClientClosed
from customers.codat.http.request import ApiRequest
from customers.codat.text import log_text

# What a failed exchange can raise at this level; anything else is a bug in the dashboard.
NETWORK_ERRORS = (HTTPError, http.client.HTTPException, OSError)


class Adapter(HTTPAdapter):
    """An adapter whose connections keep the call's deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager


class Transport:
    """A pool of connections. Safe to share between threads.

    ``headers`` go with every request; ``verify`` is as in requests. Settings of the environment
    (proxies, netrc) are not used.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        pool_size: int,
        *,
        proxies: Mapping[str, str] | None = None,
        verify: bool | str = True,
    ) -> None:
        self.verify = verify
        self._headers = dict(headers)
        self._proxies = dict(proxies or {})
        self._adapter = Adapter(pool_connections=1, pool_maxsize=pool_size)

    def close(self) -> None:
        """Close all pooled connections."""
        self._adapter.close()

    def send(self, base_url: str, request: ApiRequest, call: Call) -> BaseHTTPResponse:
        """Send a request and read the headers of its response. Raises CodatError.

        A call with ``new_connection`` gets a pool of its own, so that no connection which Codat has just
        closed leaves it unknown whether the request arrived.
        """
        try:
            timeout = (call.remaining(call.connect_timeout), call.remaining(call.read_timeout))
        except TimeoutError:
            raise TimedOut(f"{request.label}: deadline passed before sending") from None
        adapter = (
            Adapter(pool_connections=1, pool_maxsize=1) if call.new_connection else self._adapter
        )
        try:
            with bound(call):
                response = adapter.send(
                    self._prepare(base_url, request),
                    stream=True,
                    timeout=timeout,
                    verify=self.verify,
                    proxies=self._proxies,
                )
            raw: BaseHTTPResponse = response.raw
            return raw
        except NETWORK_ERRORS as error:
            failure = to_codat_error(error, call, request.label, write=request.write)
        raise failure

    def _prepare(self, base_url: str, request: ApiRequest) -> PreparedRequest:
        """Without a session, which would add cookies and settings, and without ``prepare``, which rewrites URLs."""
        prepared = PreparedRequest()
        prepared.method, prepared.url = request.method, base_url + request.target
        prepared.headers = CaseInsensitiveDict({**self._headers, **request.headers})
        prepared.body = request.body
        if request.body is not None:
            prepared.headers["Content-Length"] = str(len(request.body))
        return prepared


def to_codat_error(error: Exception, call: Call, label: str, *, write: bool) -> CodatError:
    """The `CodatError` for a failed exchange. Raise it outside of the ``except`` that caught ``error``.

    Its cause is the innermost failure alone: the layers above repeat the URL with its query, and their
    frames and contexts hold the request's headers.
    """
    root: BaseException = error
    while isinstance(inner := root.__cause__ or root.__context__, NETWORK_ERRORS):
        root = inner
    root.__traceback__ = root.__cause__ = root.__context__ = None
    detail = f"{label}: {type(root).__name__}: {log_text(str(root))}"
    codat_error: CodatError
    if not call.sent:
        codat_error = Unreachable(detail)
    elif isinstance(root, ClientClosed):
        codat_error = ClientDisconnected(detail, may_have_arrived=write)
    elif isinstance(root, TimeoutError):
        codat_error = TimedOut(detail, may_have_arrived=write)
    elif isinstance(root, OSError | http.client.IncompleteRead):
        codat_error = ConnectionLost(detail, may_have_arrived=write)
    else:
        codat_error = InvalidResponse(detail, may_have_arrived=write)
    codat_error.__cause__ = root
    return codat_error
