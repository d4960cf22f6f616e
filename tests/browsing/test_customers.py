"""The list of a company's customers, and the refresh of Codat's copy."""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape

import pytest

from sandbox import Sandbox
from tests.conftest import RawPathClient

HTMX = {"HX-Request": "true"}


def url(sandbox: Sandbox, key: str = "big") -> str:
    return f"/companies/{sandbox.company(key)}/customers/"


def data_calls(sandbox: Sandbox) -> list[str]:
    return [call.path for call in sandbox.calls if "/data/customers" in call.path]


def test_the_first_page_of_five_thousand(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = viewer_client.get(url(sandbox), {"deleted": "show"})
    text = page.content.decode()
    assert page.status_code == 200
    assert "1–100 of 5,000" in text
    assert text.count('<td class="c-name">') == 100
    assert "Meridian Wholesale" in text
    assert "QuickBooks Online" in text


def test_one_call_to_codat_when_the_company_is_cached(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    viewer_client.get("/companies/")
    sandbox.clear_calls()
    viewer_client.get(url(sandbox))
    assert [call.path for call in sandbox.calls] == [
        f"/companies/{sandbox.company('big')}/data/customers"
    ]


def test_an_uncached_company_is_read_in_parallel(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("GET /companies", "delay", seconds=0.4, count=2)
    viewer_client.get(url(sandbox))
    first, second, integration = sandbox.calls
    assert integration.path.startswith("/integrations/")
    assert abs(first.started - second.started) < 0.3


def test_search_filters_order_and_page_reach_codat(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    viewer_client.get(
        url(sandbox),
        {
            "q": "ann example",
            "status": "Active",
            "currency": "gbp",
            "deleted": "only",
            "order_by": "-sourceModifiedDate",
            "page": "2",
            "page_size": "25",
        },
    )
    (call,) = [call for call in sandbox.calls if call.path.endswith("/data/customers")]
    assert call.query["page"] == "2"
    assert call.query["pageSize"] == "25"
    assert call.query["orderBy"] == "-sourceModifiedDate"
    assert call.query["query"].startswith("{customerName~ann||")
    assert call.query["query"].endswith(
        "&&status=Active&&defaultCurrency=GBP&&metadata.isDeleted=true"
    )


@pytest.mark.parametrize(
    "typed", ["a&&b||c", "{x}", "name=1", "!~<>", "\"'", "a||metadata.isDeleted=true", "}&&{id~1"]
)
def test_no_typed_text_breaks_the_query(
    sandbox: Sandbox, viewer_client: RawPathClient, typed: str
) -> None:
    page = viewer_client.get(url(sandbox), {"q": typed})
    assert page.status_code == 200
    assert "cannot search for" in page.content.decode()
    assert [call.status for call in sandbox.calls if "/data/" in call.path] == [200]


def test_invalid_values_in_the_address_are_corrected_with_a_notice(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    text = viewer_client.get(
        url(sandbox), {"status": "Activ", "page": "x", "page_size": "9999", "order_by": "nope"}
    ).content.decode()
    for sentence in (
        "“Activ” is not a valid status. Showing every status.",
        "“x” is not a valid page number. Showing page 1.",
        "“9999” is not a number of rows from 1 to 5,000. Showing 5,000 rows.",
        "“nope” is not a column to sort by. Showing the default order.",
    ):
        assert sentence in text


@pytest.mark.parametrize("field", ["id", "phone", "status", "defaultCurrency", "emailAddress"])
def test_every_heading_sorts(sandbox: Sandbox, viewer_client: RawPathClient, field: str) -> None:
    page = viewer_client.get(url(sandbox), {"order_by": field, "columns": "all"})
    assert page.status_code == 200
    text = page.content.decode()
    assert f'id="sort-{field}" href="?order_by=-{field}&amp;columns=all"' in text


def test_paging_keeps_the_filters(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(url(sandbox), {"currency": "GBP", "page_size": "25"}).content.decode()
    assert 'href="?currency=GBP&amp;page=2&amp;page_size=25"' in text


def test_names_are_escaped(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(url(sandbox, "odd"), {"deleted": "show"}).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert "<img" not in text


def test_every_listed_customer_opens_except_for_an_invalid_id(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    text = viewer_client.get(url(sandbox, "odd"), {"deleted": "show"}).content.decode()
    links = re.findall(r'<td class="c-name"><a href="([^"]+)"', text)
    assert len(links) > 50
    for link in links:
        page = viewer_client.get(unescape(link))
        assert page.status_code == 200, link
    assert text.count("Invalid ID") == 1


def test_deleted_customers_are_hidden_shown_or_the_only_ones(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    def names(deleted: str) -> str:
        return viewer_client.get(url(sandbox, "odd"), {"deleted": deleted}).content.decode()

    assert "Deleted long ago" not in names("")
    assert "Deleted long ago" in names("show")
    assert "Deleted long ago" in names("only")
    assert "Archived customer" not in names("only")


def test_no_match(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(url(sandbox), {"q": "zzzzz"}).content.decode()
    assert "No customer matches" in text
    assert f'href="{url(sandbox)}">Show all customers' in text


def test_a_page_after_the_last(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(url(sandbox, "xero"), {"page": "7"}).content.decode()
    assert "Page 7 does not exist" in text


def test_five_thousand_rows_on_one_page(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(
        url(sandbox), {"page_size": "5000", "deleted": "show"}
    ).content.decode()
    assert ">5,000 customers, " in text
    assert text.count('<td class="c-name"><a href="') == 5000


def without_token(text: str) -> str:
    """HTML without the values of CSRF tokens, which differ each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)


def test_fragment_and_page(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    address = f"{url(sandbox)}?page_size=50"
    page = without_token(viewer_client.get(address).content.decode())
    answer = viewer_client.get(address, headers=HTMX)
    fragment = without_token(answer.content.decode())
    assert "<html" not in fragment
    assert "<table" in fragment
    results, _, views = fragment.partition('<nav class="views"')
    assert results.strip() in page
    assert views.replace(' hx-swap-oob="true"', "").strip() in page
    assert "HX-Request" in answer["Vary"]


def test_a_fragment_keeps_the_order_in_the_search_form(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    text = viewer_client.get(url(sandbox), {"order_by": "id"}, headers=HTMX).content.decode()
    assert '<option value="id" selected>' in text


def test_only_editors_are_offered_a_new_customer(
    sandbox: Sandbox, viewer_client: RawPathClient, editor_client: RawPathClient
) -> None:
    new = url(sandbox) + "new/"
    assert new not in viewer_client.get(url(sandbox)).content.decode()
    assert new in editor_client.get(url(sandbox)).content.decode()


def test_the_chosen_connection_is_kept_in_links(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    page = viewer_client.get(url(sandbox, "migrated"))
    assert '<select name="connection">' in page.content.decode()
    other = page.context["page"].connections[1]["id"]
    text = viewer_client.get(url(sandbox, "migrated"), {"connection": other}).content.decode()
    assert f'<option value="{other}" selected>' in text
    assert f'/?connection={other}&amp;list=connection={other}&amp;at=1"' in text
    assert f"connection={other}" in text[text.index("<thead") : text.index("</thead")]


def test_without_sign_in(anonymous_client: RawPathClient) -> None:
    answer = anonymous_client.get("/companies/x/customers/?q=a&page=2")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/companies/x/customers/%3Fq%3Da%26page%3D2"


def test_without_permission(outsider_client: RawPathClient) -> None:
    assert outsider_client.get("/companies/x/customers/").status_code == 403


def test_wrong_method(viewer_client: RawPathClient) -> None:
    assert viewer_client.delete("/companies/x/customers/").status_code == 405


def test_a_company_that_does_not_exist(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.get("/companies/00000000-0000-0000-0000-000000000000/customers/")
    assert answer.status_code == 404
    assert "Not found in Codat" in answer.content.decode()


@pytest.mark.parametrize("company_id", ["..", "%2E%2E", "."])
def test_dots_in_a_company_id_do_not_change_the_path(
    sandbox: Sandbox, viewer_client: RawPathClient, company_id: str
) -> None:
    assert viewer_client.get(f"/companies/{company_id}/customers/").status_code == 404
    assert sandbox.calls == []


def test_codat_is_unavailable(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add("/data/customers", "reset", count=-1)
    answer = viewer_client.get(url(sandbox))
    assert answer.status_code == 502
    assert "The connection to Codat broke" in answer.content.decode()
    fragment = viewer_client.get(url(sandbox), headers=HTMX)
    assert fragment.status_code == 502
    assert "<html" not in fragment.content.decode()
    assert f'hx-get="{url(sandbox)}"' in fragment.content.decode()


class TestRefresh:
    def addresses(self, sandbox: Sandbox, key: str = "xero") -> tuple[str, str]:
        base = f"/companies/{sandbox.company(key)}"
        return f"{base}/refresh/", f"{base}/freshness/"

    def test_it_is_polled_until_it_ends(
        self, sandbox: Sandbox, viewer_client: RawPathClient
    ) -> None:
        refresh, _ = self.addresses(sandbox)
        first = viewer_client.post(refresh, headers=HTMX)
        follow = re.search(r'hx-get="([^"]+)" hx-trigger="every 1.0s"', first.content.decode())
        assert follow
        address = follow[1].replace("&amp;", "&")
        second = viewer_client.get(address, headers=HTMX)
        assert "poll=2" in second.content.decode()
        assert "every 1.3s" in second.content.decode()
        assert "HX-Trigger" not in second
        sandbox.settle()
        last = viewer_client.get(address, headers=HTMX)
        assert last["HX-Trigger"] == "customers-refreshed"
        assert "every " not in last.content.decode()
        assert "Last synced" in last.content.decode()

    def test_a_second_refresh_joins_the_first(
        self, sandbox: Sandbox, viewer_client: RawPathClient
    ) -> None:
        refresh, _ = self.addresses(sandbox)

        def followed() -> str:
            found = re.search(r"follow=([\w-]+)", viewer_client.post(refresh)["Location"])
            assert found
            return found[1]

        assert followed() == followed()

    def test_without_javascript_a_page_reloads_itself(
        self, sandbox: Sandbox, viewer_client: RawPathClient
    ) -> None:
        refresh, freshness = self.addresses(sandbox)
        answer = viewer_client.post(refresh)
        assert answer.status_code == 302
        assert answer["Location"].startswith(f"{freshness}?follow=")
        page = viewer_client.get(answer["Location"])
        assert page["Refresh"].startswith("3; url=" + freshness)
        sandbox.settle()
        page = viewer_client.get(answer["Location"])
        assert "Refresh" not in page
        assert "Last synced" in page.content.decode()

    def test_the_number_of_polls_is_bounded(
        self, sandbox: Sandbox, viewer_client: RawPathClient
    ) -> None:
        refresh, _ = self.addresses(sandbox)
        location = viewer_client.post(refresh)["Location"]
        text = viewer_client.get(
            re.sub(r"poll=\d+", "poll=60", location), headers=HTMX
        ).content.decode()
        assert "every " not in text
        assert "longer than usual" in text
        assert "Check now" in text

    def test_a_failed_refresh_shows_the_reason(
        self, sandbox: Sandbox, viewer_client: RawPathClient
    ) -> None:
        _, freshness = self.addresses(sandbox)
        sandbox.faults.add("/data/history/", "json", body='{"id": "7", "status": "AuthError"}')
        text = viewer_client.get(freshness, {"follow": "7"}, headers=HTMX).content.decode()
        assert "authorise the connection again" in text
        assert "every " not in text

    def test_the_time_of_the_last_sync_is_shown(
        self, sandbox: Sandbox, viewer_client: RawPathClient
    ) -> None:
        _, freshness = self.addresses(sandbox)
        assert "15 Mar 2025" in viewer_client.get(freshness).content.decode()

    def test_wrong_method(self, sandbox: Sandbox, viewer_client: RawPathClient) -> None:
        refresh, freshness = self.addresses(sandbox)
        assert viewer_client.get(refresh).status_code == 405
        assert viewer_client.post(freshness).status_code == 405

    def test_the_csrf_token_is_required(
        self, sandbox: Sandbox, viewer_client: RawPathClient
    ) -> None:
        strict = RawPathClient(enforce_csrf_checks=True)
        strict.cookies = viewer_client.cookies
        answer = strict.post(self.addresses(sandbox)[0])
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.content.decode()

    def test_without_sign_in_and_without_permission(
        self, anonymous_client: RawPathClient, outsider_client: RawPathClient
    ) -> None:
        assert anonymous_client.post("/companies/x/refresh/").status_code == 302
        assert outsider_client.post("/companies/x/refresh/").status_code == 403

    def test_an_error_states_whether_anything_was_changed(
        self, sandbox: Sandbox, viewer_client: RawPathClient
    ) -> None:
        refresh, _ = self.addresses(sandbox)
        sandbox.faults.add("POST", "status", status=401)
        assert "Nothing was changed" in viewer_client.post(refresh).content.decode()
        sandbox.faults.add("POST", "reset_middle")
        assert "do not know whether" in viewer_client.post(refresh).content.decode()


def test_dates_of_the_list_are_times_for_machines(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    page = viewer_client.get(url(sandbox, "qbo")).content.decode()
    ((machine, title, text), *_) = re.findall(
        r'<td class="c-changed"><time datetime="([^"]+)" title="([^"]+)">([^<]+)</time></td></tr>',
        page,
    )
    moment = datetime.fromisoformat(machine)
    assert title == f"{moment:%H:%M} UTC", "the day is the text"
    assert (text.split()[0], text.split()[-1]) == (str(moment.day), str(moment.year))


def test_the_error_of_a_broken_connection_is_shown(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    page = viewer_client.get(url(sandbox, "deauthorized")).content.decode()
    assert "Message from Codat: " in page
    assert "no longer accepts the authorisation." in page
    linked = viewer_client.get(url(sandbox, "qbo")).content.decode()
    assert "Message from Codat: " not in linked
