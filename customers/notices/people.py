"""Who may be told of a company, who is away, and who follows in their place."""

from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers import localisation
from customers.access.people import scope_of
from customers.models import NoticeChoices, Owner, Person, ProblemNote, SubjectKind
from customers.notices.kinds import Kind

_MANAGES, _READS = "manage_people", "customers.read_customers"
_SATURDAY = 5


def who_see(company_id: str, people: Iterable[User | int]) -> list[User]:
    """Those of some people who may read a company ("" for none), each once."""
    ids = {each if isinstance(each, int) else each.pk for each in people}
    return [user for user in _people().filter(pk__in=ids) if sees(user, company_id)]


def sees(user: User, company_id: str) -> bool:
    """Whether a person may sign in, read customers, and see a company; "" for none."""
    if not user.is_active or not user.has_perm(_READS):
        return False
    return not company_id or scope_of(user).has(company_id)


def followers(company_id: str, *, without: Collection[int] = ()) -> list[User]:
    """Who is told in place of somebody: those who look after the company and are here, else the leads."""
    others = who_see(company_id, owners(company_id) - set(without))
    present = [user for user in others if not is_away(user)]
    return present or leads(company_id, without=without)


def leads(company_id: str, *, without: Collection[int] = ()) -> list[User]:
    """The administrators who see a company."""
    managing = _people().filter(_may_manage(), is_active=True).exclude(pk__in=without)
    return [user for user in managing.distinct() if sees(user, company_id)]


def owners(company_id: str) -> set[int]:
    """The IDs of those who look after a company: its owner, and who has taken a problem of it that is still open."""
    if not company_id:
        return set()
    of_company = Owner.objects.filter(company_id=company_id, kind=SubjectKind.COMPANY)
    notes = ProblemNote.objects.filter(company_id=company_id, resolved_at=None)
    takers = notes.exclude(owner=None).values_list("owner", flat=True)
    return {*of_company.values_list("user", flat=True), *takers}


def subscribers(kind: Kind) -> set[int]:
    """The IDs of those who have stored a choice for a kind; `tell` goes by what it is."""
    chosen = NoticeChoices.objects.filter(ways__has_key=str(kind))
    return set(chosen.values_list("user", flat=True))


def is_away(user: User, now: datetime | None = None) -> bool:
    """Whether a person was not seen for a working day, or may not sign in any more."""
    seen = last_seen(user)
    return not user.is_active or seen is None or seen < working_day_before(now or timezone.now())


def away(now: datetime) -> Q:
    """The condition of notifications whose person is away: `is_away` for rows."""
    before = working_day_before(now)
    not_here = Q(user__person__last_seen_at=None) | Q(user__person__last_seen_at__lt=before)
    not_signed_in = Q(user__last_login=None) | Q(user__last_login__lt=before)
    return Q(user__is_active=False) | (not_here & not_signed_in)


def last_seen(user: User) -> datetime | None:
    """When a person was last here; None for never."""
    try:
        seen: datetime | None = user.person.last_seen_at
    except Person.DoesNotExist:
        seen = None
    return max(filter(None, (seen, user.last_login)), default=None)


def working_day_before(now: datetime) -> datetime:
    """The moment a day before, where Saturdays and Sundays are no days."""
    with localisation.defaults():
        local = localisation.local(now, localisation.current().zone)
    if local.weekday() >= _SATURDAY:
        saturday = local.date() - timedelta(days=local.weekday() - _SATURDAY)
        local = datetime.combine(saturday, time.min, tzinfo=local.tzinfo)
    day = local - timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day -= timedelta(days=1)
    return day


def _people() -> "QuerySet[User]":
    return User.objects.select_related("person", "notice_choices").order_by("pk")


def _may_manage() -> Q:
    """The condition of those who may manage people: by a group, by themselves, or as superusers."""
    return (
        Q(is_superuser=True)
        | Q(groups__permissions__codename=_MANAGES)
        | Q(user_permissions__codename=_MANAGES)
    )
