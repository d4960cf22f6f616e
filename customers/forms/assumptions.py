"""What Codat does not document and a form had to decide. Each guess is here and nowhere else."""

from __future__ import annotations

from typing import Any

from customers.forms.model import Kind, Node


def cleared(node: Node) -> Any:
    """What is sent for a field that a person emptied on purpose.

    Guess: text is cleared by "", which every JSON string field takes; everything that "" cannot be
    a value of (numbers, dates, booleans, closed choices) is cleared by null. Leaving the property
    out is no choice: where an update merges, it would keep the old value.
    """
    plain_text = node.kind in (Kind.STRING, Kind.UNKNOWN) and not node.options
    return "" if plain_text else None


# Some platforms read every customer with empty lists because they leave addresses and contacts out
# (Zoho Books). Whether an update replaces or merges is not documented. A list that was read empty and
# that nobody touched is therefore not sent: where updates replace, [] and nothing are the same; where
# they merge, [] would wipe what nobody saw. Inside a row lists go out as they came: a row is sent whole.
SEND_EMPTY_LISTS_AS_READ = False

# A date without a time: the type is called DateTime and Codat's own examples carry a time.
MIDNIGHT = "T00:00:00"
