"""Minimal HTTP clients, so that the time is the server's: a persistent connection, many connections, slow readers."""

from __future__ import annotations

import http.client
import re
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

TIMEOUT = 60.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
# What Chromium and Firefox send over HTTP.
ENCODINGS = "gzip, deflate, br"


@dataclass(frozen=True, slots=True)
class Response:
    """One response: `body` as it was sent, `seconds` from the first byte sent to the last byte read."""

    status: int
    head: str
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        """A header's value, "" where it is missing."""
        found = re.search(rf"^{name}: *(.*?)\r?$", self.head, re.IGNORECASE | re.MULTILINE)
        return found[1] if found else ""


class Browser:
    """A persistent connection to 127.0.0.1 with cookies. With `encodings` "" bodies are not compressed."""

    def __init__(self, port: int, cookie: str = "", encodings: str = ENCODINGS) -> None:
        self.port, self.cookie, self.encodings = port, cookie, encodings
        self._sock: socket.socket | None = None

    def request(self, path: str) -> bytes:
        """A GET request as bytes."""
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"Accept-Encoding: {self.encodings}"] if self.encodings else []
        lines += [f"Cookie: {self.cookie}"] if self.cookie else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def get(self, path: str) -> Response:
        """The response; ConnectionError where the server disconnects. It has to have a Content-Length."""
        if self._sock is None:
            self._sock = connect(self.port)
        request = self.request(path)
        started = time.perf_counter()
        self._sock.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += _receive(self._sock)
        length = _LENGTH.search(received, 0, end + 2)
        if length is None:
            raise ConnectionError(f"{path} has no Content-Length: {received[:200]!r}")
        parts, missing = [received[end + 4 :]], int(length[1]) - (len(received) - end - 4)
        while missing > 0:
            parts.append(_receive(self._sock))
            missing -= len(parts[-1])
        seconds = time.perf_counter() - started
        head = received[:end].decode("latin-1")
        return Response(int(head.split(" ", 2)[1]), head, b"".join(parts), seconds)

    def page(self, path: str) -> Response:
        """A response that has to be a page. ConnectionError where it is not."""
        response = self.get(path)
        if response.status != 200:
            raise ConnectionError(f"{path} returned {response.status}")
        return response

    def seconds(self, path: str) -> float:
        """The seconds of `page`."""
        return self.page(path).seconds

    def close(self) -> None:
        """End the connection."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None


def connect(port: int, receive_buffer: int = 0) -> socket.socket:
    """A connection to 127.0.0.1; a small `receive_buffer` in bytes makes the server wait for a slow reader."""
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(TIMEOUT)
    sock.connect(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _receive(sock: socket.socket) -> bytes:
    data = sock.recv(262_144)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def sign_in(port: int, path: str, user: str, password: str) -> str:
    """Sign in on a page of Django's; the value of the Cookie header."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = _TOKEN.search(answer.read().decode())
    cookies = _cookies(answer)
    fields = {
        "username": user,
        "password": password,
        "csrfmiddlewaretoken": found[1] if found else "",
    }
    connection.request(
        "POST",
        path,
        urlencode(fields),
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        },
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    cookies |= _cookies(answer)
    if "sessionid" not in cookies:
        raise ConnectionError(f"no session after signing in at {path}: {answer.status}")
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def _cookies(answer: http.client.HTTPResponse) -> dict[str, str]:
    pairs = [value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie", [])]
    return dict(pair.split("=", 1) for pair in pairs)


def load(browser: Browser, path: str, people: int, seconds: float) -> tuple[int, float]:
    """How many pages so many people get, and in how many seconds; each requests the next page immediately.

    It takes longer than `seconds` if some have not received a page by then.
    """
    request, selector = browser.request(path), selectors.DefaultSelector()
    # Bytes that each connection has still to read; None until its headers have been read.
    missing: dict[socket.socket, int | None] = {}
    heads: dict[socket.socket, bytes] = {}
    for _ in range(people):
        sock = connect(browser.port)
        selector.register(sock, selectors.EVENT_READ, sock)
        missing[sock], heads[sock] = None, b""
        sock.sendall(request)
    pages, started = 0, time.monotonic()
    while (took := time.monotonic() - started) < seconds or (pages < people and took < TIMEOUT):
        for key, _ in selector.select(1):
            sock = key.data
            data = _receive(sock)
            waits = missing[sock]
            if waits is None:
                heads[sock] += data
                split = heads[sock].find(b"\r\n\r\n")
                if split < 0:
                    continue
                length = _LENGTH.search(heads[sock], 0, split + 2)
                if length is None or b" 200 " not in heads[sock][:20]:
                    raise ConnectionError(f"{path} answered {heads[sock][:80]!r}")
                waits = int(length[1]) - (len(heads[sock]) - split - 4)
            else:
                waits -= len(data)
            if waits > 0:
                missing[sock] = waits
                continue
            pages += 1
            missing[sock], heads[sock] = None, b""
            sock.sendall(request)
    for sock in missing:
        sock.close()
    return pages, time.monotonic() - started


class SlowReaders:
    """Downloads that are read at `rate` bytes a second each. `failures` counts those that were interrupted."""

    TICK = 0.1

    def __init__(self, browser: Browser, path: str, count: int, rate: int) -> None:
        self.failures = 0
        self.received = 0
        self._piece = int(rate * self.TICK)
        self._stop = threading.Event()
        self._socks = [connect(browser.port, receive_buffer=32_768) for _ in range(count)]
        for sock in self._socks:
            sock.sendall(browser.request(path))
        for sock in self._socks:
            if b" 200 " not in sock.recv(4096)[:20]:
                self.failures += 1
        self._thread = threading.Thread(target=self._read, name="slow-readers")
        self._thread.start()

    def _read(self) -> None:
        while not self._stop.wait(self.TICK):
            for sock in list(self._socks):
                try:
                    size = len(sock.recv(self._piece))
                except OSError:
                    size = 0
                self.received += size
                if not size:
                    self.failures += 1
                    self._socks.remove(sock)
                    sock.close()

    def close(self) -> None:
        """Disconnect before the end."""
        self._stop.set()
        self._thread.join()
        for sock in self._socks:
            sock.close()


@contextmanager
def slow_readers(browser: Browser, path: str, count: int, rate: int) -> Iterator[SlowReaders]:
    """`SlowReaders` while the block runs."""
    readers = SlowReaders(browser, path, count, rate)
    try:
        yield readers
    finally:
        readers.close()
