"""Fetching and decoding customers: our client beside Codat's SDK, in this process and in fresh ones.

`python -m bench.decoding whole|listed|sdk` answers each line `<company> <size>` with the seconds that it took, and
`peak` with the most memory that it has had, in bytes. The settings say where the upstream is.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import django

from bench.processes import Server, Stage
from bench.report import Row, milliseconds
from bench.timing import interleave
from bench.upstream import HUNDRED, THOUSANDS

Fetch = Callable[[str, int], int]


def whole() -> Fetch:
    """How many customers our client gets, of a company and on a page of so many, with every field."""
    from customers.codat.client import default_client

    client = default_client()

    def fetch(company: str, size: int) -> int:
        path = f"/companies/{company}/data/customers"
        return len(client.get_json(path, {"page": 1, "pageSize": size}).data["results"])

    return fetch


def listed() -> Fetch:
    """The same with what a list shows of each: our service reads no more of a page."""
    from customers.service import default_service

    service = default_service()
    return lambda company, size: len(service.list(company_id=company, page_size=size)["results"])


def sdk() -> Fetch:
    """The same with Codat's SDK."""
    from codat_accounting import CodatAccounting
    from codat_accounting.models import operations, shared
    from django.conf import settings

    from customers.codat.auth import authorization

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
# How the rows name what is fetched.
_OURS = {"whole": "customers", "listed": "customers as a list shows them"}


class Runner:
    """One of them in a process of its own, so that neither pays for what the other leaves to be collected."""

    def __init__(self, stage: Stage, name: str, env: dict[str, str]) -> None:
        self.process = stage.converse(["-m", "bench.decoding", name], env)

    def ask(self, *words: object) -> float:
        """The number that it answers to `<company> <size>`, or to `peak`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def growth(self) -> float:
        """By how many bytes a page of 5,000 raises the peak after one of 100."""
        self.ask(HUNDRED, 100)
        before = self.ask("peak")
        self.ask(THOUSANDS, 5000)
        return self.ask("peak") - before

    def end(self) -> None:
        """Let it go."""
        self.process.communicate()


def rows(stage: Stage, upstream: Server, rounds: int, memory_rounds: int) -> list[Row]:
    """Time for 100 and 5,000, and peak memory for 5,000."""
    env = stage.settings(upstream) | {"DJANGO_SETTINGS_MODULE": "codatdash.settings"}

    def peak(name: str) -> float:
        runner = Runner(stage, name, env)
        grown = runner.growth()
        runner.end()
        return grown

    peaks = interleave({name: partial(peak, name) for name in FETCHES}, memory_rounds)
    runners = {name: Runner(stage, name, env) for name in FETCHES}

    def race(company: str, size: int, times: int) -> dict[str, float]:
        legs = {name: partial(runner.ask, company, size) for name, runner in runners.items()}
        interleave(legs, 2)
        return interleave(legs, times)

    small, many = race(HUNDRED, 100, rounds), race(THOUSANDS, 5000, max(rounds // 4, 5))
    for runner in runners.values():
        runner.end()
    megabytes = {name: f"{size / 2**20:.0f} MiB" for name, size in peaks.items()}
    found = [
        Row(
            f"Fetch and decode {count} {what}, to the SDK",
            took[name] / took["sdk"],
            0.25,
            0.15,
            milliseconds(took[name]),
            milliseconds(took["sdk"]),
        )
        for count, took in (("100", small), ("5,000", many))
        for name, what in _OURS.items()
    ]
    found += [
        Row(
            f"Peak memory of 5,000 {what}, to the SDK",
            peaks[name] / peaks["sdk"],
            0.60,
            0.35,
            megabytes[name],
            megabytes["sdk"],
        )
        for name, what in _OURS.items()
    ]
    return found


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main(name: str) -> None:
    """Answer each line of the input with a number."""
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
