"""The problems as one person sees them: theirs, the team's, those that they snoozed, and those that were muted.

One function makes the lists, and every number is the length of one of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from customers.access.scopes import scope_of
from customers.codat.http.quota import RateLimit
from customers.home.notes import is_partial, is_within, stands_for, visible
from customers.home.problem import AWAY_AFTER, KINDS, SECTIONS, WRITE, Problem
from customers.home.problems import problems
from customers.models import ProblemNote, ProblemSnooze
from customers.scope import Scope

# The lists, as the address says them; the first is the default.
MINE, TEAM, SNOOZED, MUTED, RESOLVED = LISTS = ("mine", "team", "snoozed", "muted", "resolved")
# Resolved problems are listed for so long; a page mentions those of the last hour below its list.
RESOLVED_FOR, LATELY = timedelta(days=7), timedelta(hours=1)
_MAX_RESOLVED = 200
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a problem belongs to. `is_me`: the person whose board it is."""

    name: str
    is_me: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A problem and what people said of it. `owners` are empty where it has no owner.

    `is_partial`: it may be about companies that the person does not see, so they neither take nor mute it.
    `may_act`: the person may do what is next. `is_mine`: they own it, or it has no owner and they may act.
    """

    problem: Problem
    owners: Sequence[Owner]
    may_act: bool
    is_mine: bool
    is_taken_by_me: bool
    is_partial: bool
    snoozed_until: datetime | None = None
    muted: ProblemNote | None = None

    @property
    def owner_label(self) -> str:
        """The owners in words, "" without one. The person whose board it is comes first."""
        if not self.owners:
            return ""
        others = len(self.owners) - 1
        name = "You" if self.owners[0].is_me else self.owners[0].name
        return name + (f" and {others} more" if others else "")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A problem that has ended. `by` is the person who marked it as resolved, "" where its fact ended."""

    title: str
    company_name: str
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """The lists of one person. Each number on a page is the length of one of them.

    `entries` are the problems by key, `swallowed` those that are on no list, because another one stands for them.
    """

    mine: Sequence[Entry]
    team: Sequence[Entry]
    snoozed: Sequence[Entry]
    muted: Sequence[Entry]
    resolved: Sequence[Resolved]
    entries: Mapping[str, Entry]
    swallowed: Mapping[str, Entry]

    def shown(self, name: str) -> Sequence[Entry]:
        """The entries of a list by its name; of `resolved` none."""
        lists = {MINE: self.mine, TEAM: self.team, SNOOZED: self.snoozed, MUTED: self.muted}
        return lists.get(name, ())

    @property
    def counts(self) -> dict[str, int]:
        """The number of each list."""
        return {name: len(self.shown(name)) for name in LISTS[:-1]} | {RESOLVED: len(self.resolved)}


def sections(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """Entries by section, in the order of the page; the newest first."""
    never = datetime.min.replace(tzinfo=timezone.now().tzinfo)
    ordered = sorted(entries, key=lambda entry: entry.problem.latest or never, reverse=True)
    by_section = [
        (name, [entry for entry in ordered if entry.problem.kind.section == name])
        for name in SECTIONS
    ]
    return [(name, rows) for name, rows in by_section if rows]


def board_of(user: User, quota: RateLimit | None = None) -> Board:
    """The board of a person, as it is now."""
    now = timezone.now()
    found = [one for one in problems(quota, now) if user.has_perm(one.kind.sees)]
    notes = _notes(now)
    snoozes = dict(
        ProblemSnooze.objects.filter(user=user, until__gt=now).values_list("key", "until")
    )
    waiting = [one for each in found for one in each.swallowed if user.has_perm(one.kind.sees)]
    people = _People([*found, *waiting], notes.values())

    def entries_of(some: Iterable[Problem]) -> dict[str, Entry]:
        return {
            one.key: _entry(one, notes.get(one.key), snoozes.get(one.key), user, people, now)
            for one in some
        }

    entries = entries_of(found)
    open_entries = [entry for entry in entries.values() if not entry.muted]
    awake = [entry for entry in open_entries if not entry.snoozed_until]
    return Board(
        mine=[entry for entry in awake if entry.is_mine],
        team=awake,
        snoozed=[entry for entry in open_entries if entry.snoozed_until],
        muted=[entry for entry in entries.values() if entry.muted],
        resolved=_resolved(notes.values(), entries, user, now),
        entries=entries,
        swallowed=entries_of(waiting),
    )


def _notes(now: datetime) -> dict[str, ProblemNote]:
    """What was said of the problems that are open or ended lately, by key."""
    lately = Q(resolved_at=None) | Q(resolved_at__gt=now - RESOLVED_FOR)
    return {note.key: note for note in visible().filter(lately)}


class _People:
    """The people that problems can belong to: active ones who may change customers. One query.

    What one of them sees is read where they have taken a problem.
    """

    def __init__(self, found: Iterable[Problem], notes: Iterable[ProblemNote]) -> None:
        ids = {author.user_id for one in found for author in one.authors}
        ids |= {note.owner_id for note in notes if note.owner_id}
        may_take = User.objects.with_perm(WRITE, backend=_BACKEND) if ids else User.objects.none()
        people = may_take.filter(pk__in=ids).select_related("person").defer("password")
        self._by_id = {user.pk: user for user in people}
        self._scopes: dict[int, Scope] = {}

    def __contains__(self, user_id: int) -> bool:
        return user_id in self._by_id

    def name(self, user_id: int) -> str:
        """The user name of one of them."""
        return self._by_id[user_id].get_username()

    def keeps(self, user_id: int | None, problem: Problem) -> bool:
        """Whether somebody who has taken a problem may still see it."""
        if user_id is None or user_id not in self._by_id:
            return False
        if user_id not in self._scopes:
            self._scopes[user_id] = scope_of(self._by_id[user_id])
        return is_within(problem, self._scopes[user_id])


def _entry(
    problem: Problem,
    note: ProblemNote | None,
    snoozed_until: datetime | None,
    user: User,
    people: _People,
    now: datetime,
) -> Entry:
    taken_by = _taken_by(problem, note, people)
    ids = _authors(problem, people, now) if taken_by is None else [taken_by]
    owners = [Owner(people.name(user_id), is_me=user_id == user.pk) for user_id in ids]
    owners.sort(key=lambda owner: (not owner.is_me, owner.name))
    may_act = user.has_perm(problem.kind.acts)
    is_own = any(owner.is_me for owner in owners)
    return Entry(
        problem=problem,
        owners=owners,
        may_act=may_act,
        is_mine=is_own or (not owners and may_act),
        is_taken_by_me=taken_by == user.pk,
        is_partial=is_partial(problem),
        snoozed_until=snoozed_until,
        muted=note if note and _is_muted(note, problem) else None,
    )


def _taken_by(problem: Problem, note: ProblemNote | None, people: _People) -> int | None:
    """The ID of who has taken a problem and may still have it; what ended and returned is nobody's."""
    owner_id = note.owner_id if note and note.resolved_at is None else None
    return owner_id if people.keeps(owner_id, problem) else None


def _authors(problem: Problem, people: _People, now: datetime) -> list[int]:
    """The IDs of the people whose changes a problem consists of, unless they are away."""
    return [
        author.user_id
        for author in problem.authors
        if author.user_id in people
        and (author.unseen_since is None or now - author.unseen_since < AWAY_AFTER)
    ]


def _is_muted(note: ProblemNote, problem: Problem) -> bool:
    """Whether a problem was muted, and nothing of it happened since."""
    if note.muted_at is None or note.resolved_at is not None:
        return False
    return problem.latest is None or problem.latest <= note.muted_at


def _resolved(
    notes: Iterable[ProblemNote], entries: Mapping[str, Entry], user: User, now: datetime
) -> list[Resolved]:
    """What ended, the latest first. What the worker has not recorded yet has ended just now."""
    ended = [
        Resolved(note.title, note.company_name, note.resolved_at or now, note.resolved_by_name)
        for note in notes
        if note.key not in entries
        and (note.resolved_at or now) > now - RESOLVED_FOR
        and (note.resolved_at or not stands_for(note, (one.problem for one in entries.values())))
        and note.kind in KINDS
        and user.has_perm(KINDS[note.kind].sees)
    ]
    return sorted(ended, key=lambda one: one.at, reverse=True)[:_MAX_RESOLVED]
