"""The page of data quality: its counts equal their lists, which can be exported and changed."""

from __future__ import annotations

import html
import re

import pytest
from pytest_django import Settings
from pytest_django.fixtures import DjangoAssertNumQueries

from customers.index.filters import Filters
from customers.index.search import search
from customers.models import IndexedCompany, IndexedCustomer
from customers.quality.counts import quality
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.quality.test_rules import GOOD
from tests.support.index import indexed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _customers() -> None:
    """Two companies with customers that break rules, and one without."""
    indexed(
        "one",
        GOOD | {"id": "1", "customerName": "Anchor", "emailAddress": None},
        GOOD | {"id": "2", "customerName": "Beacon", "emailAddress": None, "phone": "12"},
        GOOD | {"id": "3", "customerName": "Gone", "emailAddress": None, "status": "Archived"},
        name="Harbour & Sons",
    )
    indexed("two", GOOD | {"id": "1", "customerName": "Test", "emailAddress": None})
    indexed("three", GOOD)


def page(client: RawPathClient, url: str = "/quality/", status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return str(answer.content.decode())


def test_before_a_company_was_read_no_rule_is_said_to_hold(viewer_client: RawPathClient) -> None:
    IndexedCompany.objects.all().delete()
    text = page(viewer_client)
    assert "No customers were checked yet" in text
    assert "No rule is broken" not in text


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("never", "Never synced."),
        ("none", "No accounting connection."),
        ("waiting", "Not read yet."),
        ("filling", "Being read."),
        ("failed", "Could not be read. Codat does not answer."),
    ],
)
def test_of_a_company_that_was_not_read_no_rule_is_said_to_hold(
    viewer_client: RawPathClient, state: str, reason: str
) -> None:
    message = "Codat does not answer." if state == "failed" else ""
    rows = IndexedCompany.objects.filter(company_id="one")
    rows.update(state=state, message=message)
    text = page(viewer_client, "/quality/?company=one")
    assert "2 customers to look at." in text
    assert reason in text
    IndexedCustomer.objects.filter(source__company_id="one").delete()
    text = page(viewer_client, "/quality/?company=one")
    assert "Not checked yet" in text
    assert reason in text
    assert "No rule is broken" not in text


def links_with_counts(text: str) -> list[tuple[str, int]]:
    """The addresses of lists, each with the number that its link tells."""
    found = re.findall(r'<a href="(/search/\?[^"]*rule=[^"]*)"[^>]*>([^<]*)</a>', text)
    return [
        (html.unescape(url), int(label.split(":")[-1].replace(",", ""))) for url, label in found
    ]


@pytest.mark.parametrize("url", ["/quality/", "/quality/?company=one"])
def test_every_count_equals_its_list(viewer_client: RawPathClient, url: str) -> None:
    counted = links_with_counts(page(viewer_client, url))
    assert len(counted) >= 2
    for listed, number in counted:
        text = page(viewer_client, listed)
        assert f"{number} customer{'' if number == 1 else 's'} in" in text
        assert len(re.findall(r'<td class="c-name">', text)) == number


def test_counts_by_company_and_rule(viewer_client: RawPathClient) -> None:
    text = page(viewer_client)
    assert "3 customers to look at." in text
    assert '<a href="/search/?company=one&amp;rule=no-email">No email: 2</a>' in text
    assert (
        '<a href="/search/?company=two&amp;rule=test-name">Name that looks like a test: 1</a>'
        in text
    )
    assert text.index("Harbour &amp; Sons") < text.index("Company two")
    assert "Company three" not in text


def test_one_company(viewer_client: RawPathClient) -> None:
    text = page(viewer_client, "/quality/?company=one")
    assert "2 customers to look at." in text
    assert "Company two" not in text
    assert "No rule is broken." in page(viewer_client, "/quality/?company=three")
    assert "not in the index" in page(viewer_client, "/quality/?company=nobody", status=404)


def test_a_list_can_be_exported_and_changed(editor_client: RawPathClient) -> None:
    text = page(editor_client, "/search/?rule=no-email&company=one")
    assert 'value="[&#34;1&#34;,&#34;2&#34;]"' in text
    assert "Export all 2" in text
    assert "Edit all 2" in text


def test_a_long_list_is_counted_to_its_end_and_selected_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("customers.index.search.MAX_COUNTED", 1)
    monkeypatch.setattr("customers.index.search.MAX_HITS", 1)
    found = search("", filters=Filters(rules=("no-email",), companies=("one",)))
    assert (found.total, found.has_more) == (2, False)
    assert found.by_company == {"one": ["1", "2"]}
    # Of several companies so many cannot be selected together.
    assert search("", filters=Filters(rules=("no-email",))).by_company == {}


def test_a_rule_narrows_a_search_by_text(viewer_client: RawPathClient) -> None:
    text = page(viewer_client, "/search/?q=beacon&rule=no-email")
    assert "1 customer in 1 company" in text
    assert "a rule that exists" in page(viewer_client, "/search/?q=beacon&rule=wit")


def test_customers_that_were_never_checked_are_said(viewer_client: RawPathClient) -> None:
    IndexedCustomer.objects.filter(source__company_id="three").update(rules_version=0)
    assert "1 customer still to be checked." in page(viewer_client)


def test_a_customers_page_says_which_rules_it_breaks(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    company, record = sandbox.company("qbo"), GOOD | {"emailAddress": "a@b", "phone": None}
    sandbox.state("qbo").copy["39"] = {"metadata": {}} | record | {"id": "39"}
    url = f"/companies/{company}/customers/39/"
    assert "</a>: Malformed email · No phone</p>" in page(viewer_client, url)
    sandbox.state("qbo").copy["39"] = {"metadata": {}} | GOOD | {"id": "39"}
    forget_codat()
    assert "</a>: " not in page(viewer_client, url)


def test_without_an_index_the_page_says_so(
    viewer_client: RawPathClient, settings: Settings
) -> None:
    settings.INDEX_CUSTOMERS = False
    assert "There is no index of customers" in page(viewer_client)


def test_codat_is_not_asked(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page(viewer_client)
    page(viewer_client, "/quality/?company=one")
    assert sandbox.calls == []


def test_few_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(4):
        quality()
