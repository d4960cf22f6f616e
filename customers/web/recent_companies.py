"""The companies that a person used last, as the side column lists them."""

import logging
from dataclasses import replace

from django.contrib.auth.models import User
from django.db import Error
from django.http import HttpRequest

from customers.web import htmx
from customers.web.reader import MAX_RECENT, RecentCompany, reader_of, set_reader, store

logger = logging.getLogger(__name__)


def visit(request: HttpRequest, company_id: str, name: str) -> None:
    """Record that a page of a company was opened. Nothing is written where it is the latest one already.

    Only whole pages count, not their fragments. A page never fails because this cannot be stored.
    """
    user = getattr(request, "user", None)
    if request.method != "GET" or htmx.is_fragment(request) or not isinstance(user, User):
        return
    reader, company = reader_of(request), RecentCompany(company_id, name)
    if reader.recent_companies[:1] == (company,):
        return
    others = [other for other in reader.recent_companies if other.company_id != company_id]
    recent = (company, *others)[:MAX_RECENT]
    set_reader(request, replace(reader, recent_companies=recent))
    try:
        _store(user, recent)
    except Error:
        logger.warning("the recent companies could not be stored", exc_info=True)


def _store(user: User, recent: tuple[RecentCompany, ...]) -> None:
    store(user, recent_companies=[[company.company_id, company.name] for company in recent])
