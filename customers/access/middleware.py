"""Middleware that restricts each request to the companies that its person may see."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, cast

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from customers import scope
from customers.access.scopes import scope_of


class ScopeMiddleware:
    """Has the scope of a request's person in force while its page is made, and while its file is sent.

    After the middleware that may end a session. A request of nobody sees no company. What Codat posts has no person:
    that view lifts the restriction itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Once, and only for a page that needs it: views without sign-in read no user.
        find = cache(lambda: scope_of(request.user))
        with scope.found_by(find):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            parts = cast("Iterator[bytes]", response.streaming_content)
            response.streaming_content = _ScopedContent(parts, find)
        return response

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], args: object, kwargs: object
    ) -> None:
        """Resolve it before the view: the threads that a page starts may not use the database."""
        if getattr(view_func, "login_required", True):
            scope.current()


class _ScopedContent:
    """The parts of a file that is sent, each made under a scope. The response closes what it wraps."""

    def __init__(self, parts: Iterator[bytes], find: Callable[[], scope.Scope]) -> None:
        self._parts, self._find = parts, find

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with scope.found_by(self._find):
            return next(self._parts)
