"""Problems of imports: those that wait for a person, and those whose file could not be read."""

from datetime import datetime, timedelta

from customers.home.problem import KINDS, Action, Author, Problem, key_of
from customers.models import Import
from customers.web import links

State = Import.State

# Until then somebody is probably at work on it.
WAITS_AFTER = timedelta(minutes=5)
_TITLES = {
    State.UNREADABLE: ("A file could not be read", "See why"),
    State.COLUMNS: ("An import waits for its columns to be matched", "Match columns"),
    State.CHECKED: ("An import was checked and was not sent", "Look at it"),
}


def import_problems(now: datetime) -> list[Problem]:
    """The imports that nobody has gone on with. One query, of the few that are open."""
    waiting = Import.objects.filter(state__in=list(_TITLES), changed_at__lte=now - WAITS_AFTER)
    columns = ("user", "company_id", "company_name", "file_name", "state", "changed_at", "message")
    return [_problem(source) for source in waiting.only("id", *columns)]


def _problem(source: Import) -> Problem:
    title, label = _TITLES[State(source.state)]
    name = source.file_name or "Pasted cells"
    return Problem(
        key=key_of("import", str(source.pk)),
        kind=KINDS["import"],
        title=title,
        detail=f"{name}: {source.message}" if source.message else name,
        company_id=source.company_id,
        company_name=source.company_name,
        since=source.changed_at,
        latest=source.changed_at,
        action=Action(label, links.import_page(source.company_id, source.pk)),
        # As a batch, an import has no time at which it was looked at.
        authors=[Author(source.user_id, source.changed_at)] if source.user_id else [],
    )
