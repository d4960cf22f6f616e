"""The errors of calls to Codat, and what each case means.

    CodatError
    ├── Unreachable               refused, DNS, TLS, connect timeout: nothing was sent    502
    ├── TimedOut                  no response in time: a write may have arrived           504
    ├── ClientDisconnected        the browser closed its connection before the response   502
    ├── ConnectionLost            reset, closed early, body cut off: may have arrived     502
    ├── InvalidResponse           not JSON, wrong shape, a redirect, too large: may have  502
    │   └── UnusableModel         a create/update model that no form can be made of       502
    ├── RecordTooLarge            a record that no form can show: nothing was sent        422
    ├── UnaddressableId           an ID that cannot be one segment of a URL: never sent   404
    ├── NotAttempted              not sent, for a reason of our own                       503
    │   ├── CircuitOpen           repeated failures: calls fail immediately for seconds   503
    │   ├── TooManyConcurrentCallsthe concurrency limit of this company is reached        503
    │   └── Reserved              background work; the rest of the quota is for people    503
    └── ErrorResponse             an HTTP status of 400 and above                         502
        ├── BadRequest            400, the request or the data; see ``validation``        502
        ├── Unauthorized          401, the API key                                        502
        ├── PaymentRequired       402, the plan of the Codat account                      502
        ├── Forbidden             403, the API key has no access to this                  502
        ├── NotFound              404: company, customer, ...; ``sentence`` says which    404
        │   └── NotSupported      404 "... not supported ...": this data type, or writing 409
        ├── NotSynced             409 on a read, or 404 "No data available for ..."       409
        ├── AlreadyInUse          409 on a write: the idempotency key or a sync           409
        ├── KeyReused             422, the idempotency key with another body              502
        ├── RateLimited           429; ``retry_after`` says when to retry                 503
        └── Unavailable           500 and above: a write may have arrived                 502, 503, 504

The number on the right is ``our_status``, the status of our own page. ``sentence`` is for the person at
the screen, ``str(error)`` is for the log. Neither contains the API key, a query or a body. What Codat
itself said is in ``message`` and in the validation items: bounded, and untrusted like all outside data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from customers.codat.types import ValidationItem


class CodatError(Exception):
    """A call to Codat failed. See the tree above.

    ``status`` is Codat's HTTP status, None without a response. ``retry_after`` is in seconds.
    ``may_have_arrived`` is about writes: True where it is unknown whether Codat received it.
    ``message`` is Codat's own message, "" where there is none.
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
    """The connection could not be opened, so nothing was sent."""

    default_sentence = (
        "Codat cannot be reached, so nothing was sent. Try again in a minute. If this continues, "
        "ask your administrator to check the network."
    )


class TimedOut(CodatError):
    """The response was not complete within the read timeout or the deadline."""

    our_status = 504
    default_sentence = (
        "Codat took too long to respond, so we stopped waiting. Try again in a minute."
    )


class ConnectionLost(CodatError):
    """The connection broke after we began to send, or within the response."""

    default_sentence = "The connection to Codat broke before its response was complete. Try again."


class ClientDisconnected(CodatError):
    """The browser closed its connection before the response was complete. Not a failure of Codat."""


class InvalidResponse(CodatError):
    """A response that is not what the API promises."""

    default_sentence = "Codat sent a response we could not read. Try again. If this continues, tell your administrator."


class UnusableModel(InvalidResponse):
    """A create/update model that no form can be made of. ``sentence`` says why."""


class RecordTooLarge(CodatError):
    """A record with more values than a form can show. Nothing was sent."""

    our_status = 422
    default_sentence = (
        "This customer has more data than a form can show. Change it in the accounting software."
    )


class UnaddressableId(CodatError):
    """An ID that cannot be one segment of a URL ("", ".", "..", too long). Never sent."""

    our_status = 404
    default_sentence = "This ID is not valid in Codat. Check the link."


class NotAttempted(CodatError):
    """The request was not sent; ``retry_after`` says when to retry."""

    our_status = 503
    default_sentence = "The request was not sent to Codat. Try again in a minute."


class CircuitOpen(NotAttempted):
    """Repeated failures: until a probe succeeds, all other calls fail immediately."""

    default_sentence = (
        "Codat failed several times in a row, so nothing was sent. "
        "We check every few seconds whether Codat is back."
    )


class TooManyConcurrentCalls(NotAttempted):
    """The concurrency limit for one company was reached, and no call ended in time."""

    default_sentence = (
        "Too many requests for this company are running, so nothing was sent. "
        "Try again in a few seconds."
    )


class Reserved(NotAttempted):
    """Background work stops before the day's quota is used up."""

    default_sentence = (
        "Today’s Codat quota is nearly used up, so nothing was sent. "
        "Background work resumes tomorrow."
    )


class ErrorResponse(CodatError):
    """Codat responded with a status of 400 or above."""

    default_sentence = "Codat rejected the request. If this continues, tell your administrator."


class BadRequest(ErrorResponse):
    """400: ``message`` says what was wrong, ``validation`` in which fields."""

    default_sentence = "Codat did not accept the request. Correct it and try again."


class Unauthorized(ErrorResponse):
    """401."""

    default_sentence = (
        "Codat does not accept the dashboard’s API key. Ask your administrator to set a valid one."
    )


class PaymentRequired(ErrorResponse):
    """402: company limit reached, trial expired."""

    default_sentence = "The Codat account has reached the limits of its plan. Ask your administrator to raise them."


class Forbidden(ErrorResponse):
    """403."""

    default_sentence = "The dashboard’s API key has no access to this. Ask your administrator to allow it in Codat."


class NotFound(ErrorResponse):
    """404."""

    our_status = 404
    default_sentence = "Not found in Codat. It may have been deleted, or the link is wrong."


class NotSupported(NotFound):
    """404 because the accounting software does not support the data type, or not for this operation."""

    our_status = 409
    default_sentence = "The accounting software does not support this through Codat. Do it in the accounting software."


class NotSynced(ErrorResponse):
    """Codat never read the company's customers, or is reading them for the first time."""

    our_status = 409
    default_sentence = (
        "Codat has not synced this data yet. Start a sync, or wait for the running one."
    )


class AlreadyInUse(ErrorResponse):
    """409 on a write: the idempotency key or a sync is in use."""

    our_status = 409
    default_sentence = "Codat is still processing an earlier request. Try again in a minute."


class KeyReused(ErrorResponse):
    """422: the idempotency key was used before with another body."""

    default_sentence = (
        "Codat treated this as a repeat of a different change, so it was not made. "
        "Check the change history before you save again."
    )


class RateLimited(ErrorResponse):
    """429."""

    our_status = 503
    default_sentence = "Too many requests were sent to Codat. Wait a moment and try again."


class Unavailable(ErrorResponse):
    """500 and above. Our page passes 503 and 504 on; any other status becomes 502."""

    default_sentence = "Codat returned an error. Try again in a few minutes."

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
    409: AlreadyInUse,
    422: KeyReused,
    429: RateLimited,
}

# Codat is unavailable: pages may show stale data instead.
OUTAGES = (Unreachable, TimedOut, ConnectionLost, Unavailable, CircuitOpen)
