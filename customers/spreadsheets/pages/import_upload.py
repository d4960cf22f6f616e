"""Receives an uploaded spreadsheet: to a temporary file, never more than a bound, and never a part of it.

All other pages take no files (`codatdash/uploads.py`). A view that takes one is wrapped in `takes_file`, below its
permission: nothing is read for a person who may not upload.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from customers.spreadsheets.files.limits import MIB

# A body of more than so many times the limit is refused before it is read, and its browser may see a broken connection
# in place of a page. Of all others the rest is read and thrown away, so that the sentence arrives.
_READ_AT_MOST = 4
_HANDLER = "_bounded_file"

View = Callable[..., HttpResponse]


class NotUploaded(Exception):
    """No file was received; str(e) says why, as sentences for people. `status` is 413 or 422."""

    def __init__(self, sentence: str, status: int = 422) -> None:
        super().__init__(sentence)
        self.status = status


class BoundedFile(TemporaryFileUploadHandler):
    """One file of at most `limit` bytes. What is more, and each further file, is read and thrown away."""

    def __init__(self, request: HttpRequest, limit: int) -> None:
        super().__init__(request)
        self.limit = limit
        self.files = self.size = 0
        self.is_whole = True

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin the file; a second one is skipped."""
        self.files += 1
        if self.files > 1:
            raise SkipFile
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a part of it."""
        self.size += len(raw_data)
        if self.size > self.limit:
            raise SkipFile
        super().receive_data_chunk(raw_data, start)

    def upload_interrupted(self) -> None:
        """The body has ended within the file, or the file was skipped."""
        self.is_whole = False
        super().upload_interrupted()


def takes_file(limit: int) -> Callable[[View], View]:
    """A view whose posts may contain one file of at most `limit` bytes; `received` returns it.

    The handler has to be there before the first look into the post, which is that for the CSRF token.
    """

    def decorate(view: View) -> View:
        protected = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def receiving(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                handler = BoundedFile(request, limit)
                setattr(request, _HANDLER, handler)
                request.upload_handlers = [handler]
                if is_refused(request):
                    # Nothing is done with it, so its token does not matter.
                    return view(request, *args, **kwargs)
            return protected(request, *args, **kwargs)

        # `web.resubmit` asks for it before the view is called.
        vars(receiving)["takes_file"] = True
        return receiving

    return decorate


def received(request: HttpRequest, field: str) -> UploadedFile[bytes] | None:
    """The file of a post, whole; None where none was chosen. Raises NotUploaded.

    To be called before the first look into the post by a view in `takes_file`.
    """
    handler = _handler(request)
    if is_refused(request):
        raise _too_large(handler.limit)
    file = request.FILES.get(field)
    if handler.files > 1:
        raise NotUploaded("Choose one file. Nothing was uploaded.")
    if handler.size > handler.limit:
        raise _too_large(handler.limit)
    if not handler.is_whole:
        raise NotUploaded("The file did not arrive whole, so nothing was uploaded. Try again.")
    return file


def is_refused(request: HttpRequest) -> bool:
    """Whether a post is so long that it is not read: nothing may look into it."""
    text = request.headers.get("Content-Length", "")
    length = int(text) if text.isascii() and text.isdecimal() else 0
    return length > _handler(request).limit * _READ_AT_MOST


def _handler(request: HttpRequest) -> BoundedFile:
    return cast(BoundedFile, getattr(request, _HANDLER))


def _too_large(limit: int) -> NotUploaded:
    sentence = (
        f"The file is too large: up to {limit // MIB} MB can be uploaded. Nothing was uploaded."
    )
    return NotUploaded(f"{sentence} Divide it into several files.", 413)
