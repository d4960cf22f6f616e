"""Two calls to Codat in parallel."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from django.conf import settings

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
