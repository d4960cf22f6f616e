"""The journal of what left the house: one row for each export. It is written before the first byte is sent.

A row ends once, by one conditional UPDATE. While the database is away a file goes on: what it wrote was announced.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db import Error
from django.utils import timezone

from customers.codat.text import db_safe
from customers.models import Export

logger = logging.getLogger(__name__)

# Without a row for so long, nobody writes an export any more: a page takes a minute at most, and a browser that accepts
# nothing for a minute is disconnected.
SILENCE = timedelta(minutes=5)

_NOT_RECORDED = "an export was not recorded"


class JournalLine:
    """The row of one export that is running."""

    def __init__(self, export: Export) -> None:
        self._id: UUID = export.pk
        self.written = 0

    def progress(self, written: int) -> None:
        """Record how many customers were written so far."""
        self.written = written
        self._update(written=written, changed_at=timezone.now())

    def complete(self, remarks: str) -> None:
        """The file was sent as a whole. ``remarks`` are sentences about what differs from what was promised."""
        self._end(Export.State.COMPLETE, remarks)

    def interrupt(self, reason: str) -> None:
        """The file was not sent as a whole. Changes nothing after it was."""
        self._end(Export.State.INTERRUPTED, reason)

    def _end(self, state: Export.State, message: str) -> None:
        now = timezone.now()
        self._update(
            state=state,
            message=db_safe(message),
            written=self.written,
            changed_at=now,
            ended_at=now,
        )

    def _update(self, **values: object) -> None:
        rows = Export.objects.filter(pk=self._id, state=Export.State.RUNNING)
        try:
            rows.update(**values)
        except Error:
            logger.warning(_NOT_RECORDED, exc_info=True)


def is_silent(export: Export) -> bool:
    """Whether a running export has written nothing for so long that its process must have ended."""
    return export.state == Export.State.RUNNING and timezone.now() - export.changed_at > SILENCE
