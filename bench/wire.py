"""Clients as thin as can be: a kept connection, many at once, slow readers. So that what is timed is the server."""

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

PATIENCE = 60.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
# As Chromium and Firefox ask over HTTP; what a server has of these is its own choice.
ENCODINGS = "gzip, deflate, br"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `size` is that of the body as it travelled, `seconds` from the first byte sent to the last read."""

    status: int
    head: str
    body: bytes
    seconds: float

    def header(self, name: str) -> str:
        """A header's value, "" where it is missing."""
        found = re.search(rf"^{name}: *(.*?)\r?$", self.head, re.IGNORECASE | re.MULTILINE)
        return found[1] if found else ""


class Browser:
    """A kept connection to 127.0.0.1 with cookies. `encodings` "" asks for bodies as they are."""

    def __init__(self, port: int, cookie: str = "", encodings: str = ENCODINGS) -> None:
        self.port, self.cookie, self.encodings = port, cookie, encodings
        self._sock: socket.socket | None = None

    def request(self, path: str) -> bytes:
        """A GET of this browser's, as it travels."""
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"Accept-Encoding: {self.encodings}"] if self.encodings else []
        lines += [f"Cookie: {self.cookie}"] if self.cookie else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def get(self, path: str) -> Reply:
        """The answer; ConnectionError where the server hangs up. Needs a Content-Length."""
        if self._sock is None:
            self._sock = connect(self.port)
        request = self.request(path)
        started = time.perf_counter()
        self._sock.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += _some(self._sock)
        length = _LENGTH.search(received, 0, end + 2)
        if length is None:
            raise ConnectionError(f"{path} has no Content-Length: {received[:200]!r}")
        pieces, missing = [received[end + 4 :]], int(length[1]) - (len(received) - end - 4)
        while missing > 0:
            pieces.append(_some(self._sock))
            missing -= len(pieces[-1])
        seconds = time.perf_counter() - started
        head = received[:end].decode("latin-1")
        return Reply(int(head.split(" ", 2)[1]), head, b"".join(pieces), seconds)

    def page(self, path: str) -> Reply:
        """An answer that has to be a page. ConnectionError where it is not."""
        reply = self.get(path)
        if reply.status != 200:
            raise ConnectionError(f"{path} answered {reply.status}")
        return reply

    def seconds(self, path: str) -> float:
        """What `page` took."""
        return self.page(path).seconds

    def close(self) -> None:
        """End the connection."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None


def connect(port: int, receive_buffer: int = 0) -> socket.socket:
    """A connection to 127.0.0.1; a small `receive_buffer` in bytes makes a slow reader be felt."""
    sock = socket.socket()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(PATIENCE)
    sock.connect(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _some(sock: socket.socket) -> bytes:
    piece = sock.recv(262_144)
    if not piece:
        raise ConnectionError("the server closed the connection")
    return piece


def sign_in(port: int, path: str, user: str, password: str) -> str:
    """Sign in through a page of Django's; the cookies to send from then on."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
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


def crowd(browser: Browser, path: str, people: int, seconds: float) -> tuple[int, float]:
    """How many pages so many people get, and in how many seconds, each asking again as soon as it has an answer.

    Lasts a little longer than asked for where not everybody had one by then.
    """
    request, selector = browser.request(path), selectors.DefaultSelector()
    # What each connection has still to read: None until its headers are there.
    missing: dict[socket.socket, int | None] = {}
    heads: dict[socket.socket, bytes] = {}
    sock: socket.socket
    for _ in range(people):
        sock = connect(browser.port)
        selector.register(sock, selectors.EVENT_READ, sock)
        missing[sock], heads[sock] = None, b""
        sock.sendall(request)
    pages, started = 0, time.monotonic()
    while (took := time.monotonic() - started) < seconds or (pages < people and took < PATIENCE):
        for key, _ in selector.select(1):
            sock = key.data
            piece = _some(sock)
            waits = missing[sock]
            if waits is None:
                heads[sock] += piece
                split = heads[sock].find(b"\r\n\r\n")
                if split < 0:
                    continue
                length = _LENGTH.search(heads[sock], 0, split + 2)
                if length is None or b" 200 " not in heads[sock][:20]:
                    raise ConnectionError(f"{path} answered {heads[sock][:80]!r}")
                waits = int(length[1]) - (len(heads[sock]) - split - 4)
            else:
                waits -= len(piece)
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
    """Downloads that are read at `rate` bytes a second each. `failures` counts those that did not stay whole."""

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
        """Go away in the middle, as people do."""
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
