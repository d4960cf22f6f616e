"""What a person says of a pair of customers that look alike: the same customer, or different ones."""

from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import DuplicatePair

Decision = DuplicatePair.Decision


def decide(pair: DuplicatePair, decision: str, user: User, *, shown: str | None = None) -> bool:
    """Record a decision of `Decision`; `Decision.OPEN` takes back what was said before. Whether it was recorded.

    It is not where the pair has another decision than the one that its person was shown, by default that of `pair`.
    """
    is_open = decision == Decision.OPEN
    before = pair.decision if shown is None else shown
    recorded = DuplicatePair.objects.filter(pk=pair.pk, decision=before).update(
        decision=decision,
        decided_by_name="" if is_open else user.get_username(),
        decided_at=None if is_open else timezone.now(),
        closed_at=None,
    )
    return bool(recorded)
