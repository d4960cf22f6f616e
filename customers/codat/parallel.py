"""Two calls to Codat side by side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from django.conf import settings

T = TypeVar("T")


U = TypeVar("U")


_threads = ThreadPoolExecutor(
    max_workers=settings.CODAT_POOL_SIZE, thread_name_prefix="side-by-side"
)


def side_by_side(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """Run two calls to Codat at once, both inside the page's deadline; the first one's error counts first.

    `second` runs in another thread, so it may not use the database.
    """
    running = _threads.submit(copy_context().run, second)
    try:
        mine = first()
    except BaseException:
        running.cancel()
        raise
    return mine, running.result()
