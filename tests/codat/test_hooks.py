"""The hooks of other libraries that the client overrides. A test names a hook that no longer exists."""

from __future__ import annotations

import http.client
import inspect
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from customers.codat.http import connections, transport

CONNECTIONS = [HTTPConnection, HTTPSConnection]
POOLS: dict[str, Any] = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}


@pytest.mark.parametrize("hook", ["_new_conn", "connect", "request", "is_closed", "response_class"])
@pytest.mark.parametrize("connection", CONNECTIONS)
def test_connection_has(connection: Any, hook: str) -> None:
    assert hasattr(connection, hook)


@pytest.mark.parametrize("connection", CONNECTIONS)
def test_connect_calls_new_conn(connection: Any) -> None:
    assert "self._new_conn()" in inspect.getsource(connection.connect)


def test_response_class_makes_the_response_and_reads_from_makefile() -> None:
    assert "self.response_class(" in inspect.getsource(http.client.HTTPConnection.getresponse)
    assert ".makefile(" in inspect.getsource(http.client.HTTPResponse.__init__)


def test_begin_reads_the_headers_and_is_called_for_each_response() -> None:
    assert "response.begin()" in inspect.getsource(http.client.HTTPConnection.getresponse)
    source = inspect.getsource(http.client.HTTPResponse.begin)
    assert "if self.headers is not None:" in source
    for attribute in ("chunked", "chunk_left", "length", "will_close"):
        assert f"self.{attribute} = " in source


@pytest.mark.parametrize("scheme", POOLS)
def test_connection_cls_makes_the_connection(scheme: str) -> None:
    base, pool = POOLS[scheme], connections.POOLS[scheme]
    assert "self.ConnectionCls(" in inspect.getsource(base._new_conn)
    assert issubclass(pool.ConnectionCls, base.ConnectionCls)


@pytest.mark.parametrize("manager", [PoolManager(), ProxyManager("http://127.0.0.1:9")])
def test_pool_classes_by_scheme_is_the_table_of_pools(manager: PoolManager) -> None:
    assert set(manager.pool_classes_by_scheme) == set(connections.POOLS)


@pytest.mark.parametrize("hook", ["init_poolmanager", "proxy_manager_for", "poolmanager"])
def test_adapter_has(hook: str) -> None:
    assert hasattr(HTTPAdapter(), hook)


@pytest.mark.parametrize("proxies", [{}, {"http": "http://127.0.0.1:9"}])
def test_the_adapter_uses_our_pools(proxies: dict[str, str]) -> None:
    request = requests.Request("GET", "http://codat.invalid/").prepare()
    pool = transport.Adapter().get_connection_with_tls_context(request, True, proxies=proxies)
    assert type(pool) is connections.POOLS["http"]
