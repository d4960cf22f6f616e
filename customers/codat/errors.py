"""What can go wrong between us and Codat, and what each case means.

    CodatError
    ├── Unreachable      refused, DNS, TLS, connect timeout: nothing was sent        502
    ├── TimedOut         no answer in time: a write may have arrived                 504
    ├── Abandoned        the browser went away first: nobody sees this error         502
    ├── ConnectionLost   reset, closed early, body cut off: may have arrived         502
    ├── BadAnswer        not JSON, another shape, a redirect, too big: may have      502
    ├── UnaddressableId  an id that cannot be one segment of an address: never sent  404
    ├── Withheld         we did not ask, for a reason of our own: never sent         503
    │   ├── CircuitOpen  Codat failed again and again, so it is left alone for seconds
    │   ├── Crowded      as many calls about this company as Codat allows are under way
    │   └── Reserved     the rest of the day's quota is kept for people
    └── Refused          an HTTP status of 400 and above                             502
        ├── BadRequest   400, the request or the data; ``validation`` says where     502
        ├── KeyRefused   401, the API key                                            502
        ├── OverPlan     402, the Codat account's plan                               502
        ├── Forbidden    403, the key may not see this                               502
        ├── NotFound     404                                                         404
        ├── NotSynced    409 on a read, or 404 "No data available for ..."           409
        ├── Conflict     409 on a write: the idempotency key or a refresh is in use  409
        ├── KeyReused    422, the idempotency key with another body                  502
        ├── RateLimited  429; ``retry_after`` says when                              503
        └── Unavailable  500 and above: a write may have arrived                     502, 503, 504

The number on the right is ``our_status``, what a page of ours answers with. Every error has two
voices: ``sentence`` is for the person at the screen, ``str(error)`` is for the log. Neither holds
the API key, a query or a body. What Codat itself said is in ``message`` and in the validation
items; they are bounded, and as untrusted as everything that comes from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customers.codat.types import ValidationItem


class CodatError(Exception):
    """Anything that keeps a call to Codat from giving what it promises. See the tree above.

    ``status`` is the HTTP status from upstream, None where there was no answer. ``retry_after`` is
    in seconds. ``may_have_arrived`` is about writes: True where nobody can know whether Codat got
    it. ``message`` is what Codat said, "" where it said nothing.
    """

    our_status: int = 502
    default_sentence: str = "Something went wrong between the dashboard and Codat. Try again."

    def __init__(
        self,
        detail: str = "",
        *,
        sentence: str = "",
        status: int | None = None,
        correlation_id: str = "",
        message: str = "",
        retry_after: int | None = None,
        validation: Sequence[ValidationItem] = (),
        warnings: Sequence[ValidationItem] = (),
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(detail or self.default_sentence)
        self.sentence = sentence or self.default_sentence
        self.status = status
        self.correlation_id = correlation_id
        self.message = message
        self.retry_after = retry_after
        self.validation = list(validation)
        self.warnings = list(warnings)
        self.may_have_arrived = may_have_arrived


class Unreachable(CodatError):
    """No connection came about, so nothing was sent."""

    default_sentence = (
        "Codat cannot be reached, and nothing was sent. Try again in a minute; if it lasts, "
        "ask whoever runs this dashboard to check its network."
    )


class TimedOut(CodatError):
    """The answer did not come, or not to its end, within the read timeout or the deadline."""

    our_status = 504
    default_sentence = (
        "Codat took too long to answer, and we stopped waiting. Try again in a minute."
    )


class ConnectionLost(CodatError):
    """The connection broke after we began to send, or in the middle of the answer."""

    default_sentence = "The connection to Codat broke before its answer was complete. Try again."


class ClientDisconnected(CodatError):
    """Whoever asked went away before the answer was there. Says nothing about Codat."""


class InvalidResponse(CodatError):
    """An answer that is not what the API promises."""

    default_sentence = (
        "Codat gave an answer that makes no sense to the dashboard. Try again; if it lasts, "
        "tell whoever runs this dashboard."
    )


class UnaddressableId(CodatError):
    """An id that cannot be one segment of an address ("", ".", "..", too long). Never sent."""

    our_status = 404
    default_sentence = "Codat cannot hold anything under this id. Check the address you came by."


class NotAttempted(CodatError):
    """We did not ask, so nothing was sent; ``retry_after`` says when it makes sense again."""

    our_status = 503
    default_sentence = "Codat was not asked just now, and nothing was sent. Try again in a minute."


class CircuitOpen(NotAttempted):
    """Call after call has failed. Until one that is let through succeeds, all others fail at once."""

    default_sentence = (
        "Codat has failed several times in a row, so it was not asked again, and nothing was sent. "
        "The dashboard looks every few seconds whether it is back."
    )


class TooManyConcurrentCalls(NotAttempted):
    """No free place among the calls about one company in time."""

    default_sentence = (
        "Too many people are asking Codat about this company right now, and nothing was sent. "
        "Try again in a few seconds."
    )


class Reserved(NotAttempted):
    """Background work stops before the day's quota is used up."""

    default_sentence = (
        "Few of today's calls to Codat are left, and they are kept for people. Nothing was sent; "
        "this goes on tomorrow."
    )


class ErrorResponse(CodatError):
    """Codat answered with a status of 400 or above."""

    default_sentence = "Codat refused this. If it lasts, tell whoever runs this dashboard."


class BadRequest(ErrorResponse):
    """400: ``message`` says what was wrong, ``validation`` in which fields."""

    default_sentence = "Codat did not accept what was asked or sent. Correct it and try again."


class Unauthorized(ErrorResponse):
    """401."""

    default_sentence = (
        "Codat does not accept the dashboard's API key. Whoever runs this dashboard has to set "
        "a valid one."
    )


class PaymentRequired(ErrorResponse):
    """402: company limit reached, trial expired."""

    default_sentence = (
        "The Codat account has reached the limits of its plan. Whoever manages the account has to "
        "raise them."
    )


class Forbidden(ErrorResponse):
    """403."""

    default_sentence = (
        "The dashboard's API key may not see this. Whoever manages the Codat account can allow it."
    )


class NotFound(ErrorResponse):
    """404."""

    our_status = 404
    default_sentence = "Codat has nothing here. It may have been removed, or it never was."


class NotSynced(ErrorResponse):
    """The company's customers were never fetched, or are being fetched for the first time."""

    our_status = 409
    default_sentence = (
        "Codat has not fetched this data yet. Ask for a refresh, or wait for the running one."
    )


class Conflict(ErrorResponse):
    """409 on a write."""

    our_status = 409
    default_sentence = (
        "Codat is still busy with an earlier request of this kind. Wait a moment and look again."
    )


class KeyReused(ErrorResponse):
    """422: the idempotency key was used before, with other contents."""

    default_sentence = (
        "Codat has already had another write under the same key, so this one was not done. "
        "Look at the history before saving again."
    )


class RateLimited(ErrorResponse):
    """429."""

    our_status = 503
    default_sentence = "Too many requests were made to Codat. Wait a little and try again."


class Unavailable(ErrorResponse):
    """500 and above. 503 and 504 are passed on, anything else makes us a bad gateway."""

    default_sentence = "Codat has a problem on its side. Try again in a few minutes."

    def __init__(self, detail: str = "", *, status: int | None = None, **details: Any) -> None:
        super().__init__(detail, status=status, **details)
        if status in (503, 504):
            self.our_status = status


BY_STATUS: dict[int, type[ErrorResponse]] = {
    400: BadRequest,
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: KeyReused,
    429: RateLimited,
}

# Codat is away or in trouble, and what it said before is the best that there is to show.
OUTAGES = (Unreachable, TimedOut, ConnectionLost, Unavailable, CircuitOpen)
