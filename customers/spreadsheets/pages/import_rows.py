"""The rows of an import as its page shows them: in tabs, problems in groups of a kind, searched and paged."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from customers.codat.text import page_text
from customers.formatting import thousands
from customers.models import Import, ImportRow
from customers.spreadsheets.importing import problems
from customers.spreadsheets.importing.correcting import SUGGESTED
from customers.spreadsheets.importing.fields import ImportField
from customers.spreadsheets.importing.index import CREATE
from customers.spreadsheets.importing.problems import Group, Problem
from customers.spreadsheets.pages.import_place import PROBLEMS, TABS, ImportPlace, Tab
from customers.web import links
from customers.writes.sentences import Mark, MarkIcon, MarkTone

PAGE_SIZE = 50
# Of all kinds together: rows of each group, and groups.
_FIRST, _MAX_GROUPS = 5, 20
# Characters that may be typed into a cell on the page.
MAX_CELL = 5_000
_MAX_DIGITS = 6
_NOT_IN_IDS = re.compile(r"[^\w-]", re.ASCII)
# Rules that a value breaks; of all others it can be right.
_WRONG = frozenset(
    {
        "required",
        "option",
        "boolean",
        "number",
        "date",
        "long",
        "short",
        "email",
        "other",
        "was_error",
    }
)


@dataclass(frozen=True, slots=True)
class Input:
    """A cell that can be corrected in place. `path` names it in a post: `17.3`, its row and its column.

    `text` is what its field shows, `stored` what the row has. `choices` are texts that can be taken by one press,
    (text, label); `options` all that it may have, () for any.
    """

    path: str
    label: str
    text: str
    stored: str
    problem: str
    choices: tuple[tuple[str, str], ...] = ()
    options: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class RowView:
    """One row. `problems` are sentences about it as a whole, `decisions` (value, label), `decided` the chosen value."""

    position: int
    name: str
    customer_url: str
    inputs: tuple[Input, ...] = ()
    problems: tuple[str, ...] = ()
    decisions: tuple[tuple[str, str], ...] = ()
    decided: str = ""
    changes: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class GroupView:
    """Rows with one kind of problem. `name` is part of the ids of its form; `url` shows all of them, "" where it does.

    `label` is that of the field, `options` (text, label) what it may have, () for any text or where it is about rows.
    `answers` are buttons for all of them: (action, label).
    """

    group: Group
    name: str
    rows: list[RowView]
    url: str
    mark: Mark
    label: str
    options: Sequence[tuple[str, str]]
    answers: list[tuple[str, str]]


@dataclass(slots=True)
class RowsView:
    """The rows of a place: `groups` of problems, or `rows`. `more` is the number of groups that are not shown."""

    tab: Tab
    tabs: list[dict[str, Any]]
    groups: list[GroupView] = field(default_factory=list)
    more: int = 0
    rows: list[RowView] = field(default_factory=list)
    total: int = 0
    page: int = 1
    pages: int = 1
    previous_url: str = ""
    next_url: str = ""

    @property
    def position(self) -> str:
        """`Page 2 of 9`."""
        return f"Page {self.page} of {self.pages}"


def state_counts(source: Import) -> dict[str, int]:
    """The numbers of an import's rows by state: one query, of an index alone."""
    rows = ImportRow.objects.filter(source=source).order_by().values("state")
    return {row["state"]: row["number"] for row in rows.annotate(number=Count("pk"))}


@dataclass(frozen=True, slots=True)
class Shown:
    """What rows are made into views with.

    `fields` are those of the columns, by index, `labels` by bulk key; `typed` is what was posted and not stored, by the
    path of its input.
    """

    source: Import
    fields: Mapping[int, ImportField]
    labels: Mapping[str, str]
    typed: Mapping[str, str]


def rows_view(shown: Shown, place: ImportPlace, states: Mapping[str, int]) -> RowsView:
    """The rows of a place. `states` are the numbers of rows by state."""
    counts = {tab.key: sum(states.get(state, 0) for state in tab.states) for tab in TABS}
    tab = place.tab(counts)
    view = RowsView(tab, [_tab(each, counts, place, tab) for each in TABS])
    rows = _matching(shown.source, tab, place)
    if tab is not PROBLEMS or place.kind:
        view.rows = [_row(row, shown) for row in _turn(view, rows, place)]
    if tab is PROBLEMS:
        _add_groups(view, rows, place, shown)
    return view


def _tab(tab: Tab, counts: Mapping[str, int], place: ImportPlace, current: Tab) -> dict[str, Any]:
    return {
        "key": tab.key,
        "label": tab.label,
        "rows": counts[tab.key],
        "url": ImportPlace(show=tab.key, q=place.q).address(),
        "is_current": tab is current,
    }


def _matching(source: Import, tab: Tab, place: ImportPlace) -> "QuerySet[ImportRow]":
    rows = ImportRow.objects.filter(source=source, state__in=tab.states).order_by("position")
    if place.kind and tab is PROBLEMS:
        rows = rows.filter(problem_kind=place.kind)
    if place.q:
        named = Q(customer_name__icontains=place.q) | Q(customer_id__icontains=place.q)
        if place.q.isdecimal() and len(place.q) <= _MAX_DIGITS:
            named |= Q(position=int(place.q))
        rows = rows.filter(named)
    return rows


def _turn(view: RowsView, rows: "QuerySet[ImportRow]", place: ImportPlace) -> list[ImportRow]:
    """The rows of the place's page; says in the view where it is."""
    view.total = rows.count()
    view.pages = max(-(-view.total // PAGE_SIZE), 1)
    view.page = min(place.page, view.pages)
    if view.page > 1:
        view.previous_url = place.address(page=view.page - 1) or "?"
    if view.page < view.pages:
        view.next_url = place.address(page=view.page + 1)
    return list(rows[(view.page - 1) * PAGE_SIZE : view.page * PAGE_SIZE])


def _add_groups(
    view: RowsView, rows: "QuerySet[ImportRow]", place: ImportPlace, shown: Shown
) -> None:
    """The groups of the place: one with its page of rows, or the first rows of each."""
    for group in problems.groups(shown.source, shown.labels):
        if place.kind:
            if group.kind == place.kind:
                view.groups = [_group(group, view.rows, "", shown)]
            continue
        if len(view.groups) == _MAX_GROUPS:
            view.more += 1
            continue
        first = [_row(row, shown) for row in rows.filter(problem_kind=group.kind)[:_FIRST]]
        if first:
            url = place.address(show=PROBLEMS.key, kind=group.kind, page=1)
            is_whole = len(first) == group.rows
            view.groups.append(_group(group, first, "" if is_whole else url, shown))


def _group(group: Group, rows: list[RowView], url: str, shown: Shown) -> GroupView:
    rule, _, key = group.kind.partition(":")
    field = next((one for one in shown.fields.values() if one.bulk_key == key), None)
    tone: MarkTone = "bad" if rule in _WRONG else "warn"
    icon: MarkIcon = (
        "cross" if tone == "bad" else "question" if not group.is_of_cell else "triangle"
    )
    return GroupView(
        group=group,
        # The same whatever other groups there are: scripts find what was typed by it.
        name=_NOT_IN_IDS.sub("-", group.kind),
        rows=rows,
        url=url,
        mark=Mark(group.heading, icon, tone),
        label=field.label if field else "The value",
        options=field.options if field else (),
        answers=_answers(group, rows, rule),
    )


def _answers(group: Group, rows: Sequence[RowView], rule: str) -> list[tuple[str, str]]:
    """What can be said of all rows of a kind at once, as the first of them offer it: (action, label)."""
    is_one, number = group.rows == 1, thousands(group.rows)
    found = []
    if group.is_of_cell:
        if rule.startswith("was_"):
            found.append(
                ("accept_all", "Use as it is" if is_one else f"Use all {number} as they are")
            )
        if rule != "required":
            found.append(
                ("clear_all", "Leave the cell empty" if is_one else "Leave the cells empty")
            )
        return found
    offered = {value.partition(":")[0] for row in rows for value, _ in row.decisions}
    if SUGGESTED in offered:
        found.append(
            (f"decide_all:{SUGGESTED}", f"Change the existing {'one' if is_one else number}")
        )
    if CREATE in offered:
        found.append((f"decide_all:{CREATE}", "Create it" if is_one else f"Create all {number}"))
    return found


def _row(row: ImportRow, shown: Shown) -> RowView:
    found = [Problem.from_json(each) for each in row.problems]
    company_id, customer_id = shown.source.company_id, row.customer_id
    of_row = [problem for problem in found if problem.column is None]
    return RowView(
        position=row.position,
        name=row.customer_name or customer_id,
        customer_url=links.customer(company_id, customer_id)
        if links.is_addressable(customer_id)
        else "",
        inputs=tuple(
            _input(row, problem, problem.column, shown)
            for problem in found
            if problem.column is not None
        ),
        problems=tuple(problem.text for problem in of_row),
        decisions=tuple(choice for problem in of_row for choice in problem.choices),
        decided=shown.typed.get(str(row.position), row.decision),
        changes=row.changes,
    )


def _input(row: ImportRow, problem: Problem, column: int, shown: Shown) -> Input:
    path, field = f"{row.position}.{column}", shown.fields.get(column)
    return Input(
        path=path,
        label=cell(shown.source.headings, column),
        text=page_text(shown.typed.get(path, text_of(row, column))),
        stored=page_text(text_of(row, column)),
        problem=problem.text,
        choices=problem.choices,
        options=field.options if field else (),
    )


def text_of(row: ImportRow, column: int) -> str:
    """The text of a cell as it is now, with its correction."""
    return str(row.corrections.get(str(column), cell(row.cells, column)))


def cell(cells: Sequence[str], column: int) -> str:
    """The text of a cell, "" where the row is shorter."""
    return str(cells[column]) if column < len(cells) else ""
