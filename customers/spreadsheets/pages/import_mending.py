"""Mending rows on the page of an import: what a form of a group of problems posts, as corrections and decisions."""

from django.contrib.auth.models import User
from django.http import QueryDict

from customers.codat.text import db_safe
from customers.models import Import, ImportRow
from customers.service import default_service
from customers.spreadsheets.importing import correcting
from customers.spreadsheets.importing.index import CREATE
from customers.spreadsheets.importing.problems import MAX_KIND, Problem
from customers.spreadsheets.pages.import_rows import MAX_CELL, text_of

_CELL, _DECIDE = "cell.", "decide."
# What a cell had when its page was made.
_STORED = "stored."
_MAX_DIGITS = 7


class Nothing(Exception):
    """A post says nothing to do; str(e) is a sentence for people."""


def mend(source: Import, post: QueryDict, action: str, target: str, user: User) -> bool:
    """Do what a button of a group says; whether rows were mended. Raises Nothing.

    `target` is what stands behind the colon of the button's value: a row, a decision, or a cell and a choice.
    """
    kind = db_safe(post.get("kind", ""), MAX_KIND)
    match action:
        case "correct":
            return _correct(source, post, user)
        case "correct_all":
            text = db_safe(post.get("all", "").strip(), MAX_CELL)
            if not text:
                raise Nothing("Enter or choose a value for these rows.")
            return bool(correcting.correct_all(source, kind, text, user=user))
        case "clear_all":
            return bool(correcting.correct_all(source, kind, "", user=user))
        case "accept_all":
            return bool(correcting.accept_all(source, kind, user=user))
        case "decide_all" if target in (CREATE, correcting.SUGGESTED):
            return bool(correcting.decide(source, target, user=user, kind=kind))
        case "leave_out_all":
            return bool(correcting.leave_out(source, user=user, kind=kind))
        case "leave_out":
            return bool(correcting.leave_out(source, user=user, positions=_row(target)))
        case "take_in":
            return bool(correcting.decide(source, "", user=user, positions=_row(target)))
        case _:
            return _use(source, target, user)


def is_mended(source: Import, post: QueryDict, action: str, target: str) -> bool:
    """Whether the rows have already what a post would give them; True for an action that is not about rows."""
    if action == "correct":
        return not (_changed_cells(source, post) or _changed_decisions(source, post))
    if action == "leave_out":
        rows = correcting.select(source, positions=_row(target))
        return not rows.exclude(state=ImportRow.State.LEFT_OUT).exists()
    return True


def typed(post: QueryDict) -> dict[str, str]:
    """What was typed into rows, by the path of the input: `17.3` for a cell, `17` for a decision."""
    found = {}
    for name, text in post.items():
        for prefix in (_CELL, _DECIDE):
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = str(text)
    return found


def changed_by_person(post: QueryDict) -> dict[str, str]:
    """The same without the cells that the person left as their page had them: a colleague may have corrected those."""
    stored = {path: post.get(_STORED + path) for path in typed(post)}
    return {path: text for path, text in typed(post).items() if text != stored[path]}


def _correct(source: Import, post: QueryDict, user: User) -> bool:
    """Store the cells that were changed on the page, and the decisions that were made."""
    texts, decisions = _changed_cells(source, post), _changed_decisions(source, post)
    if not texts and not decisions:
        raise Nothing("Nothing was changed in these rows.")
    if not decisions and [len(cells) for cells in texts.values()] == [1]:
        [(position, cells)] = texts.items()
        [(column, text)] = cells.items()
        return _correct_one(source, position, column, text, user)
    return bool(correcting.correct_some(source, texts, decisions, user=user))


def _correct_one(source: Import, position: int, column: int, text: str, user: User) -> bool:
    """Store one cell, which is checked at once where that is possible."""
    row = ImportRow.objects.filter(source=source, position=position).first()
    if row is None:
        # A corrected file was read meanwhile.
        raise Nothing("This row does not exist any more.")
    row.source = source  # In the version that the page showed.
    return correcting.correct(row, column, text, user=user, service=default_service())


def _changed_cells(source: Import, post: QueryDict) -> dict[int, dict[int, str]]:
    """The texts of cells that differ from what the rows have, by row and column."""
    posted: dict[int, dict[int, str]] = {}
    for path, text in typed(post).items():
        row, _, column = path.partition(".")
        if _is_number(row) and _is_number(column):
            posted.setdefault(int(row), {})[int(column)] = db_safe(text.strip(), MAX_CELL)
    rows = ImportRow.objects.filter(source=source, position__in=posted)
    changed = {
        row.position: {
            column: text
            for column, text in posted[row.position].items()
            if column < len(source.headings) and text != text_of(row, column).strip()
        }
        for row in rows
    }
    return {position: texts for position, texts in changed.items() if texts}


def _changed_decisions(source: Import, post: QueryDict) -> dict[int, str]:
    """The decisions that differ from what the rows have; only those that a row offers."""
    posted = {int(path): text for path, text in typed(post).items() if _is_number(path) and text}
    rows = ImportRow.objects.filter(source=source, position__in=posted)
    return {
        row.position: posted[row.position]
        for row in rows
        if posted[row.position] in _choices(row) and posted[row.position] != row.decision
    }


def _use(source: Import, target: str, user: User) -> bool:
    """Take one of the texts that a problem suggests: `17.3:0`."""
    path, _, index = target.partition(":")
    row_text, _, column = path.partition(".")
    if not all(map(_is_number, (row_text, column, index))):
        raise Nothing("This page has no such button.")
    row = ImportRow.objects.filter(source=source, position=int(row_text)).first()
    stored = row.problems if row else []
    for problem in map(Problem.from_json, stored):
        if problem.column == int(column) and int(index) < len(problem.choices):
            text = problem.choices[int(index)][0]
            return _correct_one(source, int(row_text), int(column), text, user)
    raise Nothing("This row does not offer that any more.")


def _row(target: str) -> list[int]:
    if not _is_number(target):
        raise Nothing("This page has no such button.")
    return [int(target)]


def _choices(row: ImportRow) -> list[str]:
    """The decisions that a row offers."""
    found = map(Problem.from_json, row.problems)
    return [value for problem in found if problem.column is None for value, _ in problem.choices]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
