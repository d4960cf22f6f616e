"""What of a person's changes needs attention: the number in the frame, and the companies that are marked for it."""

from dataclasses import dataclass

from django.db.models import Count

from customers.models import Write
from customers.web import links

# Nothing is wrong with a change in one of these states: it has not ended yet.
RUNNING = (Write.State.SENDING, Write.State.PENDING)
# Running changes that a page watches, so that it can tell when they have ended.
MAX_WATCHED = 20


@dataclass(frozen=True, slots=True)
class Attention:
    """How many changes of a person are problems, and how many are running; `companies` have problems.

    A problem is a change that was not accepted or timed out and was not looked at since, or whose outcome is unknown.
    `watched` are the IDs of changes that run.
    """

    problems: int = 0
    running: int = 0
    companies: frozenset[str] = frozenset()
    watched: tuple[str, ...] = ()

    @property
    def poll_url(self) -> str:
        """Where the entry in the side column renews itself."""
        return links.badge(self.watched)


def of_user(user_id: int) -> Attention:
    """One query; a second one where changes are running."""
    rows = Write.objects.filter(user_id=user_id).needs_attention()
    counts = rows.order_by().values_list("company_id", "state").annotate(number=Count("pk"))
    problems, running, companies = 0, 0, set()
    for company_id, state, number in counts:
        if state in RUNNING:
            running += number
        else:
            problems += number
            companies.add(company_id)
    watched: list[str] = []
    if running:
        ids = rows.filter(state__in=RUNNING).values_list("pk", flat=True)[:MAX_WATCHED]
        watched = [str(pk) for pk in ids]
    return Attention(problems, running, frozenset(companies), tuple(watched))
