"""What is wrong with a form before it is sent: missing required values and wrong types.

Only what a person filled in is judged. An untouched value goes out as it came, so its type is not
our business; an optional object or row that is blank demands nothing.
"""

from __future__ import annotations

from customers.forms.bound import Group, Kept, Leaf, Rows, State
from customers.forms.model import Kind
from customers.forms.values import convert


def check(root: Group) -> None:
    """Write an error into each state that has one."""
    _check(root, active=True)


def _check(state: State, *, active: bool) -> None:
    if isinstance(state, Leaf):
        _leaf(state, active=active)
    elif isinstance(state, Group):
        for child in state.children:
            _check(child, active=active and (child.node.required or child.filled))
    elif isinstance(state, Rows):
        _rows(state, active=active)


def _leaf(leaf: Leaf, *, active: bool) -> None:
    if leaf.error:
        return
    if leaf.blank:
        if active and leaf.node.required:
            choose = leaf.node.options or leaf.node.kind is Kind.BOOLEAN
            leaf.error = "Choose one, this is required." if choose else "This is required."
    elif leaf.changed:
        leaf.error = convert(leaf.node, leaf.text)[1]


def _rows(rows: Rows, *, active: bool) -> None:
    visible = rows.visible
    demanded = active and rows.node.required
    if demanded and not rows.sent:
        rows.error = rows.error or "At least one is required."
    first_blank = demanded and not rows.filled
    for index, row in enumerate(visible):
        needed = row.state.filled or (first_blank and index == 0)
        if not isinstance(row.state, Kept):
            _check(row.state, active=active and needed)
