"""What a batch or an export was selected by, as people read it: "search “x”, Status: Active"."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.http import QueryDict

from customers.browsing.customer_list.list_controls import conditions
from customers.models import Batch, Export
from customers.searching.search_state import read_search
from customers.web import links
from customers.web.lists.list_states import read_customers

_MAX_PARAMETERS = 20


@dataclass(frozen=True, slots=True)
class Question:
    """The list that customers were selected from: in words, and its address."""

    text: str
    url: str


def question_of(row: Batch | Export) -> Question | None:
    """The list that a batch or an export was selected from; None where it was made otherwise."""
    if not row.question:
        return None
    if row.question.startswith(links.search()):
        return _search(row.question)
    try:
        pairs = dict(
            parse_qsl(
                row.question.removeprefix("?"), max_num_fields=_MAX_PARAMETERS, errors="replace"
            )
        )
    except ValueError:
        return None
    pairs.pop("page", None)
    state = read_customers(pairs)
    text = conditions(state) or "all customers"
    return Question(text, links.customers(row.company_id) + (state.address(page=1) or ""))


def _search(address: str) -> Question:
    """A search over all companies."""
    state = read_search(QueryDict(address.partition("?")[2]))
    words = f": “{state.text.strip()}”" if state.text.strip() else " by filters"
    return Question(f"search of all companies{words}", links.search(state.address()))
