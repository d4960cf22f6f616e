"""The locks under which a save checks for other saves and journals its own, as one atomic step.

Without them, two concurrent saves would not find each other, and both would be sent. So a save holds locks, for
example on its customer and on its new name, from the check until its row in the journal is committed. A save that
waited for a lock finds that row.

The locks are rows, locked by `SELECT ... FOR UPDATE`, because a row behaves the same on every database. On SQLite
the transaction itself is the lock: it begins with BEGIN IMMEDIATE (`transaction_mode` in the settings).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from customers.models import SaveLock

# Names are hashed to a fixed number of rows, so no name is stored. Saves with two names of one row wait for each other
# for some milliseconds.
ROWS = 4096


@contextmanager
def save_lock(*names: str) -> Iterator[None]:
    """A transaction that excludes other saves with any of these names. It is committed at the end.

    Inside another transaction this raises RuntimeError, since its rollback would lose the write. Codat must not be
    called inside.
    """
    with transaction.atomic(durable=True):
        lock_in_transaction(*names)
        yield


def lock_in_transaction(*names: str) -> None:
    """Exclude other saves with any of these names until the transaction of the caller ends.

    Raises TransactionManagementError outside of a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("a lock outside of a transaction")
    numbers = sorted({_number(name) for name in names})
    # In ascending order, in both statements: two saves with two locks each do not wait for each other.
    SaveLock.objects.bulk_create(map(SaveLock, numbers), ignore_conflicts=True)
    locks = SaveLock.objects.select_for_update().filter(number__in=numbers).order_by("number")
    # Evaluated only to lock the rows.
    list(locks)


def customer_lock(company_id: str, customer_id: str) -> str:
    """The name of the lock for the changes of one customer."""
    return f"customer {company_id} {customer_id}"


def name_lock(company_id: str, folded_name: str) -> str:
    """The name of the lock for a new name of a customer of a company."""
    return f"name {company_id} {folded_name}"


def form_lock(submission: object) -> str:
    """The name of the lock for the saves of one opened form."""
    return f"form {submission}"


def _number(name: str) -> int:
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:4]) % ROWS
