"""Which values of a record have an input, by the model alone: for pages that show a record without its form."""

from collections.abc import Sequence

from customers.forms.bound import MAX_LIST_ITEMS
from customers.forms.model import Node, NodeType

_WITHOUT_INPUT = (NodeType.ARRAY, NodeType.FILE, NodeType.MULTIPART)


def has_input(root: Node, keys: Sequence[str | int], value: object) -> bool:
    """Whether the form of this model has one input for a value of a record.

    `keys` are names of properties, and indexes of list items from 0.
    """
    node: Node | None = root
    for key in keys:
        if node is None or node.read_only:
            return False
        if isinstance(key, str):
            node = node.child(key)
        elif key < MAX_LIST_ITEMS:
            node = node.element
        else:
            return False
    if node is None or node.read_only or node.path == ("id",) or isinstance(value, (dict, list)):
        return False
    return node.type not in _WITHOUT_INPUT and not (node.children or node.is_json)
