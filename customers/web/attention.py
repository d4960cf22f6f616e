"""What of a person's changes needs attention: the number in the frame, and the companies that are marked for it."""

import uuid
from dataclasses import dataclass

from django.db import connection

from customers import scope
from customers.models import Batch, Write
from customers.web import links

# Nothing is wrong with a change in one of these states: it has not ended yet.
RUNNING = (Write.State.SENDING, Write.State.PENDING)
# Running changes that a page watches, so that it can tell when they have ended.
MAX_WATCHED = 20
# Changes that are counted: nobody looks at more, and each page reads them.
MAX_COUNTED = 1000
# The changes of a person, everybody's open batches, which are few, of each whether it waits for that person, the
# person's open imports, how many notifications they have not read, the others' requests for approval that wait, and how
# many people ask for access.
# Written by hand, on our own tables, for a row of the bench, "The list page, to admin's": every page asks it, and
# Django takes a twelfth of a list page to put it together.
_OF_USER = """
    SELECT 0, company_id, state, id, 0 FROM (
        SELECT company_id, state, id FROM customers_write
        WHERE user_id = %s AND needs_attention = 1 ORDER BY created_at DESC LIMIT %s
    ) AS changes
    UNION ALL
    SELECT 1, company_id, state, id, CASE WHEN user_id = %s AND (state = 'ready' OR message <> '')
        AND NOT EXISTS (SELECT 1 FROM customers_approval WHERE batch_id = customers_batch.id AND state = 'waiting')
        THEN 1 ELSE 0 END
    FROM customers_batch WHERE state IN ('preparing', 'ready', 'running', 'paused')
    UNION ALL
    SELECT 2, company_id, state, id, 1 FROM customers_import
    WHERE user_id = %s AND state IN ('reading', 'unreadable', 'columns', 'checking', 'checked')
    UNION ALL
    SELECT 3, company_id, '', NULL, COUNT(*) FROM (
        SELECT company_id FROM customers_notice WHERE user_id = %s AND read_at IS NULL LIMIT %s
    ) AS unread GROUP BY company_id
    UNION ALL
    SELECT 4, company_id, state, id, 1 FROM customers_approval
    WHERE state = 'waiting' AND (asked_by_id IS NULL OR asked_by_id <> %s)
    UNION ALL
    SELECT 5, '', '', NULL, COUNT(*) FROM customers_accessrequest
"""
# What a row is, beside a change. All but batches are counted by their last column.
_BATCH, _IMPORT, _NOTICES, _APPROVAL, _ACCESS = 1, 2, 3, 4, 5
_RUNNING_BATCHES = (Batch.State.PREPARING, Batch.State.RUNNING)


@dataclass(frozen=True, slots=True)
class Attention:
    """How many changes of a person are problems, and how many are running; `companies` have problems.

    A problem is a change that was not accepted or timed out and was not looked at since, or whose outcome is unknown;
    and a batch that is ready to start, or that was paused because something went wrong. `watched` are the IDs of
    changes that run. `batches` are those among the problems, `running_batches` everybody's.
    `imports` are the person's own that were neither sent nor cancelled, `notices` the notifications that they have not
    read, `approvals` the requests of others that wait, whoever may decide about them (`customers/approvals/frame.py`),
    `access_requests` everybody's for access, also of those who may not sign in.
    """

    problems: int = 0
    running: int = 0
    companies: frozenset[str] = frozenset()
    watched: tuple[str, ...] = ()
    batches: int = 0
    running_batches: int = 0
    imports: int = 0
    notices: int = 0
    approvals: int = 0
    access_requests: int = 0

    @property
    def poll_url(self) -> str:
        """Where the entry in the side column renews itself."""
        return links.badge(self.watched)


def of_user(user_id: int) -> Attention:
    """One query. Of more than `MAX_COUNTED` changes the newest are counted."""
    with connection.cursor() as cursor:
        parameters = [user_id, MAX_COUNTED, user_id, user_id, user_id, MAX_COUNTED, user_id]
        cursor.execute(_OF_USER, parameters)
        rows = cursor.fetchall()
    has = scope.current().has
    problems, companies, running = 0, set(), []
    batches, running_batches = 0, 0
    counts = dict.fromkeys((_IMPORT, _NOTICES, _APPROVAL, _ACCESS), 0)
    for kind, company_id, state, pk, number in rows:
        if company_id and not has(company_id):
            continue
        if kind in counts:
            counts[kind] += number
        elif kind == _BATCH:
            is_running = state in _RUNNING_BATCHES
            running_batches += is_running
            batches += number and not is_running
        elif state in RUNNING:
            running.append(str(uuid.UUID(str(pk))))
        else:
            problems += 1
            companies.add(company_id)
    return Attention(
        problems + batches,
        len(running),
        frozenset(companies),
        tuple(running[:MAX_WATCHED]),
        batches,
        running_batches,
        imports=counts[_IMPORT],
        notices=counts[_NOTICES],
        approvals=counts[_APPROVAL],
        access_requests=counts[_ACCESS],
    )
