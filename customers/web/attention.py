"""What of a person's changes needs attention: the number in the frame, and the companies that are marked for it."""

from dataclasses import dataclass

from django.db.models import Count

from customers.models import Write

# Nothing is wrong with a change in one of these states: it has not ended yet.
_RUNNING = (Write.State.SENDING, Write.State.PENDING)


@dataclass(frozen=True, slots=True)
class Attention:
    """How many changes of a person are problems, and how many are running; `companies` have problems.

    A problem is a change that was not accepted or timed out and was not looked at since, or whose outcome is unknown.
    """

    problems: int = 0
    running: int = 0
    companies: frozenset[str] = frozenset()


def of_user(user_id: int) -> Attention:
    """One query."""
    rows = (
        Write.objects.filter(user_id=user_id)
        .needs_attention()
        .order_by()
        .values_list("company_id", "state")
        .annotate(number=Count("pk"))
    )
    problems, running, companies = 0, 0, set()
    for company_id, state, number in rows:
        if state in _RUNNING:
            running += number
        else:
            problems += number
            companies.add(company_id)
    return Attention(problems, running, frozenset(companies))
