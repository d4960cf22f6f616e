"""What an error of Codat means for a batch: a row is put back, the batch waits, or a person is asked.

Rules that are right for one save are ruinous for many. "Not now" says nothing about a row, so the row is put back and
the batch waits. After a call that may have arrived nothing more is sent until Codat answers a read.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from customers.batches import states
from customers.codat.errors import (
    ClientDisconnected,
    CodatError,
    NotAttempted,
    NotSynced,
    PaymentRequired,
    RateLimited,
    Reserved,
    UnaddressableId,
    Unauthorized,
    Unreachable,
)
from customers.models import Batch
from customers.writes.approving.gate import NotApproved

Halt = Batch.Halt

# Seconds that a batch waits after the first halt in a row; twice as long after each further one.
_FIRST_WAIT, _LONGEST_WAIT = 5, 300
# Unknown outcomes in a row, or refusals of all calls, after which a person is asked.
MAX_HALTS = 3

# Errors that would be the same for every customer of the company.
_OF_ALL = (
    NotAttempted,
    RateLimited,
    Unauthorized,
    PaymentRequired,
    NotSynced,
    Unreachable,
    ClientDisconnected,
)
_SENTENCES = {
    Halt.QUOTA: "Today’s calls to Codat are used up. The batch continues after 00:00 UTC.",
    Halt.UNAVAILABLE: "Codat is unavailable. The batch continues when Codat is back.",
    Halt.REFUSED: "Codat refuses the dashboard’s calls.",
    Halt.UNKNOWN: "Codat did not answer, so the outcome of a row is unknown. We check before we go on.",
}


def is_not_now(error: CodatError) -> bool:
    """Whether an error says nothing about the row: nothing left the dashboard, or Codat took no notice of it."""
    if error.may_have_arrived or isinstance(error, (UnaddressableId, NotApproved)):
        return False
    if isinstance(error, (NotAttempted, RateLimited, Unauthorized, PaymentRequired)):
        return True
    return error.status is None


def may_be_of_row(error: CodatError) -> bool:
    """Whether an error of reading a customer may be of this one alone: no other row has to wait for it."""
    return not isinstance(error, _OF_ALL)


def halt_after(batch: Batch, error: CodatError, *, is_unknown: bool = False) -> None:
    """Let a batch wait after an error. After several in a row that need a person it is paused and says why."""
    kind = _kind(error, is_unknown=is_unknown)
    is_last = kind in (Halt.UNKNOWN, Halt.REFUSED) and batch.halts + 1 >= MAX_HALTS
    if is_last and states.pause(batch, None, message=_last_sentence(kind, error)):
        return
    until = _until(batch, error)
    states.halt(batch, kind, until=until, message=_SENTENCES[kind])
    batch.halts += 1


def _kind(error: CodatError, *, is_unknown: bool) -> Batch.Halt:
    if is_unknown:
        return Halt.UNKNOWN
    if isinstance(error, Reserved):
        return Halt.QUOTA
    if isinstance(error, (Unauthorized, PaymentRequired)):
        return Halt.REFUSED
    return Halt.UNAVAILABLE


def _last_sentence(kind: str, error: CodatError) -> str:
    if kind == Halt.REFUSED:
        return f"Paused, because Codat refused {MAX_HALTS} times. {error.sentence}"
    return (
        f"Paused, because Codat did not answer {MAX_HALTS} times in a row."
        " Check the rows with an unknown outcome, then resume."
    )


def _until(batch: Batch, error: CodatError) -> datetime:
    wait = min(_FIRST_WAIT * 2 ** min(batch.halts, 10), _LONGEST_WAIT)
    return timezone.now() + timedelta(seconds=max(wait, error.retry_after or 0))
