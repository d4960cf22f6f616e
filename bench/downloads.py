"""The rows about attachments: memory, throughput, and what slow downloads do to everybody else."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from bench import wire
from bench.pages import COMPANY, LIST
from bench.processes import CERTIFICATE, Server, Stage
from bench.report import Row, milliseconds
from bench.timing import interleave
from bench.upstream import EIGHTY, HUNDRED

KIB, MIB, GIB = 2**10, 2**20, 2**30
SLOW, PEOPLE = 100 * KIB, 50
NO_NGINX, NO_CURL = "nginx is not installed", "curl is not installed"


def path(size: int) -> str:
    """The dashboard's address of a file of so many bytes."""
    return f"{COMPANY}customers/{EIGHTY}/attachments/bytes-{size}/download/"


def api_path(size: int) -> str:
    """The same file's address at the upstream."""
    connection = f"/companies/{HUNDRED}/connections/any/data/customers/{EIGHTY}"
    return f"{connection}/attachments/bytes-{size}/download"


def fetch(port: int, target: str, size: int, *, cookie: str = "", tls: bool = False) -> float:
    """Seconds that a whole file takes. With curl, since that is what it is compared with."""
    curl = shutil.which("curl")
    if curl is None:
        return _fetch_without_curl(port, target, size, cookie)
    address = f"{'https' if tls else 'http'}://127.0.0.1:{port}{target}"
    command = [
        curl,
        "--silent",
        "--fail",
        "--noproxy",
        "*",
        "--max-time",
        "120",
        "--output",
        "/dev/null",
    ]
    command += ["--write-out", "%{time_total} %{size_download}", "--cacert", str(CERTIFICATE)]
    command += ["--header", f"Cookie: {cookie}", address]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    seconds, received = done.stdout.split()
    if int(received) != size:
        raise AssertionError(f"{address}: {int(received)} bytes, not {size}")
    return float(seconds)


def _fetch_without_curl(port: int, target: str, size: int, cookie: str) -> float:
    started = time.perf_counter()
    sock, buffer = wire.connect(port), bytearray(MIB)
    sock.sendall(wire.Browser(port, cookie, "").request(target))
    head = sock.recv(4096)
    received = len(head) - head.index(b"\r\n\r\n") - 4
    while received < size:
        count = sock.recv_into(buffer)
        if not count:
            raise AssertionError(f"{target}: {received} bytes, not {size}")
        received += count
    sock.close()
    return time.perf_counter() - started


def memory(stage: Stage, upstream: Server, sizes: list[int], rounds: int) -> dict[int, float]:
    """Per file size: by how many bytes it raises the peak of a fresh worker that has sent 1 KiB files."""
    env = stage.settings(upstream)

    def leg(size: int) -> float:
        dashboard = stage.dashboard(env)
        for _ in range(5):
            fetch(dashboard.port, path(KIB), KIB, cookie=dashboard.cookie)
        before = dashboard.peak()
        fetch(dashboard.port, path(size), size, cookie=dashboard.cookie)
        grown = dashboard.peak() - before
        stage.stop(dashboard)
        return grown

    legs: dict[str, Callable[[], float]] = {str(size): partial(leg, size) for size in sizes}
    return {int(name): grown for name, grown in interleave(legs, rounds).items()}


def slow_memory(stage: Stage, upstream: Server, rounds: int) -> float:
    """By how many bytes a download at 100 KiB/s raises the peak."""
    env, grown = stage.settings(upstream), []
    for _ in range(rounds):
        dashboard = stage.dashboard(env)
        for _ in range(5):
            fetch(dashboard.port, path(KIB), KIB, cookie=dashboard.cookie)
        before = dashboard.peak()
        with wire.slow_readers(dashboard.browser(""), path(64 * MIB), 1, SLOW):
            time.sleep(2)
        grown.append(dashboard.peak() - before)
        stage.stop(dashboard)
    return median(grown)


def memory_rows(grown: dict[int, float], slow: float) -> list[Row]:
    """The rows about memory."""
    largest = max(grown)
    return [
        Row(
            f"Memory of a download of {largest / GIB:g} GiB beyond that of 1 KiB",
            grown[largest] / MIB,
            8,
            unit="MiB",
        ),
        Row("Memory of a download at 100 KiB/s beyond that of 1 KiB", slow / MIB, 1, unit="MiB"),
    ]


def throughput(stage: Stage, upstream: Server, size: int, rounds: int, *, tls: bool) -> list[Row]:
    """The dashboard beside nginx and beside curl straight to the upstream."""
    application = "bench.tls_wsgi" if tls else "codatdash.wsgi"
    dashboard = stage.dashboard(stage.settings(upstream, tls=tls), application)
    nginx = stage.nginx(upstream, tls=tls)
    has_curl = shutil.which("curl") is not None
    legs: dict[str, Callable[[], float]] = {
        "ours": lambda: size / fetch(dashboard.port, path(size), size, cookie=dashboard.cookie)
    }
    if nginx:
        legs["nginx"] = lambda: size / fetch(nginx.port, api_path(size), size)
    if has_curl:
        legs["curl"] = lambda: size / fetch(upstream.port, api_path(size), size, tls=tls)
    interleave(legs, 1)
    speeds = interleave(legs, rounds)
    stage.stop(dashboard)
    if nginx:
        stage.stop(nginx)
    where = " over TLS upstream" if tls else ""
    return [
        _speed_row(
            f"Download throughput{where}, to nginx proxy_pass", speeds, "nginx", 1.0, NO_NGINX
        ),
        _speed_row(f"Download throughput{where}, to curl straight", speeds, "curl", 0.5, NO_CURL),
    ]


def _speed_row(name: str, speeds: dict[str, float], peer: str, must: float, absent: str) -> Row:
    if peer not in speeds:
        return Row(name, None, must, more=True, note=absent)
    ours, theirs = (f"{speeds[key] / MIB:,.0f} MiB/s" for key in ("ours", peer))
    return Row(name, speeds["ours"] / speeds[peer], must, ours=ours, peer=theirs, more=True)


def fifty(dashboard: Server, rounds: int) -> Row:
    """The list page's median while fifty people download at 100 KiB/s, to its idle value."""
    browser, failures = dashboard.browser(), 0

    def median_of_pages() -> float:
        return median(browser.page(LIST).seconds for _ in range(30))

    def loaded() -> float:
        nonlocal failures
        with wire.slow_readers(dashboard.browser(""), path(64 * MIB), PEOPLE, SLOW) as readers:
            time.sleep(1)
            took = median_of_pages()
        failures += readers.failures
        time.sleep(0.5)
        return took

    took = interleave({"idle": median_of_pages, "loaded": loaded}, rounds)
    return Row(
        "List page under fifty downloads at 100 KiB/s, to itself idle",
        took["loaded"] / took["idle"],
        1.3,
        ours=milliseconds(took["loaded"]),
        peer=milliseconds(took["idle"]),
        note=f"{failures} failures" if failures else "no failure",
        failed=failures > 0,
    )
