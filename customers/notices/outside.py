"""Posts to addresses that staff have typed, without a way into the inside of the network.

An address is https on port 443, of a host on a list. Its name is resolved once, every address that it has is checked,
and the connection is made to one of those: a second answer of the name server is never asked for. The name is still
what the certificate is checked against. No redirect is followed, no proxy is used, and the response is not read beyond
its status.
"""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from urllib.parse import urlsplit

from django.conf import settings
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

MAX_URL = 2000
PORT = 443
# Seconds: to connect, and between two parts of the response; for all of it after the connection is made.
TIMEOUT, DEADLINE = 10.0, 20.0
# Addresses of a name that are tried.
_MAX_ADDRESSES = 3
# Of IPv6 only these are given to hosts. Those that stand for an IPv4 address (NAT64, mapped ones) are others.
_UNICAST = ipaddress.ip_network("2000::/3")
# Public by their number, and yet not a host's: relays to IPv4, and documentation.
_SPECIAL = tuple(map(ipaddress.ip_network, ("2002::/16", "3fff::/20", "192.88.99.0/24")))


class RefusedAddressError(ValueError):
    """An address that is not posted to; str(e) is a sentence for those who typed it."""


class PostFailedError(Exception):
    """A post that was not accepted; str(e) is a sentence without anything of the address or the response."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: its host, and what the request line has."""

    host: str
    path: str


def checked(url: str) -> Target:
    """An address that may be posted to, as far as its text says. Raises RefusedAddressError."""
    if (
        len(url) > MAX_URL
        or not url.isascii()
        or not url.isprintable()
        or "\\" in url
        or " " in url
    ):
        raise RefusedAddressError("Enter an address without spaces or special characters.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise RefusedAddressError("Enter an address that begins with https://.") from None
    if parts.scheme != "https" or not host:
        raise RefusedAddressError("Enter an address that begins with https://.")
    if "@" in parts.netloc or port not in (None, PORT):
        raise RefusedAddressError("Enter an address without a user name and without a port.")
    if not _is_listed(host):
        raise RefusedAddressError(
            f"Messages may not be sent to {host[:100]}. Ask who operates the dashboard to allow it."
        )
    return Target(host, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Post a body. Raises RefusedAddressError, PostFailedError."""
    target = checked(url)
    error: Exception | None = None
    for address, port, ca_file in _places(target.host)[:_MAX_ADDRESSES]:
        # Options of urllib3 for a connection to an address under a name: the certificate has to be the name's.
        connection = HTTPSConnection(
            address,
            port,
            timeout=TIMEOUT,
            ssl_context=ssl.create_default_context(cafile=ca_file),
            server_hostname=target.host,
        )
        with contextlib.closing(connection):
            try:
                connection.connect()
            except (HTTPError, OSError) as failure:
                # Nothing was sent, so the next address may be tried.
                error = failure
                continue
            _accept(_status(connection, target, body, headers))
            return
    raise PostFailedError(f"No connection could be made ({type(error).__name__}).") from error


def _status(
    connection: HTTPSConnection, target: Target, body: bytes, headers: Mapping[str, str]
) -> int:
    """The status of the response, of which nothing else is read."""
    try:
        with _ending(connection) as is_ended:
            connection.request(
                "POST",
                target.path,
                body,
                {"Host": target.host, **headers},
                preload_content=False,
            )
            status = connection.getresponse().status
    except (HTTPError, HTTPException, OSError) as error:
        raise PostFailedError(f"The receiver did not answer ({type(error).__name__}).") from error
    # The end of a connection reads like the end of the headers.
    if is_ended.is_set():
        raise PostFailedError("The receiver did not answer in time.")
    return status


@contextmanager
def _ending(connection: HTTPSConnection) -> Iterator[threading.Event]:
    """End a connection after a time, which sets the event: a time-out of its socket begins anew with each byte."""
    is_ended = threading.Event()

    def end() -> None:
        is_ended.set()
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(DEADLINE, end)
    timer.start()
    try:
        yield is_ended
    finally:
        timer.cancel()


def _accept(status: int) -> None:
    if 300 <= status < 400:
        raise PostFailedError("The receiver redirects, which is not followed.")
    if not 200 <= status < 300:
        raise PostFailedError(f"The receiver answered with status {status}.")


def _is_listed(host: str) -> bool:
    return any(
        host.endswith(listed) if listed.startswith(".") else host == listed
        for listed in (name.lower().rstrip(".") for name in settings.NOTICE_HOSTS)
    )


def _places(host: str) -> Sequence[tuple[str, int, str | None]]:
    """The address, port and file of trusted certificates (None for those of the system) of each way to a host.

    Raises RefusedAddressError where one of its addresses is inside, PostFailedError where it has none.
    """
    receiver: tuple[str, int, str] | None = settings.NOTICE_RECEIVERS_OF_TESTS.get(host)
    if receiver is not None:
        return [receiver]
    try:
        found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise PostFailedError("The name of the host has no address.") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not all(map(is_outside, addresses)):
        raise RefusedAddressError("The name of the host leads to an address that is not public.")
    # IPv4 first: many hosts have no way to IPv6 ones.
    return [(each, PORT, None) for each in sorted(addresses, key=lambda each: ":" in each)]


def is_outside(text: str) -> bool:
    """Whether an address is public: not of this machine, nor of a network beside it, nor such a one in disguise."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return False
    is_special = any(address in network for network in _SPECIAL)
    return address.is_global and not address.is_multicast and not is_special
