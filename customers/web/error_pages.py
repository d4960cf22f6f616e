"""Errors as pages: one table of headings, and the page about an error."""

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
    NotSynced,
    PaymentRequired,
    RateLimited,
    TimedOut,
    TooManyConcurrentCalls,
    UnaddressableId,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from customers.web import htmx, links

# The first class that fits names the trouble.
_HEADINGS: tuple[tuple[type[Exception], str], ...] = (
    (CircuitOpen, "Codat is not answering"),
    (TooManyConcurrentCalls, "Too many ask at once"),
    (NotAttempted, "Codat was not asked"),
    (RateLimited, "Codat asks us to wait"),
    (Unauthorized, "Codat does not accept the dashboard’s key"),
    (PaymentRequired, "The Codat account is over its plan"),
    (Forbidden, "Codat does not let the dashboard see this"),
    (NotSynced, "Codat has not fetched this yet"),
    (NotFound, "Not found at Codat"),
    (UnaddressableId, "This ID cannot be opened"),
    (AlreadyInUse, "Codat is still busy with this"),
    (BadRequest, "Codat did not accept the request"),
    (Unreachable, "Codat cannot be reached"),
    (TimedOut, "Codat took too long"),
    (ConnectionLost, "The connection to Codat broke"),
    (InvalidResponse, "Codat’s answer makes no sense"),
    (Unavailable, "Codat has a problem"),
    (CodatError, "Codat refused this"),
    (PermissionDenied, "You may not see this"),
    (Http404, "There is nothing here"),
)


# Trying again at once helps with none of these.
_LASTING = (
    Unauthorized,
    PaymentRequired,
    Forbidden,
    NotFound,
    UnaddressableId,
    BadRequest,
    PermissionDenied,
    Http404,
)


# Seconds after which a page asks again that found Codat away.
_AGAIN = 15


# A page comes back by itself no sooner than this, in seconds, however short Codat's Retry-After is; and where the
# wait is longer than the other, a person should decide.
_SOONEST, _LATEST = 5, 3600


_PERMISSION_SENTENCE = (
    "Your account is not in a group that may do this. Ask whoever runs this dashboard: Viewers "
    "may read, Editors may write."
)


_MISSING_SENTENCE = "The address leads nowhere. Check it, or start again from the companies."


def heading(error: Exception) -> str:
    """What a page about this error is headed by."""
    return next(text for kind, text in _HEADINGS if isinstance(error, kind))


def written(request: HttpRequest, error: Exception) -> str:
    """Whether anything was written, as a sentence."""
    if request.method in ("GET", "HEAD"):
        return "This was only reading: nothing was changed."
    if isinstance(error, CodatError) and error.may_have_arrived:
        return "We cannot know whether Codat received it. Look before you try again."
    return "Nothing was written."


def trouble(request: HttpRequest, error: Exception) -> HttpResponse:
    """The page, or fragment, about an error. Its status is the error's `our_status`."""
    if isinstance(error, CodatError):
        status, sentence = error.our_status, error.sentence
    elif isinstance(error, PermissionDenied):
        status, sentence = 403, _PERMISSION_SENTENCE
    else:
        status, sentence = 404, _MISSING_SENTENCE
    reading = request.method in ("GET", "HEAD")
    retry_after = error.retry_after if isinstance(error, CodatError) else None
    asked_to_wait = retry_after is not None and not isinstance(error, NotAttempted)
    if retry_after is None and reading and isinstance(error, OUTAGES):
        retry_after = _AGAIN
    wait = None if retry_after is None else max(retry_after, _SOONEST)
    comes_back = wait if reading and wait is not None and wait <= _LATEST else None
    response = htmx.render(
        request,
        "web/error.html",
        "web/_error.html",
        {
            "trouble_heading": heading(error),
            "sentence": sentence,
            "codat_said": error.message if isinstance(error, CodatError) else "",
            "written": written(request, error) if isinstance(error, CodatError) else "",
            "correlation_id": error.correlation_id if isinstance(error, CodatError) else "",
            "retry_address": request.get_full_path()
            if reading and not isinstance(error, _LASTING)
            else "",
            "retry_at": datetime.now(UTC) + timedelta(seconds=wait) if wait is not None else None,
            "retry_in": comes_back,
            "asked_to_wait": asked_to_wait,
            "customers_url": _customers_address(request),
            "trouble_status": status,
        },
        status=status,
    )
    if wait is not None:
        response["Retry-After"] = str(wait)
    if comes_back is not None and not htmx.is_fragment(request):
        # A header, so that the page comes back without JavaScript too.
        response["Refresh"] = str(comes_back)
    return response


def _customers_address(request: HttpRequest) -> str:
    """The list of customers of the company that the page was about; "" where it was that list, or none."""
    company_id = request.resolver_match.kwargs.get("company_id") if request.resolver_match else None
    address = links.customers(company_id) if company_id else ""
    return "" if address == request.path else address
