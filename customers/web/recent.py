"""What a person used last: companies for the side column; customers, companies and batches for the empty search.

Of records only IDs are stored: their names come from where they are shown, so nothing of a deleted customer stays here.
"""

import logging
from collections.abc import Callable
from dataclasses import astuple, replace
from typing import Any

from django.contrib.auth.models import User
from django.db import Error
from django.http import HttpRequest

from customers.web import htmx
from customers.web.reader import (
    MAX_RECENT,
    MAX_RECORDS,
    RecentCompany,
    RecentRecord,
    reader_of,
    set_reader,
    store,
)

logger = logging.getLogger(__name__)
# Characters of an ID that is stored.
MAX_ID = 300


def visit_company(request: HttpRequest, company_id: str, name: str) -> None:
    """Record that a page of a company was opened. Nothing is written where it is the latest one already.

    Only whole pages count, not their fragments. A page never fails because this cannot be stored.
    """
    company = RecentCompany(company_id, name)
    _visit(request, "recent_companies", company, MAX_RECENT, lambda other: other.company_id)


def visit_record(request: HttpRequest, record: RecentRecord) -> None:
    """Record that the page of a customer, a company or a batch was opened, as `visit_company` does."""
    if len(record.record_id) <= MAX_ID:
        _visit(request, "recent_records", record, MAX_RECORDS, lambda other: other)


def _visit(
    request: HttpRequest, column: str, visited: Any, limit: int, key: Callable[[Any], object]
) -> None:
    """Put something first in a column of the reader's preferences, once by its `key`, and store it."""
    user = getattr(request, "user", None)
    if request.method != "GET" or htmx.is_fragment(request) or not isinstance(user, User):
        return
    reader = reader_of(request)
    before = getattr(reader, column)
    if before[:1] == (visited,):
        return
    others = [other for other in before if key(other) != key(visited)]
    recent = (visited, *others)[:limit]
    changed: dict[str, Any] = {column: recent}
    set_reader(request, replace(reader, **changed))
    try:
        store(user, **{column: [list(astuple(one)) for one in recent]})
    except Error:
        logger.warning("what was used last could not be stored", exc_info=True)
