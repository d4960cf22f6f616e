"""What a row button does: add, duplicate, remove, undo, up, down, copy a contact and back.

Each answers the id of the element that takes the focus, or None when the button named nothing that
is there (a stale page, a hand-made post): then nothing happens.
"""

from __future__ import annotations

from customers.forms.bound import MAX_ROWS, Group, Kept, Leaf, Row, Rows, State
from customers.forms.paths import html_id

# A contact's properties and the customer's own that mean the same (codat-api.md, "Customer").
_MAIN_FIELDS = (("name", "contactName"), ("email", "emailAddress"), ("phone", "phone"))


def act(root: Group, action: str) -> str | None:
    """Do what a button named `verb:path` or `verb:path:row` says; the id to focus, or None."""
    verb, _, rest = action.partition(":")
    path, _, key = rest.partition(":")
    if verb == "copy":
        return (
            _copy(root, to_main=path == "contact", key=key) if path in ("contact", "main") else None
        )
    rows = find_rows(root, path)
    if rows is None:
        return None
    if verb == "add":
        return _add(rows)
    row = rows.find(key)
    if row is None or (row.removed and verb != "undo"):
        return None
    if verb == "remove":
        row.removed = True
        return f"undo-{row.state.path}"
    if verb == "undo":
        row.removed = False
        return first_input(row.state)
    if verb == "duplicate":
        return _duplicate(rows, row)
    if verb in ("up", "down"):
        return _move(rows, row, -1 if verb == "up" else 1)
    return None


def find_rows(state: State, path: str) -> Rows | None:
    """The array of that path, or None. Only branches that lead there are searched."""
    if isinstance(state, Rows):
        if state.path == path:
            return state
        children: list[State] = [row.state for row in state.rows]
    elif isinstance(state, Group):
        children = state.children
    else:
        return None
    for child in children:
        if path == child.path or path.startswith(child.path + "."):
            found = find_rows(child, path)
            if found:
                return found
    return None


def first_input(state: State) -> str:
    """The id of the first input in it, else its own."""
    if isinstance(state, Group):
        for child in state.children:
            if not isinstance(child, Kept):
                return first_input(child)
    elif isinstance(state, Rows):
        return first_input(state.visible[0].state) if state.visible else f"add-{state.path}"
    return html_id(state.path)


def _add(rows: Rows) -> str | None:
    row = rows.new_row(rows.next_key())
    if row is None or not _has_room(rows):
        return None
    # Before the rows that are too many to show, after those that are.
    shown = sum(not other.hidden for other in rows.rows)
    rows.rows.insert(shown, row)
    return first_input(row.state)


def _has_room(rows: Rows) -> bool:
    if sum(not row.hidden for row in rows.rows) < MAX_ROWS:
        return True
    rows.error = f"A list takes at most {MAX_ROWS} rows here."
    return False


def _duplicate(rows: Rows, row: Row) -> str | None:
    # The copy of a record's row stands on the same values, so what is untouched in it goes out
    # exactly as in the first.
    source = row.key if not row.new else row.key.partition("-")[2]
    copy = rows.new_row(rows.next_key(source))
    if copy is None or not _has_room(rows):
        return None
    copy_texts(row.state, copy.state)
    rows.rows.insert(rows.rows.index(row) + 1, copy)
    return first_input(copy.state)


def copy_texts(source: State, target: State) -> None:
    """Everything typed in one state into another of the same node."""
    if isinstance(source, Leaf) and isinstance(target, Leaf):
        target.text = source.text
    elif isinstance(source, Group) and isinstance(target, Group):
        for one, other in zip(source.children, target.children, strict=True):
            copy_texts(one, other)
    elif isinstance(source, Rows) and isinstance(target, Rows):
        rows = []
        for row in source.rows:
            copied = target.find(row.key) or target.new_row(row.key)
            if copied:
                copied.removed = row.removed
                copy_texts(row.state, copied.state)
                rows.append(copied)
        target.rows = rows


def _move(rows: Rows, row: Row, step: int) -> str:
    visible = [other for other in rows.visible if not other.hidden]
    place = visible.index(row) if row in visible else 0
    target = place + step
    if 0 <= target < len(visible):
        one, other = rows.rows.index(row), rows.rows.index(visible[target])
        rows.rows[one], rows.rows[other] = rows.rows[other], rows.rows[one]
        place = target
    # At either end the button that was pressed has no further to go; the other one has.
    verb = "up" if step < 0 else "down"
    if place == 0:
        verb = "down"
    elif place == len(visible) - 1:
        verb = "up"
    return f"{verb}-{row.state.path}"


def can_copy(root: Group, rows: Rows) -> bool:
    """Whether rows of this array are contacts whose fields the customer has itself, too."""
    element = rows.node.element
    if rows.path != "contacts" or element is None:
        return False
    return any(element.child(theirs) and root.child(ours) for theirs, ours in _MAIN_FIELDS)


def _copy(root: Group, *, to_main: bool, key: str) -> str | None:
    contacts = root.child("contacts")
    row = contacts.find(key) if isinstance(contacts, Rows) else None
    if row is None or not isinstance(row.state, Group):
        return None
    focus = None
    for theirs, ours in _MAIN_FIELDS:
        inner = _phone(row.state.child(theirs), add=not to_main)
        outer = root.child(ours)
        if not isinstance(inner, Leaf) or not isinstance(outer, Leaf):
            continue
        source, target = (inner, outer) if to_main else (outer, inner)
        # Nothing to copy is no reason to clear what is there.
        if not source.blank:
            target.text = source.text
            focus = focus or html_id(target.path)
    return focus or html_id(row.state.path)


def _phone(state: State | None, *, add: bool) -> State | None:
    """A contact's phone is a list of {number, type}: its first number, made if it may be."""
    if not isinstance(state, Rows):
        return state
    if not state.visible and add:
        _add(state)
    if not state.visible:
        return None
    first = state.visible[0].state
    return first.child("number") if isinstance(first, Group) else first
