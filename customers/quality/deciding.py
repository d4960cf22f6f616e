"""What a person says of a pair of customers that look alike: the same customer, or different ones."""

from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import DuplicatePair

Decision = DuplicatePair.Decision


def decide(pair: DuplicatePair, decision: str, user: User) -> None:
    """Record a decision of `Decision`; `Decision.OPEN` takes back what was said before."""
    is_open = decision == Decision.OPEN
    DuplicatePair.objects.filter(pk=pair.pk).update(
        decision=decision,
        decided_by_name="" if is_open else user.get_username(),
        decided_at=None if is_open else timezone.now(),
        closed_at=None,
    )
