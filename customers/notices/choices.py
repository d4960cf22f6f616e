"""How each person wants to be told: what they chose, with defaults for everything else."""

from collections.abc import Mapping

from django.contrib.auth.models import User

from customers.models import NoticeChoices
from customers.notices.kinds import FACTS, Kind, Way

DEFAULT_HOUR = 8


def choices_of(user: User) -> NoticeChoices:
    """The stored choices of a person, or the defaults."""
    try:
        return user.notice_choices
    except NoticeChoices.DoesNotExist:
        return NoticeChoices(user=user, digest_hour=DEFAULT_HOUR)


def way_of(choices: NoticeChoices, kind: Kind) -> Way:
    """How a person is told of a kind; the default where nothing valid is stored."""
    stored = choices.ways.get(kind) if isinstance(choices.ways, dict) else None
    return Way(stored) if stored in list(Way) else FACTS[kind].default


def kinds_for(user: User) -> list[Kind]:
    """The kinds that a person can be told of."""
    return [kind for kind, facts in FACTS.items() if user.has_perm(facts.permission)]


def save(user: User, ways: Mapping[Kind, Way], digest_hour: int) -> None:
    """Store a person's choices. Kinds that are not named stay as they were."""
    stored = {**choices_of(user).ways, **{str(kind): str(way) for kind, way in ways.items()}}
    user.notice_choices, _ = NoticeChoices.objects.update_or_create(
        pk=user.pk, defaults={"ways": stored, "digest_hour": digest_hour}
    )
