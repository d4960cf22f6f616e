"""The page of results: what is found, why, where, and what was not searched."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import QueryDict
from django.test import Client

from codatdash.logs import JsonFormatter
from customers.models import IndexedCompany
from customers.searching import time_limit
from customers.searching.pages import search_view
from customers.searching.search_state import SearchState
from customers.web import links
from customers.web.origins.search_origin import search_query
from tests.support.index import indexed

pytestmark = pytest.mark.django_db

Companies = dict[str, IndexedCompany]


def found(client: Client, query: str = "", **more: Any) -> str:
    response = client.get(f"/search/{query}", **more)
    assert response.status_code == 200
    return response.content.decode()


def names(page: str) -> list[str]:
    """The names in the table, without marks."""
    cells = re.findall(r'<td class="c-name">(?:<a [^>]*>)?<bdi>(.*?)</bdi>', page)
    return [re.sub("</?mark>", "", cell) for cell in cells]


def test_customers_of_all_companies_are_found_and_it_is_marked_why(
    companies: Companies, viewer_client: Client
) -> None:
    page = found(viewer_client, "?q=beacon")
    assert names(page) == ["Beacon Marine", "Beacon Printers", "Beacon Street Café", "Cedar Labs"]
    assert "<mark>Beacon</mark> Printers" in page
    assert "orders@<mark>beacon</mark>.example" in page
    assert "Contact: <bdi>Ada <mark>Beacon</mark></bdi>" in page
    assert "4 customers in 2 companies" in page


def test_an_old_copy_is_said_where_it_matters(companies: Companies, viewer_client: Client) -> None:
    page = found(viewer_client, "?q=beacon")
    assert page.count('<span class="old">· synced') == 1


def test_what_was_not_searched_is_said_with_links(
    companies: Companies, viewer_client: Client
) -> None:
    page = found(viewer_client, "?q=beacon")
    assert "Searched 2 of 3 companies. 1 never synced." in page
    never = links.customers(companies["never"].company_id)
    assert f'<a href="{never}"><bdi>Quiet Company</bdi></a>: never synced' in page


@pytest.mark.parametrize("state", [IndexedCompany.State.WAITING, IndexedCompany.State.FILLING])
def test_an_index_that_is_still_filled_says_so(
    companies: Companies, viewer_client: Client, state: str
) -> None:
    IndexedCompany.objects.filter(pk=companies["never"].pk).update(state=state)
    page = found(viewer_client, "?q=nobody-of-this-name")
    assert "Results are complete once the worker has read them." in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=beacon&status=Archived", ["Beacon Marine"]),
        ("?q=beacon&country=United+Kingdom", ["Beacon Printers"]),
        ("?q=beacon&country=gb", ["Beacon Printers"]),
        ("?lacks=email&lacks=phone&q=beacon", ["Beacon Marine", "Beacon Street Café"]),
        ("?lacks=tax_number&q=caf", []),
        ("?q=beacon&status=purple&lacks=wit", ["Beacon Marine", "Beacon Printers",
                                               "Beacon Street Café", "Cedar Labs"]),
        ("?q=beacon&company={old}", ["Beacon Street Café"]),
    ],
)  # fmt: skip
def test_filters(
    companies: Companies, viewer_client: Client, query: str, expected: list[str]
) -> None:
    page = found(viewer_client, query.format(old=companies["old"].company_id))
    assert names(page) == expected


@pytest.mark.parametrize(
    "text", ["UK", "uk", "U.K.", "gb", "GBR", "United Kingdom", "Great Britain"]
)
def test_a_country_is_found_however_it_is_written(viewer_client: Client, text: str) -> None:
    forms = ("UK", "GB", "GBR", "United Kingdom", "united kingdom", "England", "U.K.")
    rows = [
        {"id": str(number), "customerName": f"Beacon {form}", "addresses": [{"country": form}]}
        for number, form in enumerate((*forms, "France", "Ukraine"))
    ]
    indexed("one", *rows)
    page = found(viewer_client, f"?q=beacon&country={text}")
    assert sorted(names(page)) == sorted(f"Beacon {form}" for form in forms)


def test_a_text_that_is_no_country_is_looked_for_as_it_is(viewer_client: Client) -> None:
    row = {"id": "1", "customerName": "Beacon", "addresses": [{"country": "Atlantis"}]}
    indexed("one", row)
    assert names(found(viewer_client, "?q=beacon&country=atlantis")) == ["Beacon"]
    assert names(found(viewer_client, "?q=beacon&country=atl")) == []


def test_deleted_customers_are_tagged_and_can_be_hidden(
    companies: Companies, viewer_client: Client
) -> None:
    indexed("c-9", {"id": "1", "customerName": "Beacon Gone", "metadata": {"isDeleted": True}})
    assert "Beacon Gone" in names(found(viewer_client, "?q=beacon"))
    assert "Deleted</span>" in found(viewer_client, "?q=beacon")
    assert "Beacon Gone" not in names(found(viewer_client, "?q=beacon&deleted=hide"))
    assert names(found(viewer_client, "?q=beacon&deleted=only")) == ["Beacon Gone"]


def test_pages_have_addresses_with_the_whole_search(
    companies: Companies, viewer_client: Client
) -> None:
    indexed("c-9", *({"id": str(n), "customerName": f"Dune {n:03}"} for n in range(120)))
    first = found(viewer_client, "?q=dune&deleted=hide")
    assert len(names(first)) == 50
    assert "Page 1 of 3" in first
    assert 'href="?q=dune&amp;deleted=hide&amp;page=2"' in first
    assert names(found(viewer_client, "?q=dune&deleted=hide&page=3"))[-1] == "Dune 119"
    past = found(viewer_client, "?q=dune&page=9")
    assert "Page 9 does not exist" in past
    assert 'href="?q=dune&amp;page=3"' in past


def test_nothing_found_says_what_to_try(companies: Companies, viewer_client: Client) -> None:
    page = found(viewer_client, "?q=qqqqqqq&status=Active")
    assert "No customer matches" in page
    assert "Search without filters" in page


def test_an_empty_search_says_what_can_be_typed(viewer_client: Client) -> None:
    assert "Type part of a name" in found(viewer_client)


@pytest.mark.parametrize(
    "text",
    [
        "'\"`", "a OR b AND (c", "NEAR(a b)", "name:*", "%", "_", "\\", "<script>alert(1)</script>",
        "{{ 7*7 }}", "x" * 10_000, "שלום עולם", "\u202eevil", "👩‍👩‍👧 beacon", "\x00beacon", "--", ";", "é" * 300,
        "../..", "a" * 199 + " b", "\ud83d", "0" * 250,
    ],
)  # fmt: skip
def test_hostile_texts_are_texts(companies: Companies, viewer_client: Client, text: str) -> None:
    for path in ("/search/", "/search/suggestions/"):
        response = viewer_client.get(
            path, {"q": text.encode(errors="replace")}, HTTP_HX_REQUEST="true"
        )
        assert response.status_code == 200
        assert b"<script>alert" not in response.content


def test_a_text_that_is_too_long_is_cut_and_said(viewer_client: Client) -> None:
    assert "Only the first 200 characters" in found(viewer_client, "?q=" + "a" * 500)


def test_a_single_letter_finds_names_and_says_that_more_letters_find_more(
    companies: Companies, viewer_client: Client
) -> None:
    page = found(viewer_client, "?q=c")
    assert names(page) == ["Cedar Labs"]
    assert "One letter finds names that begin with it." in page


def test_names_are_escaped_and_ids_of_any_shape_have_links(
    companies: Companies, viewer_client: Client
) -> None:
    page = found(viewer_client, "?q=bold")
    assert "<b>Bold" not in page
    assert links.customer(companies["harbour"].company_id, "a/b?c") in page


def test_the_customers_page_leads_back_to_the_search(
    companies: Companies, editor_client: Client
) -> None:
    page = found(editor_client, "?q=beacon&country=GB")
    url = re.search(r'<td class="c-name"><a href="([^"]+)"', page)
    assert url
    customer = editor_client.get(url[1].replace("&amp;", "&")).content.decode()
    assert "Back to search for “beacon”" in customer
    assert 'href="/search/?q=beacon&amp;country=GB"' in customer
    edit = re.search(r'href="([^"]+/edit/\?found=[^"]+)"', customer)
    assert edit
    form = editor_client.get(edit[1].replace("&amp;", "&")).content.decode()
    assert "Back to search for “beacon”" in form


@pytest.mark.parametrize(
    "text", ["?found=//evil.example", "?found=q%3Dx%26next%3D//evil", "?found=" + "q" * 9000]
)
def test_the_way_back_leads_to_a_search_only(
    companies: Companies, viewer_client: Client, text: str
) -> None:
    url = links.customer(companies["harbour"].company_id, "39") + text
    assert "evil" not in viewer_client.get(url).content.decode()


# -- batches and exports ----------------------------------------------------------------------------


def _form(page: str, name: str) -> str:
    forms = re.findall(rf'<form id="of-\d+"[^>]*aria-label="{name}">.*?</form>', page, re.DOTALL)
    assert len(forms) == 1
    return str(forms[0])


def test_ticks_belong_to_the_form_of_their_company(
    companies: Companies, editor_client: Client
) -> None:
    page = found(editor_client, "?q=beacon")
    form = _form(page, "Northgate Dental")
    number = re.findall(r'id="of-(\d+)"', form)[0]
    assert re.findall(rf'name="id" value="([^"]+)" form="of-{number}"', page) == ["C00001"]
    assert f'formaction="{links.new_batch(companies["old"].company_id)}"' in form


@pytest.mark.parametrize("fields", [{"id": ["39", "40"]}, {"ids": '["39","40"]'}])
def test_ticked_customers_and_all_of_a_company_are_a_batch_and_an_export(
    companies: Companies, editor_client: Client, fields: dict[str, Any]
) -> None:
    company_id = companies["harbour"].company_id
    page = found(editor_client, "?q=beacon")
    assert 'value="[&#34;40&#34;,&#34;39&#34;,&#34;41&#34;]"' in _form(page, "Harbour Lights Ltd")
    batch = editor_client.post(links.new_batch(company_id), fields)
    assert batch.status_code == 200
    assert "2 customers" in batch.content.decode()
    export = editor_client.post(links.export(company_id), fields)
    assert export.status_code == 200
    assert "2 customers" in export.content.decode()


def test_a_viewer_is_offered_exports_only(companies: Companies, viewer_client: Client) -> None:
    page = found(viewer_client, "?q=beacon")
    assert "Export ticked" in page
    assert "Edit ticked" not in page


# -- when it takes long -----------------------------------------------------------------------------


def test_a_search_that_takes_the_database_too_long_ends(
    companies: Companies, viewer_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: Any, **__: Any) -> None:
        raise time_limit.TooSlow

    monkeypatch.setattr(search_view, "results_context", slow)
    response = viewer_client.get("/search/?q=beacon")
    assert response.status_code == 503
    assert "The search took too long" in response.content.decode()


def test_the_database_ends_a_query_after_its_time(viewer: User) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000)"
        " SELECT count(*) FROM n"
    )
    with pytest.raises(time_limit.TooSlow), time_limit.at_most(0.2), connection.cursor() as cursor:
        cursor.execute(endless)


def test_neither_text_nor_names_are_logged(
    companies: Companies, viewer_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        found(viewer_client, "?q=beacon")
        viewer_client.get("/search/suggestions/?q=beacon", HTTP_HX_REQUEST="true")
    logged = " ".join(map(JsonFormatter().format, caplog.records)).lower()
    assert "search_suggestions" in logged
    assert "beacon" not in logged


def test_the_way_back_keeps_the_whole_search() -> None:
    state = SearchState(
        text="beacon",
        company="c1",
        status="Active",
        country="GB",
        deleted="only",
        lacks=("email",),
        rule="no-phone",
        page=2,
    )
    params = QueryDict(links.from_search(state.address())[1:])
    query = search_query(params)
    assert query is not None
    assert sorted(parse_qsl(query[1:])) == sorted(parse_qsl(state.address()[1:]))
