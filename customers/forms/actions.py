"""The row buttons: add, duplicate, remove, undo, move up and down, copy a contact to the main fields and back,
and the button that puts removed characters back.

Each returns the id of the element that gets the focus. None where the button names something that does not exist, as in
a stale page or a forged post: then nothing changes.
"""

from __future__ import annotations

from customers.forms.bound import (
    MAX_LIST_ITEMS,
    Field,
    Group,
    Leaf,
    ListField,
    ListItem,
    ReadOnlyField,
    walk,
)
from customers.forms.paths import html_id
from customers.forms.presentation.order import shown_order

TOO_MANY_ITEMS = f"A list can have at most {MAX_LIST_ITEMS} rows here."

# The properties of a contact and of the customer that mean the same (codat-api.md, "Customer").
_MAIN_FIELDS = (("name", "contactName"), ("email", "emailAddress"), ("phone", "phone"))


def apply_action(root: Group, action: str) -> str | None:
    """Do what a button named `verb:path` or `verb:path:key` says; the id to focus, or None."""
    verb, _, rest = action.partition(":")
    path, _, key = rest.partition(":")
    if verb == "copy":
        return _copy(root, direction=path, key=key)
    if verb == "restore":
        return _restore(root, path)
    field = _find_list(root, path)
    if field is None:
        return None
    if verb == "add":
        return _add(field)
    item = field.find(key)
    if item is None or (item.is_removed and verb != "undo"):
        return None
    match verb:
        case "remove":
            item.is_removed = True
            return f"undo-{item.field.path}"
        case "undo":
            item.is_removed = False
            return first_input_id(item.field)
        case "duplicate":
            return _duplicate(field, item)
        case "up" | "down":
            return _move(field, item, -1 if verb == "up" else 1)
    return None


def _restore(root: Group, path: str) -> str | None:
    """Put the removed invisible characters back into the entered text."""
    for field, _ in walk(root):
        if isinstance(field, Leaf) and field.path == path:
            field.restore()
            return html_id(path)
    return None


def _find_list(field: Field, path: str) -> ListField | None:
    """The list with this path, or None. Only its ancestors are searched."""
    if isinstance(field, ListField):
        if field.path == path:
            return field
        children: list[Field] = [item.field for item in field.items]
    elif isinstance(field, Group):
        children = field.children
    else:
        return None
    for child in children:
        if path == child.path or path.startswith(child.path + "."):
            match = _find_list(child, path)
            if match:
                return match
    return None


def first_input_id(field: Field) -> str:
    """The id of the first input of a field; where it has none, of the field itself."""
    if isinstance(field, Group):
        for index in shown_order(field.node):
            child = field.children[index]
            if not isinstance(child, ReadOnlyField):
                return first_input_id(child)
    elif isinstance(field, ListField):
        remaining = field.remaining_items
        return first_input_id(remaining[0].field) if remaining else f"add-{field.path}"
    return html_id(field.path)


def _add(field: ListField) -> str | None:
    item = field.new_item(field.next_key())
    if item is None or not _has_room(field):
        return None
    # After the items that the page shows, before those that are hidden.
    shown = sum(not other.is_hidden for other in field.items)
    field.items.insert(shown, item)
    return first_input_id(item.field)


def _has_room(field: ListField) -> bool:
    if sum(not item.is_hidden for item in field.items) < MAX_LIST_ITEMS:
        return True
    field.error = TOO_MANY_ITEMS
    return False


def _duplicate(field: ListField, item: ListItem) -> str | None:
    # The copy of a record's item has the same base, so that unchanged values are sent exactly as in the original.
    source = item.key if not item.is_new else item.key.partition("-")[2]
    duplicate = field.new_item(field.next_key(source))
    if duplicate is None or not _has_room(field):
        return None
    _copy_texts(item.field, duplicate.field)
    field.items.insert(field.items.index(item) + 1, duplicate)
    return first_input_id(duplicate.field)


def _copy_texts(source: Field, target: Field) -> None:
    """Copy all texts of one field into another one of the same node."""
    if isinstance(source, Leaf) and isinstance(target, Leaf):
        target.text = source.text
    elif isinstance(source, Group) and isinstance(target, Group):
        for child, other in zip(source.children, target.children, strict=True):
            _copy_texts(child, other)
    elif isinstance(source, ListField) and isinstance(target, ListField):
        items = []
        for item in source.items:
            duplicate = target.find(item.key) or target.new_item(item.key)
            if duplicate:
                duplicate.is_removed = item.is_removed
                _copy_texts(item.field, duplicate.field)
                items.append(duplicate)
        target.items = items


def _move(field: ListField, item: ListItem, step: int) -> str:
    shown = [other for other in field.remaining_items if not other.is_hidden]
    position = shown.index(item) if item in shown else 0
    target = position + step
    if 0 <= target < len(shown):
        one, other = field.items.index(item), field.items.index(shown[target])
        field.items[one], field.items[other] = field.items[other], field.items[one]
    return f"menu-{item.field.path}"


def can_copy(root: Group, field: ListField) -> bool:
    """Whether the items of a list are contacts with properties that the customer has too."""
    element = field.node.element
    if field.path != "contacts" or element is None:
        return False
    return any(element.child(inner) and root.child(outer) for inner, outer in _MAIN_FIELDS)


def _copy(root: Group, *, direction: str, key: str) -> str | None:
    """Copy the contact's texts to the main fields (`contact`), or those to the contact (`main`)."""
    contacts = root.child("contacts")
    item = contacts.find(key) if isinstance(contacts, ListField) else None
    if direction not in ("contact", "main") or item is None or not isinstance(item.field, Group):
        return None
    focus = None
    for inner_name, outer_name in _MAIN_FIELDS:
        inner = _first_number(item.field.child(inner_name), add=direction == "main")
        outer = root.child(outer_name)
        if not isinstance(inner, Leaf) or not isinstance(outer, Leaf):
            continue
        source, target = (inner, outer) if direction == "contact" else (outer, inner)
        # A blank source does not clear the target.
        if not source.is_blank:
            target.text = source.text
            focus = focus or html_id(target.path)
    return focus or html_id(item.field.path)


def _first_number(field: Field | None, *, add: bool) -> Field | None:
    """For a contact's phone, a list of {number, type}: its first number, added where there is none and `add`."""
    if not isinstance(field, ListField):
        return field
    if not field.remaining_items and add:
        _add(field)
    if not field.remaining_items:
        return None
    first = field.remaining_items[0].field
    return first.child("number") if isinstance(first, Group) else first
