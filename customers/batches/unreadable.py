"""The checks of one turn, and whose fault it is where a customer cannot be read: Codat's, or of its row alone.

Where Codat takes no call now, the batch waits. Any other error may be of one customer, and must not stop the others
again and again: where a customer can be read that was read before, the row needs a person.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from customers.batches.halts import MAX_HALTS, may_be_of_row
from customers.batches.threads import for_each
from customers.codat.errors import CodatError, NotFound
from customers.models import Batch, BatchRow

# Customers that could not be read, after which a turn looks whether Codat is there.
_MAX_UNREAD = 5


@dataclass(eq=False, slots=True)
class Attempts:
    """The checks of one turn. `error` is why the batch has to wait, None where it has not.

    `check` checks a row and returns why it could not, `read` reads its customer alone, `end` stores that the row
    cannot be checked, with a sentence.
    """

    batch: Batch
    check: Callable[[BatchRow], CodatError | None]
    read: Callable[[BatchRow], object]
    end: Callable[[BatchRow, str], object]
    should_stop: Callable[[], bool]
    pace: Callable[[], None]
    error: CodatError | None = None
    _unread: list[tuple[BatchRow, CodatError]] = field(default_factory=list)

    def run(self, rows: Sequence[BatchRow]) -> None:
        """Check rows, in threads. After a halt one row alone comes first."""
        alone = 1 if self.batch.halted else 0
        self._run(rows[:alone], threads=1)
        if self.error is None:
            self._run(rows[alone:], threads=settings.CODAT_WORKER_CALLS_AT_ONCE)

    def _run(self, rows: Sequence[BatchRow], *, threads: int) -> None:
        for_each(rows, self._step, threads=threads)
        unread, self._unread = self._unread, []
        if unread and self.error is None:
            self._decide(unread)

    def _step(self, row: BatchRow) -> bool:
        """Check a row; whether the turn goes on."""
        self.pace()
        if self.should_stop():
            return False
        error = self.check(row)
        if error is not None and may_be_of_row(error):
            self._unread.append((row, error))
        elif error is not None:
            self.error = self.error or error
        return self.error is None and len(self._unread) < _MAX_UNREAD

    def _decide(self, unread: Sequence[tuple[BatchRow, CodatError]]) -> None:
        """End the rows that alone cannot be read, or let the batch wait."""
        known = self._known()
        can_read = self._can_read(known) if known else self.batch.halts >= MAX_HALTS
        if not can_read:
            self.error = unread[0][1]
            return
        for row, before in unread:
            self.pace()
            if self.should_stop():
                return
            error = self.check(row) if known else before
            if error is not None and not may_be_of_row(error):
                self.error = error
                return
            if error is not None:
                self.end(row, error.sentence)

    def _known(self) -> BatchRow | None:
        """A row of the batch whose customer was read before; None where there is none yet."""
        read = BatchRow.State.CHECKED, BatchRow.State.UNCHANGED
        rows = BatchRow.objects.filter(batch=self.batch, state__in=read).exclude(customer_id="")
        return rows.order_by("position").first()

    def _can_read(self, row: BatchRow) -> bool:
        self.pace()
        try:
            self.read(row)
        except NotFound:
            return True
        except CodatError:
            return False
        return True
