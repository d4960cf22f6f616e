"""The search over the index: what is found by what a person types, and in which order."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from customers.index import backends, finding
from customers.index.filters import Filters
from customers.index.matching import Kind
from customers.index.search import search
from customers.models import IndexedCustomer
from tests.support.index import indexed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _customers() -> None:
    """Two companies, as Codat's copies have them."""
    indexed(
        "one",
        {
            "id": "7",
            "customerName": "Müller & Söhne GmbH",
            "contactName": "J. P. O’Brien",
            "emailAddress": "info@mueller-soehne.example",
            "phone": "+44 (0)20 7946-0999",
            "taxNumber": "GB 123 4567 89",
            "addresses": [{"type": "Billing", "city": "Zürich", "postalCode": "SW1A 1AA"}],
            "status": "Active",
        },
        {"id": "8", "customerName": "Bluebell Bakery", "status": "Archived"},
        {"id": "cust-1234-abcd", "customerName": "Miller’s Mill", "metadata": {"isDeleted": True}},
    )
    indexed(
        "two",
        {"id": "7", "customerName": "Blue Bell Bakery", "phone": "020 7946 0999"},
        {"id": "70", "customerName": "Søren Łukasz", "contacts": [{"email": "s@lukasz.example"}]},
        {"id": "71", "customerName": '100% "Wool" _*'},
    )


def names(text: str, **more: Any) -> list[str]:
    return [hit.customer.name for hit in search(text, **more).hits]


@pytest.mark.parametrize(
    "text",
    [
        "Müller & Söhne GmbH",
        "muller sohne",
        "MÜLLER",
        "gmbh müller",
        "söhne, müller",
        "ulle",
        "mulelr",
        "muler soehne",
        "o'brien",
        "OBrien JP",
        "jp",
        "info@mueller-soehne.example",
        "mueller-soehne",
        "+44 20 7946 0999",
        "0044 20 7946 0999",
        "020 7946 0999",
        "(020) 7946.0999",
        "79460999",
        "gb123456789",
        "123-4567-89",
        "zurich",
        "sw1a1aa",
        "SW1A 1AA",
    ],
)
def test_a_customer_is_found_by(text: str) -> None:
    assert "Müller & Söhne GmbH" in names(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("bluebell bakery", Kind.EXACT),
        ("bluebell", Kind.PREFIX),
        ("bakery", Kind.WORD),
        ("aker", Kind.PART),
        ("blubell", Kind.SIMILAR),
        ("cust-1234-abcd", Kind.EXACT),
        ("cust-1234", Kind.PREFIX),
    ],
)
def test_how_it_was_found(text: str, kind: Kind) -> None:
    assert search(text).hits[0].kind == kind


def test_better_matches_come_first_and_what_is_deleted_last() -> None:
    assert names("bakery") == ["Blue Bell Bakery", "Bluebell Bakery"]
    assert names("mille") == ["Miller’s Mill", "Müller & Söhne GmbH"]
    assert names("muller") == ["Müller & Söhne GmbH", "Miller’s Mill"]


def test_two_words_in_one_and_one_word_in_two() -> None:
    assert set(names("bluebell")) == {"Bluebell Bakery", "Blue Bell Bakery"}
    assert set(names("blue bell")) == {"Bluebell Bakery", "Blue Bell Bakery"}


@pytest.mark.parametrize(
    "text", ['"', "%", "_", "* OR", "NEAR(", "a\0b", "\ud800", "x" * 9000, "{}"]
)
def test_no_text_breaks_the_language_of_a_database(text: str) -> None:
    assert search(text).page == 1


def test_signs_are_found_where_they_are_typed() -> None:
    assert names('100% "wool"') == ['100% "Wool" _*']


def test_an_id_is_found_in_all_companies() -> None:
    assert sorted(names("7")) == ["Blue Bell Bakery", "Müller & Söhne GmbH"]


def test_where_it_was_found() -> None:
    [hit] = search("obrien zürich").hits
    assert [(match.field, match.text, match.spans) for match in hit.matches] == [
        ("contact_names", "J. P. O’Brien", ((6, 13),)),
        ("city", "Zürich", ((0, 6),)),
    ]


def test_filters_and_pages() -> None:
    assert names("bakery", filters=Filters(companies=["one"])) == ["Bluebell Bakery"]
    assert names("bakery", filters=Filters(statuses=["Archived"])) == ["Bluebell Bakery"]
    assert names("", filters=Filters(lacks=["email", "phone"], is_deleted=False)) == [
        '100% "Wool" _*',
        "Bluebell Bakery",
    ]
    assert names("", page=2, page_size=4) == ["Müller & Söhne GmbH", "Søren Łukasz"]
    found = search("bakery", page=2, page_size=1)
    assert (found.total, found.has_more, len(found.hits)) == (2, False, 1)


@pytest.mark.parametrize("filters", [Filters(), Filters(statuses=["Active", ""])])
@pytest.mark.parametrize("text", ["bakery", "bluebell bakery", "muler", "020 7946", "7", "mi"])
def test_the_way_of_reading_changes_nothing(
    text: str, filters: Filters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a text counts as common tells which way is quicker, and comes of a sample."""
    found = []
    for is_common, sorted_at_most in ((False, 10_000), (False, 1), (True, 10_000)):
        monkeypatch.setattr(backends, "is_common", lambda *_, answer=is_common: answer)
        monkeypatch.setattr(finding, "MAX_SORTED", sorted_at_most)
        hits = search(text, filters=filters)
        found.append([(hit.customer.pk, hit.kind, hit.matches) for hit in hits.hits])
    assert found[0] == found[1] == found[2]
    assert found[0] or filters.statuses


@pytest.mark.parametrize("is_common", [False, True])
def test_of_many_the_first_by_name_are_ranked(
    is_common: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some have so many words that PostgreSQL reads them from the table."""
    monkeypatch.setattr(backends, "is_common", lambda *_: is_common)
    monkeypatch.setattr(finding, "MAX_HITS_OF_ALL", 3)
    people = [{"name": f"Person{'x' * 30}{number}"} for number in range(50)]
    indexed(
        "three",
        *({"id": f"s{n}", "customerName": f"Heron {n} Ltd"} for n in (5, 1, 3)),
        *({"id": f"l{n}", "customerName": f"Heron {n} Ltd", "contacts": people} for n in (4, 2)),
    )
    found = search("ltd")
    assert [hit.customer.name for hit in found.hits] == [f"Heron {n} Ltd" for n in (1, 2, 3)]
    assert (found.total, found.has_more) == (3, True)


def test_a_name_is_found_however_many_words_there_are() -> None:
    letters = [first + second for first in "abc" for second in ascii_lowercase][:50]
    people = [
        {"name": f"Person{'x' * 30}{each}", "email": f"{'y' * 30}{each}@{'z' * 30}{number}.example"}
        for number, each in enumerate(letters)
    ]
    indexed("three", {"id": "1", "customerName": "Route 66 BP Diner", "contacts": people})
    for text in ("Route 66 BP Diner", "route 66", "66", "bp", "dinre"):
        assert "Route 66 BP Diner" in names(text), text
    [row] = IndexedCustomer.objects.filter(name="Route 66 BP Diner")
    assert len(row.searched) > 3_900
    cut = {len(word) for word in row.searched.split() if word.startswith("personx")}
    assert cut == {38}, "a word is left out as a whole"


def test_what_is_exactly_this_has_no_typing_error() -> None:
    assert names("Bluebell Bakery") == ["Bluebell Bakery"]
    assert "Bluebell Bakery" in names("Bluebll Bakery"), "a customer that is only like it"
    indexed("three", {"id": "1", "customerName": "Bluebll Bakery"})
    assert names("Bluebll Bakery") == ["Bluebll Bakery"]


def test_a_typing_error_is_found_in_rows_of_before_words_stood_first() -> None:
    """Until a company is read again, the words of its customers have no end between them."""
    for row in IndexedCustomer.objects.all():
        old = " ".join(row.searched.split())
        IndexedCustomer.objects.filter(pk=row.pk).update(searched=f" {old} ")
    assert names("mulelr") == ["Müller & Söhne GmbH"]
    assert "Müller & Söhne GmbH" in names("obrein")


def test_a_sample_tells_what_is_common(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_SAMPLED", 100)
    names = ({"id": str(number), "customerName": f"Heron Ltd {number}"} for number in range(200))
    indexed("three", *names)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def is_common(text: str, number: int) -> bool:
        return backends.is_common(IndexedCustomer, "searched", [[[text]]], number)

    is_postgresql = connection.vendor == "postgresql"
    assert is_common("heron", 100) is is_postgresql
    assert not is_common("bluebell", 100)
    assert not is_common("heron", 1_000), "the table has fewer"


def test_a_typing_error_in_each_of_several_words_costs_few_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(13):
        assert search("bleubell bakrey").total == 1
