"""Calls to Codat in parallel."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from django.conf import settings

from customers.codat.errors import CodatError

T = TypeVar("T")
U = TypeVar("U")

_threads = ThreadPoolExecutor(max_workers=settings.CODAT_POOL_SIZE, thread_name_prefix="parallel")


def in_parallel(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """Run two calls at the same time, both within the page's deadline. If both fail, the first one's error is raised.

    `second` runs in another thread, so it may not use the database.
    """
    future = _threads.submit(copy_context().run, second)
    try:
        result = first()
    except BaseException:
        future.cancel()
        raise
    return result, future.result()


def all_in_parallel(calls: Sequence[Callable[[], T]]) -> list[T | CodatError]:
    """The results of calls that run at the same time, in their order; the error in place of a result where one fails.

    All of them run within the page's deadline, and in other threads, so they may not use the database.
    """
    futures = [_threads.submit(copy_context().run, call) for call in calls]
    results: list[T | CodatError] = []
    for future in futures:
        try:
            results.append(future.result())
        except CodatError as error:
            results.append(error)
    return results


def in_advance(call: Callable[[], T]) -> Future[T]:
    """Start a call that will be needed soon. The caller waits for its result, or for its end.

    It runs within the page's deadline, and in another thread, so it may not use the database.
    """
    return _threads.submit(copy_context().run, call)
