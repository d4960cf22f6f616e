"""Stores facts that nobody can ask for again, also where the connection to the database is lost meanwhile.

A call to Codat takes seconds. A database server that restarts in that time, or a proxy that ends idle connections,
takes our connection with it, and the next statement fails although the answer has been read. A step that stores such
a fact is run again on a new connection. It has to be idempotent: the lost connection may have committed it.
"""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

# Seconds before each further try. In all longer than `ConnectionBreaker` refuses new connections.
PAUSES = (0.0, 0.2, 1.0, 2.0, 4.0)

Result = TypeVar("Result")


def record(step: Callable[[], Result], *, what: str) -> Result:
    """Run a step that stores a fact, again on a new connection where the database fails. Returns its result.

    `what` names the fact in the log, with IDs and without personal data: the log is what is left of it where the
    database stays away. Raises OperationalError or InterfaceError then, and immediately inside a transaction, which
    no other connection can continue.
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
