"""Fetching and decoding customers: the dashboard's client compared with Codat's SDK, each in a process of its own.

`python -m bench.decoding whole|listed|sdk` responds to each line `<company> <size>` with the seconds of the fetch,
and to `peak` with its peak memory in bytes. The settings name the upstream.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django

from bench.report import Row, milliseconds
from bench.testbed import Server, Testbed
from bench.timing import interleave
from bench.upstream import HUNDRED, THOUSANDS

Fetch = Callable[[str, int], int]


def whole() -> Fetch:
    """The dashboard's client with every field. The function returns the number of customers on a page."""
    from customers.codat.client import default_client

    client = default_client()

    def fetch(company: str, size: int) -> int:
        path = f"/companies/{company}/data/customers"
        return len(client.get_json(path, {"page": 1, "pageSize": size}).data["results"])

    return fetch


def listed() -> Fetch:
    """The dashboard's service with the fields that a list shows: it decodes no others."""
    from customers.service import default_service

    service = default_service()
    return lambda company, size: len(service.list(company_id=company, page_size=size)["results"])


def sdk() -> Fetch:
    """The same with Codat's SDK."""
    from codat_accounting import CodatAccounting
    from codat_accounting.models import operations, shared
    from django.conf import settings

    from customers.codat.http.auth import authorization

    key = authorization(settings.CODAT_API_KEY)
    client = CodatAccounting(
        security=shared.Security(auth_header=str(key)), server_url=settings.CODAT_BASE_URL
    )

    def fetch(company: str, size: int) -> int:
        request = operations.ListCustomersRequest(company_id=company, page=1, page_size=size)
        page = client.customers.list(request=request)
        return len(page.results or []) if page else 0

    return fetch


FETCHES = {"whole": whole, "listed": listed, "sdk": sdk}
# The names of the dashboard's functions in the rows.
_ROW_NAMES = {"whole": "customers", "listed": "customers as a list shows them"}


class Runner:
    """One of `FETCHES` in a process of its own, so that garbage collection affects only its own measurement."""

    def __init__(self, testbed: Testbed, name: str, env: dict[str, str]) -> None:
        self.process = testbed.start_interactive(["-m", "bench.decoding", name], env)

    def ask(self, *words: object) -> float:
        """The number that it returns for `<company> <size>`, or for `peak`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def growth(self) -> float:
        """Bytes by which a page of 5,000 raises the peak memory after one of 100."""
        self.ask(HUNDRED, 100)
        before = self.ask("peak")
        self.ask(THOUSANDS, 5000)
        return self.ask("peak") - before

    def end(self) -> None:
        """End the process."""
        self.process.communicate()


def rows(testbed: Testbed, upstream: Server, rounds: int, memory_rounds: int) -> list[Row]:
    """Time for 100 and 5,000, and peak memory for 5,000."""
    env = testbed.settings(upstream) | {"DJANGO_SETTINGS_MODULE": "codatdash.settings"}

    def peak(name: str) -> float:
        runner = Runner(testbed, name, env)
        growth = runner.growth()
        runner.end()
        return growth

    peaks = interleave({name: partial(peak, name) for name in FETCHES}, memory_rounds)
    runners = {name: Runner(testbed, name, env) for name in FETCHES}

    def compare(company: str, size: int, times: int) -> dict[str, float]:
        timed = {name: partial(runner.ask, company, size) for name, runner in runners.items()}
        interleave(timed, 2)
        return interleave(timed, times)

    small, many = compare(HUNDRED, 100, rounds), compare(THOUSANDS, 5000, max(rounds // 4, 5))
    for runner in runners.values():
        runner.end()
    return [
        *_time_rows("100", small),
        *_time_rows("5,000", many),
        *_memory_rows(peaks),
    ]


def _time_rows(count: str, seconds: dict[str, float]) -> list[Row]:
    return [
        Row(
            f"Fetch and decode {count} {what}, to the SDK",
            seconds[name] / seconds["sdk"],
            0.25,
            0.15,
            milliseconds(seconds[name]),
            milliseconds(seconds["sdk"]),
        )
        for name, what in _ROW_NAMES.items()
    ]


def _memory_rows(peaks: dict[str, float]) -> list[Row]:
    mebibytes = {name: f"{size / 2**20:.0f} MiB" for name, size in peaks.items()}
    return [
        Row(
            f"Peak memory of 5,000 {what}, to the SDK",
            peaks[name] / peaks["sdk"],
            0.60,
            0.35,
            mebibytes[name],
            mebibytes["sdk"],
        )
        for name, what in _ROW_NAMES.items()
    ]


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main(name: str) -> None:
    """Respond to each line of the input with a number."""
    django.setup()
    logging.disable(logging.INFO)
    fetch = FETCHES[name]()
    for line in sys.stdin:
        match line.split():
            case ["peak"]:
                print(_peak(), flush=True)
            case [company, size]:
                started = time.perf_counter()
                if fetch(company, int(size)) != int(size):
                    raise AssertionError(f"not {size} customers")
                print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
