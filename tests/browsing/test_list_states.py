"""The search box, filters and sorting as Codat's query language."""

import re

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from customers.codat import query
from customers.web.lists import list_states
from customers.web.lists.list_state import LAST_PAGE, ListState

SYNTAX = "&|{}=!<>~\"'`\\"
FIELDS = list_states.CUSTOMER_SEARCH

any_text = st.text(st.characters(exclude_categories=()), max_size=300)


def customers(**params: str) -> ListState:
    data = QueryDict(mutable=True)
    data.update(params)
    return list_states.read_customers(data)


def companies(**params: str) -> ListState:
    data = QueryDict(mutable=True)
    data.update(params)
    return list_states.read_companies(data)


def group(word: str, fields: tuple[str, ...] = FIELDS) -> str:
    return "{" + "||".join(f"{name}~{word}" for name in fields) + "}"


def parse(text: str) -> list[list[tuple[str, str, str]]]:
    """A strict reading of what we send: `{a~b||c~d}&&e=f`; raises where it is anything else."""
    groups = []
    for part in text.split("&&"):
        alternatives = part[1:-1].split("||") if part.startswith("{") else [part]
        assert not part.startswith("{") or part.endswith("}")
        group = []
        for alternative in alternatives:
            match = re.fullmatch(r"([A-Za-z.]+)(!=|=|~)([^&|{}=!<>~\"'`\\]+)", alternative)
            assert match, alternative
            group.append((match[1], match[2], match[3]))
        groups.append(group)
    return groups


def test_without_a_search_only_deleted_customers_are_excluded() -> None:
    state = customers()
    assert state.query == "metadata.isDeleted!=true"
    assert state.order_by == "customerName"
    assert (state.page, state.page_size) == (1, 100)
    assert state.notices == ()
    assert state.address() == ""
    assert not state.is_narrowed


def test_a_word_is_searched_in_name_contact_email_id_and_numbers() -> None:
    assert customers(q="acme", deleted="show").query == (
        "{customerName~acme||contactName~acme||emailAddress~acme||id~acme||phone~acme"
        "||registrationNumber~acme||taxNumber~acme}"
    )


def test_every_word_must_match_and_repeated_words_are_sent_once() -> None:
    state = customers(q="  Ann   Lee Ann ", deleted="show")
    assert state.query == f"{group('Ann')}&&{group('Lee')}"
    assert state.search.words == ("Ann", "Lee")


@pytest.mark.parametrize("char", [*SYNTAX, "’", "“"])
def test_syntax_characters_are_ignored_with_a_notice(char: str) -> None:
    state = customers(q=f"Smith{char}Sons", deleted="show")
    assert state.query == f"{group('Smith')}&&{group('Sons')}"
    assert char in state.search.sentence
    assert "“Smith” and “Sons”" in state.search.sentence
    assert state.search.text == f"Smith{char}Sons"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a\x00b", "a control character"),
        ("a\u202eb", "an invisible character"),
        ("a\ud800b", "a control character"),
    ],
)
def test_invisible_characters_are_ignored_with_a_notice(text: str, name: str) -> None:
    state = customers(q=text, deleted="show")
    assert state.query == f"{group('a')}&&{group('b')}"
    assert name in state.search.sentence


def test_without_searchable_text_no_search_is_run() -> None:
    state = customers(q="&& || {}")
    assert state.query == "metadata.isDeleted!=true"
    assert state.notices == (
        "Codat cannot search for &, |, { and }, so they were ignored. No search was run.",
    )


def test_words_over_the_query_limit_are_ignored_with_a_notice() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    state = customers(q=f"{words} {'x' * 3000} tail")
    assert len(state.query) <= query.QUERY_LIMIT
    assert state.search.words[0] == "word0"
    assert state.search.too_long == 42 - len(state.search.words)
    assert "too long for one search" in state.notices[0]


def test_wide_characters_count_twice_against_the_limit() -> None:
    found, text = query.search("😀" * 200, ("name",), limit=300)
    assert (found.words, text, found.too_long) == ((), "", 1)


@given(any_text)
def test_typed_text_cannot_change_the_query(text: str) -> None:
    state = customers(q=text, status="Active", currency="GBP")
    groups = parse(state.query)
    assert groups[-3:] == [
        [("status", "=", "Active")],
        [("defaultCurrency", "=", "GBP")],
        [("metadata.isDeleted", "!=", "true")],
    ]
    for found in groups[:-3]:
        assert [(name, op) for name, op, _ in found] == [(name, "~") for name in FIELDS]
        assert len({word for _, _, word in found}) == 1
    assert len(groups) - 3 == len(state.search.words)
    assert len(state.query.encode("utf-16-le")) // 2 <= query.QUERY_LIMIT
    assert not set(state.query) & set("\"'`\\<>\x00\r\n")


@given(any_text)
def test_every_character_is_searched_for_or_reported(text: str) -> None:
    import unicodedata

    found, _ = query.search(text, ("name",), limit=10**6)
    words = "".join(found.words)
    for char in unicodedata.normalize("NFC", text):
        assert char.isspace() or char in words or found.ignored


@given(any_text)
def test_an_address_restores_the_search(text: str) -> None:
    state = customers(q=text, page="3", order_by="-phone", deleted="only", page_size="25")
    again = list_states.read_customers(QueryDict(state.address()[1:]))
    # A lone surrogate cannot be in an address; everything else can.
    if not re.search("[\ud800-\udfff]", text):
        assert again == state


def test_filters_are_part_of_the_query() -> None:
    state = customers(status="archived", currency="eur", deleted="only")
    assert state.query == "status=Archived&&defaultCurrency=EUR&&metadata.isDeleted=true"
    assert state.notices == ()
    assert state.is_narrowed
    assert state.address() == "?status=Archived&currency=EUR&deleted=only"


@pytest.mark.parametrize("field", list_states.CUSTOMER_ORDER)
def test_every_column_sorts_both_ways(field: str) -> None:
    assert customers(order_by=field).order_by == field
    state = customers(order_by=f"-{field}", page="4")
    assert (state.order_by, state.order_field, state.descending) == (f"-{field}", field, True)
    assert customers(order_by=field, page="4").order_address(field) == f"?order_by=-{field}"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("status", "Activ", ""),
        ("currency", "EURO", ""),
        ("currency", "E&R", ""),
        ("deleted", "true", "hide"),
    ],
)
def test_an_invalid_filter_is_ignored_with_a_notice(name: str, value: str, kept: str) -> None:
    state = customers(**{name: value})
    assert state.filters[name] == kept
    assert len(state.notices) == 1
    assert f"“{value}”" in state.notices[0]
    assert value not in state.query or name == "deleted"


@pytest.mark.parametrize(
    ("name", "value", "used"),
    [
        ("page", "0", 1),
        ("page", "-3", 1),
        ("page", "two", 1),
        ("page", "9" * 30, 1),
        ("page", "99999999", LAST_PAGE),
        ("page_size", "0", 1),
        ("page_size", "5001", 5000),
        ("page_size", "1e3", 100),
        ("page_size", "٣", 100),
    ],
)
def test_an_invalid_number_is_corrected_with_a_notice(name: str, value: str, used: int) -> None:
    state = customers(**{name: value})
    assert getattr(state, name) == used
    assert len(state.notices) == 1


@pytest.mark.parametrize(
    "value", ["addresses", "-", "--id", "id;drop", "customerName,-id", "metadata"]
)
def test_an_invalid_order_is_corrected_with_a_notice(value: str) -> None:
    state = customers(order_by=value)
    assert state.order_by == "customerName"
    assert len(state.notices) == 1


@given(
    st.dictionaries(
        st.sampled_from(["q", "status", "currency", "deleted", "order_by", "page", "page_size"]),
        any_text,
    )
)
def test_any_address_gives_a_valid_state(params: dict[str, str]) -> None:
    state = customers(**params)
    parse(state.query or "a=b")
    assert 1 <= state.page_size <= 5000
    assert 1 <= state.page <= LAST_PAGE
    assert state.order_field in list_states.CUSTOMER_ORDER
    assert all(len(notice) < 3000 for notice in state.notices)


def test_companies_are_searched_by_name() -> None:
    state = companies(q="Acme & Sons", state="linked")
    assert state.query == "{name~Acme}&&{name~Sons}&&dataConnections.status=Linked"
    assert "&" in state.notices[0]


def test_a_full_id_finds_its_company() -> None:
    text = "0498E921-9b53-4396-a412-4f2f5983b0a2"
    assert companies(q=f" {text} ").query == f"id={text.lower()}"


def test_a_page_has_at_most_2000_companies() -> None:
    assert companies(page_size="5000").page_size == 2000
