"""Errors as pages: one table of headings, and the page about an error."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from customers.codat.errors import (
    OUTAGES,
    AlreadyInUse,
    BadRequest,
    CircuitOpen,
    CodatError,
    ConnectionLost,
    Forbidden,
    InvalidResponse,
    NotAttempted,
    NotFound,
    NotSupported,
    NotSynced,
    PaymentRequired,
    RateLimited,
    RecordTooLarge,
    TimedOut,
    TooManyConcurrentCalls,
    UnaddressableId,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from customers.web import htmx, links

# The first class that fits gives the heading.
_HEADINGS: tuple[tuple[type[Exception], str], ...] = (
    (CircuitOpen, "Codat is not responding"),
    (TooManyConcurrentCalls, "Too many requests"),
    (NotAttempted, "Request not sent"),
    (RateLimited, "Too many requests to Codat"),
    (Unauthorized, "Codat rejected the dashboard’s API key"),
    (PaymentRequired, "Codat plan limit reached"),
    (Forbidden, "The dashboard does not have access in Codat"),
    (NotSynced, "Not synced yet"),
    (NotSupported, "Not supported by the accounting software"),
    (NotFound, "Not found in Codat"),
    (UnaddressableId, "Invalid ID"),
    (RecordTooLarge, "Too large to edit here"),
    (AlreadyInUse, "Codat is still processing an earlier request"),
    (Unreachable, "Codat cannot be reached"),
    (TimedOut, "Codat did not respond in time"),
    (ConnectionLost, "The connection to Codat broke"),
    (InvalidResponse, "Unexpected response from Codat"),
    (Unavailable, "Codat returned an error"),
    (CodatError, "Codat rejected the request"),
    (PermissionDenied, "You do not have access"),
    (Http404, "Page not found"),
)

# A retry does not help with these.
_NOT_RETRYABLE = (
    Unauthorized,
    PaymentRequired,
    Forbidden,
    NotFound,
    UnaddressableId,
    RecordTooLarge,
    BadRequest,
    PermissionDenied,
    Http404,
)

# Only an administrator can fix these; the page names the one in the settings.
_FOR_ADMINISTRATORS = (
    Unauthorized,
    PaymentRequired,
    Forbidden,
    Unreachable,
    InvalidResponse,
    PermissionDenied,
)

# Seconds until a page retries while Codat is unavailable and sent no Retry-After.
_RETRY_SECONDS = 15

# Limits of an automatic retry, in seconds: a shorter Retry-After is raised to the first, and after a longer one than
# the second there is no automatic retry.
_MIN_RETRY_SECONDS, _MAX_RETRY_SECONDS = 5, 3600

_PERMISSION_SENTENCE = (
    "Your account cannot do this. Viewers can read, and Editors can also change customers. "
    "Ask your administrator for access."
)
_MISSING_SENTENCE = "There is no page at this address. Check the link, or start from the companies."


def heading(error: Exception) -> str:
    """The heading of a page about this error."""
    return next(text for kind, text in _HEADINGS if isinstance(error, kind))


def needs_administrator(error: Exception) -> bool:
    """Whether only an administrator can fix this error."""
    return isinstance(error, _FOR_ADMINISTRATORS)


def change_sentence(request: HttpRequest, error: Exception) -> str:
    """Whether anything was changed; "" for an error that has nothing to do with Codat."""
    if not isinstance(error, CodatError):
        return ""
    if request.method not in ("GET", "HEAD") and error.may_have_arrived:
        return (
            "We do not know whether Codat received your change."
            " Check the change history before you try again."
        )
    return "Nothing was changed."


@dataclass(frozen=True, slots=True)
class _Retry:
    """When a retry makes sense, in seconds; None where that is not known.

    `automatic` is the wait before the page retries automatically, None where it does not. `is_from_codat` where the
    time is that of Codat's Retry-After.
    """

    wait: int | None
    automatic: int | None
    is_from_codat: bool


def _retry(request: HttpRequest, error: Exception) -> _Retry:
    is_read = request.method in ("GET", "HEAD")
    retry_after = error.retry_after if isinstance(error, CodatError) else None
    is_from_codat = retry_after is not None and not isinstance(error, NotAttempted)
    if retry_after is None and is_read and isinstance(error, OUTAGES):
        retry_after = _RETRY_SECONDS
    if retry_after is None:
        return _Retry(None, None, is_from_codat=False)
    wait = max(retry_after, _MIN_RETRY_SECONDS)
    return _Retry(wait, wait if is_read and wait <= _MAX_RETRY_SECONDS else None, is_from_codat)


def _status_and_sentence(error: Exception) -> tuple[int, str]:
    if isinstance(error, CodatError):
        return error.our_status, error.sentence
    if isinstance(error, PermissionDenied):
        return 403, _PERMISSION_SENTENCE
    return 404, _MISSING_SENTENCE


def error_response(request: HttpRequest, error: Exception) -> HttpResponse:
    """The page, or fragment, about an error. Its status is the error's `our_status`."""
    status, sentence = _status_and_sentence(error)
    retry = _retry(request, error)
    may_retry = request.method in ("GET", "HEAD") and not isinstance(error, _NOT_RETRYABLE)
    context = {
        "error_heading": heading(error),
        "sentence": sentence,
        "change_sentence": change_sentence(request, error),
        "codat_message": error.message if isinstance(error, CodatError) else "",
        "correlation_id": error.correlation_id if isinstance(error, CodatError) else "",
        "retry_url": request.get_full_path() if may_retry else "",
        "retry_at": None
        if retry.wait is None
        else datetime.now(UTC) + timedelta(seconds=retry.wait),
        "retry_seconds": retry.automatic,
        "is_codats_retry_time": retry.is_from_codat,
        "needs_administrator": needs_administrator(error),
        "customers_url": _customers_url(request),
    }
    response = htmx.render(request, "web/error.html", "web/_error.html", context, status=status)
    if retry.wait is not None:
        response["Retry-After"] = str(retry.wait)
    if retry.automatic is not None and not htmx.is_fragment(request):
        # A header, so that the page retries without JavaScript too.
        response["Refresh"] = str(retry.automatic)
    return response


def _customers_url(request: HttpRequest) -> str:
    """The address of the company's list of customers; "" where the page is that list, or has no company."""
    company_id = request.resolver_match.kwargs.get("company_id") if request.resolver_match else None
    address = links.customers(company_id) if company_id else ""
    return "" if address == request.path else address


def status_in_place(error: CodatError) -> int:
    """The status of a response that stays on its page: 404 would say that the page's own address is wrong."""
    return 502 if error.our_status == 404 else error.our_status


def may_help_to_retry(error: CodatError) -> bool:
    """Whether the same request may succeed later."""
    return not isinstance(error, NotSupported)
