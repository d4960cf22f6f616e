"""What the columns of a sheet meant last: one memory for each set of headings and connection, shared by all people."""

import hashlib
from collections.abc import Sequence

import simplejson
from django.contrib.auth.models import User
from django.utils import timezone

from customers.codat.text import db_safe
from customers.models import ColumnMapping, Import

# Headings of the columns that files of this dashboard have beside those of the customer. They have no field.
OUTCOME, PROBLEM, CHANGE = "Outcome", "Problem", "Change"
ADDED_COLUMNS = (OUTCOME, PROBLEM, CHANGE)


def is_added(heading: str) -> bool:
    """Whether this dashboard has added a column with this heading to a file."""
    return heading.strip() in ADDED_COLUMNS


def is_same_sheet(before: Sequence[str], now: Sequence[str]) -> bool:
    """Whether a sheet has the columns of an earlier one, and beside them only those that this dashboard added."""
    added = now[len(before) :]
    return list(before) == list(now[: len(before)]) and all(map(is_added, added))


def headings_digest(headings: Sequence[str]) -> str:
    """A hash of a sheet's headings, in their order, without regard to case and blanks."""
    folded = [" ".join(heading.split()).casefold() for heading in headings]
    return hashlib.sha256(simplejson.dumps(folded).encode()).hexdigest()


def remember(source: Import, user: User) -> None:
    """Keep what the columns of an import mean."""
    ColumnMapping.objects.update_or_create(
        company_id=source.company_id,
        connection_id=source.connection_id,
        headings_digest=headings_digest(source.headings),
        defaults={
            "mapping": source.mapping,
            "match_by": source.match_by,
            "file_name": db_safe(source.file_name),
            "username": user.get_username(),
            "used_at": timezone.now(),
        },
    )


def remembered(source: Import) -> ColumnMapping | None:
    """What the columns of a sheet with the headings of this one meant last; None where there was none."""
    return ColumnMapping.objects.filter(
        company_id=source.company_id,
        connection_id=source.connection_id,
        headings_digest=headings_digest(source.headings),
    ).first()
