"""What people say of problems, and what the worker records: taken, given back, snoozed, muted, resolved.

Each is one statement that has its effect once, however often it is asked for. Those for all people raise Refused for a
problem whose companies the current scope may hide in part.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers import scope
from customers.access.scopes import scope_of
from customers.codat.text import db_safe
from customers.home.problem import KINDS, WRITE, Problem
from customers.home.sources.changes import changes_of
from customers.models import ProblemNote, ProblemSnooze, Write
from customers.writes import resolving

MAX_REASON = 500
# What has ended is kept for so long.
KEEP_RESOLVED = timedelta(days=30)
# A problem that returns begins anew.
_ANEW = {
    "resolved_at": None,
    "resolved_by_name": "",
    "owner": None,
    "muted_at": None,
    "muted_by_name": "",
    "mute_reason": "",
}
_OF_COMPANIES = [kind.name for kind in KINDS.values() if kind.is_of_companies]


class Refused(Exception):
    """Nothing was said of a problem; str(e) is a sentence."""


def is_partial(problem: Problem) -> bool:
    """Whether the current scope may hide some of the companies of a problem.

    What is said of it would be said of the others too, so then nothing is.
    """
    is_of_many = problem.kind.is_of_companies and not problem.company_id
    return is_of_many and not scope.current().is_everything


def is_within(problem: Problem, seen: scope.Scope) -> bool:
    """Whether somebody who sees these companies sees a problem, and all that it is about."""
    if problem.company_id:
        return seen.has(problem.company_id)
    return seen.is_everything or not problem.kind.is_of_companies


def visible() -> "QuerySet[ProblemNote]":
    """What was said of problems in the current scope: not of those whose companies it may hide in part."""
    rows = ProblemNote.objects.all()
    if scope.current().is_everything:
        return rows
    return rows.exclude(kind__in=_OF_COMPANIES, company_id="")


def take(problem: Problem, user: User) -> bool:
    """Make a person the owner; whether it had no other owner. Of two at once the first becomes the owner.

    Who lost the role or the company meanwhile is an owner no longer.
    """
    rows = _note(problem)
    owner = User.objects.filter(pk__in=rows.values("owner")).select_related("person").first()
    gone = None if owner and _may_own(owner, problem) else owner
    return bool(rows.filter(Q(owner=None) | Q(owner=user) | Q(owner=gone)).update(owner=user))


def _may_own(user: User, problem: Problem) -> bool:
    may_take = user.is_active and user.has_perm(WRITE)
    return may_take and is_within(problem, scope_of(user))


def give_back(problem: Problem, user: User) -> None:
    """Remove a person as the owner of a problem."""
    _note(problem).filter(owner=user).update(owner=None)


def snooze(problem: Problem, user: User, until: datetime) -> None:
    """Hide a problem from one person until a time."""
    ProblemSnooze.objects.update_or_create(user=user, key=problem.key, defaults={"until": until})


def wake(problem: Problem, user: User) -> None:
    """Show a snoozed problem again."""
    ProblemSnooze.objects.filter(user=user, key=problem.key).delete()


def mute(problem: Problem, user: User, reason: str) -> None:
    """Hide a problem from everybody until something new happens. The first reason stays."""
    now = timezone.now()
    latest = problem.latest or now
    # Clocks differ: what has happened already is not later than the muting.
    _note(problem).exclude(muted_at__gte=latest).update(
        muted_at=max(now, latest),
        muted_by_name=user.get_username(),
        mute_reason=db_safe(reason, MAX_REASON),
    )


def unmute(problem: Problem) -> None:
    """Show a muted problem again."""
    _note(problem).update(muted_at=None, muted_by_name="", mute_reason="")


def resolve(problem: Problem, user: User, until: datetime) -> int:
    """A person says that the changes of a problem are dealt with; of how many it was not known before.

    What happened after `until` they have not seen: it stays a problem.
    """
    ids = changes_of(problem.key, problem.company_id, until)
    resolved = resolving.resolve(Write.objects.filter(pk__in=ids))
    if resolved and not changes_of(problem.key, problem.company_id):
        _note(problem).update(
            resolved_at=timezone.now(), resolved_by_name=user.get_username(), owner=None
        )
    return resolved


def stands_for(note: ProblemNote, found: Iterable[Problem]) -> Problem | None:
    """The problem that stands for one which is not shown and has not ended; None where it has ended.

    That is a broken connection of its company, or one problem of many companies. Who sees fewer of these may see it.
    """
    for one in found:
        if one.swallows(note.key) or (
            one.kind.name == note.kind and note.company_id in one.companies
        ):
            return one
    return None


def keep(found: Iterable[Problem], now: datetime | None = None) -> int:
    """Record which problems began and which ended; how many. For the worker."""
    now = now or timezone.now()
    by_key = {one.key: one for one in found}
    known = ProblemNote.objects.in_bulk()
    new = [_new(one) for one in by_key.values() if one.key not in known]
    ProblemNote.objects.bulk_create(new, ignore_conflicts=True)
    changed = len(new)
    for note in known.values():
        problem = by_key.get(note.key)
        rows = ProblemNote.objects.filter(pk=note.pk)
        if problem is None:
            if note.resolved_at is None and not stands_for(note, by_key.values()):
                changed += rows.filter(resolved_at=None).update(resolved_at=now)
        elif note.resolved_at is not None:
            changed += rows.exclude(resolved_at=None).update(
                first_seen=now, **_ANEW, **_facts(problem)
            )
        elif note.title != problem.title:
            rows.update(**_facts(problem))
    _delete_old(now)
    return changed


def _delete_old(now: datetime) -> None:
    ProblemNote.objects.filter(resolved_at__lt=now - KEEP_RESOLVED).delete()
    ProblemSnooze.objects.filter(until__lt=now - KEEP_RESOLVED).delete()


def _note(problem: Problem) -> "QuerySet[ProblemNote]":
    """The row of a problem, made where it is missing, and begun anew where it had ended.

    Raises Refused where some of its companies may be hidden.
    """
    if is_partial(problem):
        raise Refused("This also concerns companies that you do not see.")
    rows = ProblemNote.objects.filter(pk=problem.key)
    if not rows.exists():
        ProblemNote.objects.bulk_create([_new(problem)], ignore_conflicts=True)
    rows.exclude(resolved_at=None).update(first_seen=timezone.now(), **_ANEW)
    return rows


def _new(problem: Problem) -> ProblemNote:
    return ProblemNote(key=problem.key, **_facts(problem))


def _facts(problem: Problem) -> dict[str, str]:
    return {
        "kind": problem.kind.name,
        "title": problem.title,
        "company_id": problem.company_id,
        "company_name": db_safe(problem.company_name, 300),
    }
