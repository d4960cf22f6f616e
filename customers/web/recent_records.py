"""What a person opened last: customers, companies and batches, for the search that is still empty.

Only IDs are stored: names come from where they are shown, so that nothing of a customer stays here who is gone.
"""

import logging
from dataclasses import astuple, replace

from django.contrib.auth.models import User
from django.db import Error
from django.http import HttpRequest

from customers.web import htmx
from customers.web.reader import MAX_RECORDS, RecentRecord, reader_of, set_reader, store

logger = logging.getLogger(__name__)
# Characters of an ID that is stored.
MAX_ID = 300


def visit(request: HttpRequest, record: RecentRecord) -> None:
    """Record that the page of something was opened. Nothing is written where it is the latest one already.

    Only whole pages count, not their fragments. A page never fails because this cannot be stored.
    """
    user = getattr(request, "user", None)
    if request.method != "GET" or htmx.is_fragment(request) or not isinstance(user, User):
        return
    reader = reader_of(request)
    if reader.recent_records[:1] == (record,) or len(record.record_id) > MAX_ID:
        return
    others = [other for other in reader.recent_records if other != record]
    recent = (record, *others)[:MAX_RECORDS]
    set_reader(request, replace(reader, recent_records=recent))
    try:
        store(user, recent_records=[list(astuple(one)) for one in recent])
    except Error:
        logger.warning("what was opened last could not be stored", exc_info=True)
