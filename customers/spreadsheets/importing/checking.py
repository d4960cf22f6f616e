"""The worker's second step: each row of an import is compared with its customer, and gets a verdict.

All customers of the company are read, 5,000 a call, and a page at a time is in memory: its rows are checked beside it.
What matches none is decided about at the end. A check can be repeated at any time: it begins anew, and each of its
transactions holds the import in its version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, cast

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from customers.codat.errors import CodatError, Reserved
from customers.codat.pages import MAX_PAGE_SIZE, position
from customers.models import Import, ImportRow
from customers.service import CustomerService
from customers.spreadsheets.importing import row_store, states
from customers.spreadsheets.importing.deciding import Decider, Record
from customers.spreadsheets.importing.index import RowIndex
from customers.spreadsheets.importing.judging import Verdict
from customers.spreadsheets.importing.states import Superseded
from customers.spreadsheets.importing.targets import NotPossible, sheet_of

State = Import.State

# Rows of one transaction.
PIECE = 500
# Pages of customers; Codat may send smaller ones than are asked for.
_MAX_PAGES = 1_000
# How long an import waits where Codat is away, where the day's calls are used up, and where the connection is.
_AWAY, _USED_UP, _NOT_NOW = timedelta(seconds=30), timedelta(minutes=15), timedelta(minutes=2)


def check(
    source: Import,
    service: CustomerService,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    pace: Callable[[], None] = lambda: None,
) -> int:
    """Check the rows of an import; how many were. After the last one the import is checked.

    Where Codat is away or the connection is not linked, the import waits and says so. Ends early where it was changed
    meanwhile, or where `should_stop` says so: the next turn begins anew.
    """
    work = _Check(source, service, should_stop, pace)
    try:
        work.run()
    except (Superseded, _Stopped):
        return work.done
    except NotPossible as error:
        states.wait(source, until=timezone.now() + _NOT_NOW, message=str(error))
        return work.done
    except CodatError as error:
        _wait_after(source, error)
        return work.done
    states.checked(source)
    return work.done


class _Stopped(Exception):
    """The process ends, or another one has the turn."""


def _wait_after(source: Import, error: CodatError) -> None:
    wait = _USED_UP if isinstance(error, Reserved) else _AWAY
    until = timezone.now() + max(wait, timedelta(seconds=error.retry_after or 0))
    states.wait(source, until=until, message=f"{error.sentence} The check continues later.")


class _Check:
    """One check of an import."""

    def __init__(
        self,
        source: Import,
        service: CustomerService,
        should_stop: Callable[[], bool],
        pace: Callable[[], None],
    ) -> None:
        self.source = source
        self.service = service
        self.should_stop = should_stop
        self.pace = pace
        self.done = 0

    def run(self) -> None:
        """Check all rows. Raises Superseded, NotPossible, CodatError."""
        sheet = sheet_of(self.source, self.service)
        with states.hold(self.source, State.CHECKING, message="", due_at=None):
            pass
        index = RowIndex(self.source, sheet)
        decider = Decider(self.source, sheet, index)
        number = 1
        while self._check_page(number, decider) and number < _MAX_PAGES:
            number += 1
        self._store((each, decider.alone(index.take(each))) for each in index.remaining())
        self._correct(decider)

    def _check_page(self, number: int, decider: Decider) -> bool:
        """Check the rows that mean customers of one page; whether another page follows. Afterwards it is not kept."""
        self.pace()
        self._go_on()
        results = self.service.list_records(
            company_id=self.source.company_id,
            page=number,
            page_size=MAX_PAGE_SIZE,
            order_by="id",
        )
        met = decider.meet(cast(Sequence[Record], results["results"]))
        self._store((row.position, decider.beside(row, record)) for row, record in met)
        return position(results, number, MAX_PAGE_SIZE).has_next

    def _store(self, verdicts: Iterable[tuple[int, Verdict]]) -> None:
        """Write verdicts by the positions of their rows, in pieces, as they are found."""
        remaining = iter(verdicts)
        while piece := list(islice(remaining, PIECE)):
            self._go_on()
            self.done += len(piece)
            # A check that begins anew shows what the one before had done until it is further.
            write(self.source, piece, State.CHECKING, done=Greatest(F("done"), self.done))

    def _correct(self, decider: Decider) -> None:
        """Correct the verdicts of rows that a later page of customers has changed."""
        remaining = iter(decider.late())
        while piece := list(islice(remaining, PIECE)):
            self._go_on()
            rows = ImportRow.objects.filter(source=self.source, position__in=piece)
            write(self.source, [(row.position, decider.again(row)) for row in rows], State.CHECKING)

    def _go_on(self) -> None:
        if self.should_stop():
            raise _Stopped


def write(
    source: Import, verdicts: Sequence[tuple[int, Verdict]], state: str, **values: Any
) -> None:
    """Write verdicts by the positions of their rows. Raises Superseded where the import was changed meanwhile."""
    with states.hold(source, state, **values):
        row_store.store(source, verdicts)
