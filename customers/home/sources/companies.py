"""Problems of companies as the worker last read them: connections, old copies, and what a sync found."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from customers.formatting import age, counted, thousands
from customers.home.problem import KINDS, Action, Problem, key_of
from customers.home.syncing import running
from customers.models import CompanyState
from customers.web import links
from customers.web.company_context import STATE_LABELS

# Codat's copy is old after this time.
OLD = timedelta(days=30)
# A schedule is late once this many of its intervals have passed, and at least this time.
LATE_INTERVALS, LATE_AT_LEAST = 2, timedelta(hours=12)
LINKED, PENDING = "Linked", "PendingAuth"
_MAX_DETAIL = 300
# Companies whose last sync found something have a row each up to this number.
_MAX_FINDINGS = 5


def company_problems(states: Sequence[CompanyState], now: datetime) -> list[Problem]:
    """The problems of companies."""
    linked = [state for state in states if state.status == LINKED]
    return [
        *(problem for state in states if (problem := _connection(state))),
        *_copies(linked, now),
        *_findings([state for state in linked if state.findings]),
    ]


def copy_kind(state: CompanyState, now: datetime) -> str:
    """The kind of problem that the age of a linked company's copy is; "" for none."""
    if state.last_sync is None:
        return "copies-none"
    age_of_copy = now - state.last_sync
    if age_of_copy > OLD:
        return "copies-old"
    is_late = bool(state.schedule_hours) and age_of_copy > _allowed_age(state)
    return "copies-late" if is_late else ""


def _allowed_age(state: CompanyState) -> timedelta:
    """The age at which a copy is behind its schedule."""
    interval = timedelta(hours=state.schedule_hours or 0)
    return max(interval * LATE_INTERVALS, LATE_AT_LEAST)


def _connection(state: CompanyState) -> Problem | None:
    """A connection that is not linked, or is linked and has an error."""
    if not state.status or (state.status == LINKED and not state.error):
        return None
    kind = "connection" if state.status not in (PENDING, LINKED) else "waiting-connection"
    page = links.problem(key_of("connection", state.company_id))
    copied = state.link_url if state.status != LINKED else ""
    return Problem(
        # One key: an error of a connection may end in a broken one, which is the same problem.
        key=key_of("connection", state.company_id),
        kind=KINDS[kind],
        title=_title(state),
        detail=state.error[:_MAX_DETAIL].rstrip("."),
        company_id=state.company_id,
        company_name=state.name,
        since=state.broken_at,
        latest=state.broken_at,
        action=Action("Copy link for the company", page, copied=copied)
        if copied
        else Action("Open the company", links.customers(state.company_id)),
    )


def _title(state: CompanyState) -> str:
    software = state.platform_name or "its accounting software"
    if state.status == LINKED:
        return f"Codat reports an error between {state.name} and {software}"
    if state.status == PENDING:
        return f"{state.name} has not authorised {software} yet"
    label = STATE_LABELS.get(state.status, state.status).lower()
    return f"{state.name} is not connected: {software} is {label}"


def _copies(linked: Sequence[CompanyState], now: datetime) -> list[Problem]:
    """One problem for each kind, the oldest copy first."""
    found: dict[str, list[CompanyState]] = {kind: [] for kind in _COPY_TITLES}
    for state in sorted(linked, key=lambda state: state.last_sync or now):
        if kind := copy_kind(state, now):
            found[kind].append(state)
    syncing = running() if any(found.values()) else set[str]()
    return [_copy_problem(kind, states, syncing) for kind, states in found.items() if states]


_COPY_TITLES = {
    "copies-old": (
        "was last synced more than 30 days ago",
        "were last synced more than 30 days ago",
    ),
    "copies-late": ("is behind its schedule of syncs", "are behind their schedule of syncs"),
    "copies-none": ("was never synced", "were never synced"),
}


def _copy_problem(kind: str, states: Sequence[CompanyState], syncing: Collection[str]) -> Problem:
    """One problem for all companies of a kind, the first one named. `syncing` are those that a sync runs for."""
    first, number = states[0], len(states)
    detail = f"{first.name}, {age(first.last_sync)}" if first.last_sync else first.name
    if number > 1:
        detail = f"{'The oldest' if first.last_sync else 'The first'}: {detail}"
    waiting = [state.company_id for state in states if state.company_id not in syncing]
    if len(waiting) < number:
        detail += f" · {counted(number - len(waiting), 'sync')} running"
    return Problem(
        key=kind,
        kind=KINDS[kind],
        title=f"{counted(number, 'company', 'companies')} {_COPY_TITLES[kind][number != 1]}",
        detail=detail,
        latest=max((moment for state in states if (moment := _began(kind, state))), default=None),
        count=number,
        action=_sync_action(len(waiting)),
        companies=[state.company_id for state in states],
    )


def _sync_action(waiting: int) -> Action:
    if not waiting:
        return Action("Syncing…")
    return Action("Sync now" if waiting == 1 else f"Sync all {thousands(waiting)}", post="sync")


def _began(kind: str, state: CompanyState) -> datetime | None:
    """Since when a copy is a problem."""
    if state.last_sync is None:
        return state.created
    return state.last_sync + (OLD if kind == "copies-old" else _allowed_age(state))


def _findings(states: Sequence[CompanyState]) -> list[Problem]:
    """What the last sync found wrong with the data: a row for each company, or one for many."""
    kind = KINDS["findings"]
    if len(states) > _MAX_FINDINGS:
        names = ", ".join(state.name for state in states[:3])
        return [
            Problem(
                key="findings",
                kind=kind,
                title=f"The last syncs of {counted(len(states), 'company', 'companies')} found problems in the data",
                detail=f"{names} and {thousands(len(states) - 3)} more",
                latest=max(filter(None, (state.findings_at for state in states)), default=None),
                count=len(states),
                action=Action("Show the companies", links.problem("findings")),
                companies=[state.company_id for state in states],
            )
        ]
    return [
        Problem(
            key=key_of("findings", state.company_id),
            kind=kind,
            title=f"The last sync found {counted(state.findings, 'problem')} in the data",
            detail=state.finding[:_MAX_DETAIL].rstrip("."),
            company_id=state.company_id,
            company_name=state.name,
            since=state.findings_at,
            latest=state.findings_at,
            count=state.findings,
            action=Action("Open the customers", links.customers(state.company_id)),
        )
        for state in states
    ]
