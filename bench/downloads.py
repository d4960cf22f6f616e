"""The rows about attachments: memory, throughput, and the effect of slow downloads on pages."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from bench import http_clients
from bench.pages import COMPANY, LIST
from bench.report import Row, milliseconds
from bench.testbed import CERTIFICATE, Server, Testbed
from bench.timing import interleave
from bench.upstream import EIGHTY_INPUTS, HUNDRED

KIB, MIB, GIB = 2**10, 2**20, 2**30
SLOW_RATE, PEOPLE = 100 * KIB, 50
NO_NGINX, NO_CURL = "nginx is not installed", "curl is not installed"


def path(size: int) -> str:
    """The dashboard's path of a file of so many bytes."""
    return f"{COMPANY}customers/{EIGHTY_INPUTS}/attachments/bytes-{size}/download/"


def api_path(size: int) -> str:
    """The path of the same file at the upstream."""
    connection = f"/companies/{HUNDRED}/connections/any/data/customers/{EIGHTY_INPUTS}"
    return f"{connection}/attachments/bytes-{size}/download"


def fetch(port: int, target: str, size: int, *, cookie: str = "", tls: bool = False) -> float:
    """Seconds for a whole file; with curl, because curl is a reference, too."""
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
    sock, buffer = http_clients.connect(port), bytearray(MIB)
    sock.sendall(http_clients.Browser(port, cookie, "").request(target))
    head = sock.recv(4096)
    received = len(head) - head.index(b"\r\n\r\n") - 4
    while received < size:
        count = sock.recv_into(buffer)
        if not count:
            raise AssertionError(f"{target}: {received} bytes, not {size}")
        received += count
    sock.close()
    return time.perf_counter() - started


def memory(testbed: Testbed, upstream: Server, sizes: list[int], rounds: int) -> dict[int, float]:
    """Per file size: bytes by which it raises the peak memory of a new worker that has sent 1 KiB files."""
    env = testbed.settings(upstream)

    def measure(size: int) -> float:
        dashboard = testbed.dashboard(env)
        for _ in range(5):
            fetch(dashboard.port, path(KIB), KIB, cookie=dashboard.cookie)
        before = dashboard.peak()
        fetch(dashboard.port, path(size), size, cookie=dashboard.cookie)
        growth = dashboard.peak() - before
        testbed.stop(dashboard)
        return growth

    timed: dict[str, Callable[[], float]] = {str(size): partial(measure, size) for size in sizes}
    return {int(name): growth for name, growth in interleave(timed, rounds).items()}


def slow_memory(testbed: Testbed, upstream: Server, rounds: int) -> float:
    """Bytes by which a download at 100 KiB/s raises the peak memory."""
    env, growth = testbed.settings(upstream), []
    for _ in range(rounds):
        dashboard = testbed.dashboard(env)
        for _ in range(5):
            fetch(dashboard.port, path(KIB), KIB, cookie=dashboard.cookie)
        before = dashboard.peak()
        with http_clients.slow_readers(dashboard.browser(""), path(64 * MIB), 1, SLOW_RATE):
            time.sleep(2)
        growth.append(dashboard.peak() - before)
        testbed.stop(dashboard)
    return median(growth)


def memory_rows(growth: dict[int, float], slow: float) -> list[Row]:
    """The rows about memory."""
    largest = max(growth)
    return [
        Row(
            f"Memory of a download of {largest / GIB:g} GiB beyond that of 1 KiB",
            growth[largest] / MIB,
            8,
            unit="MiB",
        ),
        Row("Memory of a download at 100 KiB/s beyond that of 1 KiB", slow / MIB, 1, unit="MiB"),
    ]


def throughput(
    testbed: Testbed, upstream: Server, size: int, rounds: int, *, tls: bool
) -> list[Row]:
    """The dashboard compared with nginx, and with curl directly to the upstream."""
    application = "bench.programs.tls_wsgi" if tls else "codatdash.wsgi"
    dashboard = testbed.dashboard(testbed.settings(upstream, tls=tls), application)
    nginx = testbed.nginx(upstream, tls=tls)
    has_curl = shutil.which("curl") is not None
    timed: dict[str, Callable[[], float]] = {
        "ours": lambda: size / fetch(dashboard.port, path(size), size, cookie=dashboard.cookie)
    }
    if nginx:
        timed["nginx"] = lambda: size / fetch(nginx.port, api_path(size), size)
    if has_curl:
        timed["curl"] = lambda: size / fetch(upstream.port, api_path(size), size, tls=tls)
    interleave(timed, 1)
    speeds = interleave(timed, rounds)
    testbed.stop(dashboard)
    if nginx:
        testbed.stop(nginx)
    where = " over TLS upstream" if tls else ""
    return [
        _speed_row(
            f"Download throughput{where}, to nginx proxy_pass", speeds, "nginx", 1.0, NO_NGINX
        ),
        _speed_row(f"Download throughput{where}, to curl directly", speeds, "curl", 0.5, NO_CURL),
    ]


def _speed_row(
    name: str, speeds: dict[str, float], reference: str, must: float, absent: str
) -> Row:
    if reference not in speeds:
        return Row(name, None, must, more=True, note=absent)
    dashboard, other = (f"{speeds[key] / MIB:,.0f} MiB/s" for key in ("ours", reference))
    return Row(
        name,
        speeds["ours"] / speeds[reference],
        must,
        dashboard=dashboard,
        reference=other,
        more=True,
    )


def fifty(dashboard: Server, rounds: int) -> Row:
    """The list page's median while fifty people download at 100 KiB/s, divided by its idle value."""
    browser, failures = dashboard.browser(), 0

    def median_of_pages() -> float:
        return median(browser.page(LIST).seconds for _ in range(30))

    def loaded() -> float:
        nonlocal failures
        with http_clients.slow_readers(
            dashboard.browser(""), path(64 * MIB), PEOPLE, SLOW_RATE
        ) as readers:
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
        dashboard=milliseconds(took["loaded"]),
        reference=milliseconds(took["idle"]),
        note=f"{failures} failures" if failures else "no failure",
        failed=failures > 0,
    )
