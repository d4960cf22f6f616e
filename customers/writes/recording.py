"""Stores facts that cannot be read again, also where the connection to the database was lost meanwhile.

A call to Codat takes seconds. If the database server restarts in that time, or a proxy closes idle connections, the
next statement fails although the response has been read. A step that stores such a fact is retried on a new
connection. It has to be idempotent, because the lost connection may have committed it.
"""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

# Seconds before each retry. Their sum is longer than `ConnectionBreaker` refuses new connections.
PAUSES = (0.0, 0.2, 1.0, 2.0, 4.0)

Result = TypeVar("Result")


def record(step: Callable[[], Result], *, what: str) -> Result:
    """Run a step that stores a fact, with retries on a new connection where the database fails. Returns its result.

    `what` describes the fact in the log, with IDs and without personal data: if all retries fail, only the log has it.
    Raises OperationalError or InterfaceError then, and immediately inside a transaction, which cannot be continued on
    another connection.
    """
    for pause in PAUSES:
        try:
            return step()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            log.warning("%s: not stored yet (%s)", what, type(error).__name__)
            connection.close()
            time.sleep(pause)
    try:
        return step()
    except (OperationalError, InterfaceError):
        log.critical("%s: could not be stored", what)
        raise
