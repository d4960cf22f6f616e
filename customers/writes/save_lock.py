"""The lock under which a save looks for other saves and journals its own: one step for everybody else.

Two saves that look for each other at the same moment find nothing, and both go out. So a save holds locks with
the names of what it must not overlook, such as its customer and its new name, from the look until its row in the
journal is committed. Who waits for a lock finds that row afterwards.

The locks are rows, locked by `SELECT ... FOR UPDATE`, because a row behaves the same on every database. On SQLite
the transaction itself is the lock: it begins with BEGIN IMMEDIATE (`transaction_mode` in the settings).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from customers.models import SaveLock

# Names share the rows, so that their number has a limit and no name is stored. Saves of two names that share one wait
# for each other for some milliseconds.
ROWS = 4096


@contextmanager
def save_lock(*names: str) -> Iterator[None]:
    """A transaction that no other save with one of these names is in. It is committed at the end.

    Inside another transaction this raises RuntimeError, since its rollback would lose the write. Codat must not be
    called inside.
    """
    numbers = sorted({_number(name) for name in names})
    with transaction.atomic(durable=True):
        # In ascending order, in both statements: two saves with two locks each do not wait for each other.
        SaveLock.objects.bulk_create(map(SaveLock, numbers), ignore_conflicts=True)
        locks = SaveLock.objects.select_for_update().filter(number__in=numbers).order_by("number")
        # Evaluated for its lock alone.
        list(locks)
        yield


def customer_lock(company_id: str, customer_id: str) -> str:
    """The name of the lock for the changes of one customer."""
    return f"customer {company_id} {customer_id}"


def name_lock(company_id: str, folded_name: str) -> str:
    """The name of the lock for a name that a customer of a company is to get."""
    return f"name {company_id} {folded_name}"


def form_lock(submission: object) -> str:
    """The name of the lock for the saves of one opened form."""
    return f"form {submission}"


def _number(name: str) -> int:
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:4]) % ROWS
