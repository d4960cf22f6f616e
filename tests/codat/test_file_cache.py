"""The cache of files, used by several processes at the same moment."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path

from codatdash.caches import FileCache

PROCESSES, ROUNDS = 8, 300


def at_once(work: Callable[[FileCache, int], object], folder: Path) -> list[list[object]]:
    """What each of several processes got in each round, all of them beginning each round together."""
    context = multiprocessing.get_context("fork")
    together, answers = context.Barrier(PROCESSES), context.Queue()

    def run() -> None:
        cache = FileCache(str(folder), {})
        got = []
        for number in range(ROUNDS):
            together.wait(timeout=60)
            got.append(work(cache, number))
        answers.put(got)

    processes = [context.Process(target=run) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=60)
    return found


def test_one_adds_a_value(tmp_path: Path) -> None:
    found = at_once(lambda cache, number: cache.add(f"key{number}", 1, 60), tmp_path)
    assert [sum(map(bool, winners)) for winners in zip(*found, strict=True)] == [1] * ROUNDS


def test_one_adds_a_value_in_place_of_one_that_has_expired(tmp_path: Path) -> None:
    cache = FileCache(str(tmp_path), {})
    for number in range(ROUNDS):
        cache.set(f"key{number}", 0, -1)
    found = at_once(lambda cache, number: cache.add(f"key{number}", 1, 60), tmp_path)
    assert [sum(map(bool, winners)) for winners in zip(*found, strict=True)] == [1] * ROUNDS


def test_each_guess_is_counted(tmp_path: Path) -> None:
    cache = FileCache(str(tmp_path), {})
    cache.set("guesses", 0, 60)
    at_once(lambda cache, _: cache.incr("guesses"), tmp_path)
    assert cache.get("guesses") == PROCESSES * ROUNDS
    assert cache.touch("guesses", 60)
    assert not cache.touch("none", 60)
