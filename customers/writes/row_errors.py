"""The errors of Codat that are about one record or operation, and say nothing about the next call."""

from customers.codat.errors import (
    AlreadyInUse,
    BadRequest,
    Forbidden,
    KeyReused,
    NotFound,
    NotSynced,
    UnaddressableId,
)

ROW_ERRORS = (BadRequest, AlreadyInUse, Forbidden, KeyReused, NotFound, NotSynced, UnaddressableId)
