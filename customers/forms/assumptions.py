"""What Codat does not document and a form has to assume. Every assumption about forms is here."""

from __future__ import annotations

from typing import Any

from customers.forms.model import Node, NodeType


def cleared_value(node: Node) -> Any:
    """What is sent for a field that a person has emptied.

    Assumption: text is cleared by "", which is a valid value of every text field; everything else (numbers, dates,
    booleans, options) is cleared by null. The property cannot be left out: where an update merges, that would keep
    the old value.
    """
    is_plain_text = node.type in (NodeType.STRING, NodeType.UNKNOWN) and not node.options
    return "" if is_plain_text else None


# Some platforms return every customer with empty lists, because they leave addresses and contacts out (Zoho Books).
# Whether an update replaces or merges is not documented. A list that was empty in the record and was not edited is
# therefore not sent: where updates replace, [] and a missing list are the same; where they merge, [] would delete
# data that the form did not show. Lists inside a list item are sent as read, because an item is sent whole.
SEND_EMPTY_LISTS_AS_READ = False

# The properties whose name is this are the state of a customer or a contact (codat-api.md, "Customer"). Assumption: who
# adds one means an active one; a model without that option presets nothing.
_PRESETS = {"status": "Active"}


def preset_text(node: Node) -> str:
    """The text that a new field starts with: an only option of a required one, an active status; "" for none."""
    if node.required and len(node.options) == 1:
        return node.options[0].text
    wanted = _PRESETS.get(node.name)
    return next((option.text for option in node.options if option.text == wanted), "")


# For a date without a time: Codat's type is DateTime, and the examples of its documentation have a time.
MIDNIGHT = "T00:00:00"
