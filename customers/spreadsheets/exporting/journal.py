"""The journal of what left the house: one row for each export. It is written before the first byte is sent.

A row ends once, by one conditional UPDATE. While the database is away a file goes on: what it wrote was announced.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import Error
from django.utils import timezone

from customers.codat.text import db_safe
from customers.models import Export

logger = logging.getLogger(__name__)

# Where nothing was recorded for so long, nobody sends an export any more: a page takes a minute at most, and a browser
# that accepts nothing for a minute is disconnected.
SILENCE = timedelta(minutes=5)

# How often at most an export of which nothing new is recorded says that it is still sent.
TOUCHED_EVERY = timedelta(minutes=1)

_NOT_RECORDED = "an export was not recorded"


class Pulse:
    """Keeps exports that are still sent from being taken for ended ones."""

    def __init__(self, exports: Iterable[UUID]) -> None:
        self._ids = list(exports)
        self._at = time.monotonic()

    def beat(self) -> None:
        """Record that the file is still sent, where that was not done for `TOUCHED_EVERY`."""
        now = time.monotonic()
        if now - self._at < TOUCHED_EVERY.total_seconds():
            return
        self._at = now
        rows = Export.objects.filter(pk__in=self._ids, state=Export.State.RUNNING)
        try:
            rows.update(changed_at=timezone.now())
        except Error:
            logger.warning(_NOT_RECORDED, exc_info=True)


class JournalLine:
    """The row of one export that is running."""

    def __init__(self, export: Export) -> None:
        self._id: UUID = export.pk
        self._pulse = Pulse([export.pk])
        self.written = 0

    def sending(self) -> None:
        """Record that the file is still sent; once a minute at most, whatever the number of calls."""
        self._pulse.beat()

    def progress(self, written: int) -> None:
        """Record how many customers were written so far: before they leave, so that no later failure denies them."""
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
    """Whether a running export has recorded nothing for so long that its process must have ended."""
    return export.state == Export.State.RUNNING and timezone.now() - export.changed_at > SILENCE
