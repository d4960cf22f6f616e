"""The worker's second step: each row of an import is compared with its customer, and gets a verdict.

All customers of the company are read, 5,000 a call, and a page at a time is in memory: its rows are checked beside it.
What matches none is decided about at the end. A check can be repeated at any time: it begins anew, and each of its
transactions holds the import in its version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, cast

from django.db.models import F
from django.utils import timezone

from customers.codat.errors import CodatError, Reserved
from customers.codat.pages import MAX_PAGE_SIZE, position
from customers.models import Import, ImportRow
from customers.service import CustomerService
from customers.spreadsheets.importing import states
from customers.spreadsheets.importing.deciding import Decider, Record
from customers.spreadsheets.importing.index import RowIndex
from customers.spreadsheets.importing.judging import CHECKED_COLUMNS, Verdict
from customers.spreadsheets.importing.states import Superseded
from customers.spreadsheets.importing.targets import NotPossible, sheet_of

State, RowState = Import.State, ImportRow.State

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
    states.wait(source, until=until, message=f"{error.sentence} The check goes on by itself.")


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
        with states.hold(self.source, State.CHECKING, done=0, message="", due_at=None):
            pass
        index = RowIndex(self.source, sheet)
        decider = Decider(self.source, sheet, index)
        number = 1
        while self._check_page(number, decider) and number < _MAX_PAGES:
            number += 1
        self._store(index.unmatched(), decider.alone)
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
        matched = decider.meet(cast(Sequence[Record], results["results"]))
        self._store(matched, lambda row: decider.beside(row, matched[row.position]))
        return position(results, number, MAX_PAGE_SIZE).has_next

    def _store(self, positions: Iterable[int], decide: Callable[[ImportRow], Verdict]) -> None:
        """Decide about rows, and write what was found."""
        for rows in self._rows(positions):
            for row in rows:
                decide(row).store_in(row)
            write(self.source, rows, State.CHECKING, done=F("done") + len(rows))
            self.done += len(rows)

    def _correct(self, decider: Decider) -> None:
        """Correct the verdicts of rows that a later page of customers has changed."""
        for rows in self._rows(decider.late()):
            for row in rows:
                decider.again(row)
            write(self.source, rows, State.CHECKING)

    def _rows(self, positions: Iterable[int]) -> Iterator[list[ImportRow]]:
        remaining = iter(positions)
        while piece := list(islice(remaining, PIECE)):
            self._go_on()
            yield list(ImportRow.objects.filter(source=self.source, position__in=piece))

    def _go_on(self) -> None:
        if self.should_stop():
            raise _Stopped


def write(source: Import, rows: Sequence[ImportRow], state: str, **values: Any) -> None:
    """Write what was found about rows. Raises Superseded where the import is not in this state and version any more."""
    found = [
        ImportRow(
            source=source,
            position=row.position,
            **{column: getattr(row, column) for column in CHECKED_COLUMNS},
        )
        for row in rows
    ]
    with states.hold(source, state, **values):
        ImportRow.objects.bulk_create(
            found,
            update_conflicts=True,
            unique_fields=["source", "position"],
            update_fields=CHECKED_COLUMNS,
        )
