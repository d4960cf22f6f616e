"""The hash of exactly what is sent, so that what was approved can be told from anything else."""

import hashlib
from collections.abc import Iterable

import simplejson

from customers.models import BatchRow, Write


def write_hash(write: Write) -> str:
    """The SHA-256 of what a write sends: to which connection and customer, with which options, and every byte of it.

    A new customer has no ID in it: it gets one by being sent.
    """
    customer_id = write.customer_id if write.kind == Write.Kind.UPDATE else ""
    options = write.timeout_in_minutes, write.force_update
    return _hash(write.company_id, write.connection_id, customer_id, *options, write.payload)


def row_hash(row: BatchRow) -> str:
    """The same of a row of a batch, before and after it is journaled. `row.batch` and `row.write` are read."""
    if row.write is not None:
        return write_hash(row.write)
    batch, without_options = row.batch, (None, False)
    return _hash(
        batch.company_id, batch.connection_id, row.customer_id, *without_options, row.payload
    )


def hash_of_all(hashes: Iterable[tuple[int, str]]) -> str:
    """The hash of the rows of a batch, each its position and its own hash, in their order."""
    digest = hashlib.sha256()
    for position, one in hashes:
        digest.update(f"{position}:{one}\n".encode())
    return digest.hexdigest()


def _hash(*parts: object) -> str:
    return hashlib.sha256(simplejson.dumps(parts).encode()).hexdigest()
