"""What the search box shows while somebody types."""

from __future__ import annotations

import html
import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from customers import scope
from customers.access.roles import Role
from customers.access.scopes import scope_of
from customers.models import Batch, IndexedCompany, IndexedCustomer, Preferences
from customers.searching.places import page_entries
from customers.web import links
from sandbox import Sandbox
from tests.support.journal import journal_row
from tests.support.people import person

pytestmark = pytest.mark.django_db

Companies = dict[str, IndexedCompany]


def suggested(client: Client, text: str = "", here: str = "") -> str:
    response = client.get("/search/suggestions/", {"q": text, "here": here}, HTTP_HX_REQUEST="true")
    assert response.status_code == 200
    return response.content.decode()


def groups(fragment: str) -> dict[str, list[str]]:
    """The texts of the options by the heading of their group."""
    found: dict[str, list[str]] = {}
    for part in fragment.split('role="group"')[1:]:
        heading = re.findall(r'role="presentation">(.*?)</p>', part)[0]
        options = re.findall(r'role="option".*?>(.*?)</a>', part, re.DOTALL)
        found[heading] = [
            " ".join(html.unescape(re.sub("<[^>]+>", "", option)).split()) for option in options
        ]
    return found


def test_customers_come_with_the_way_to_all_and_what_can_be_done(
    companies: Companies, editor_client: Client
) -> None:
    fragment = suggested(editor_client, "beacon p")
    found = groups(fragment)
    assert "Beacon Printers" in found["Customers in 1 company"][0]
    assert found["Customers in 1 company"][-1].startswith("All customers that match “beacon p”")
    assert found["Do"][0].startswith("Edit Beacon Printers Harbour Lights Ltd")
    assert found["Do"][1] == "New customer in Harbour Lights Ltd"
    assert 'data-count="1 result"' in fragment
    assert "Searched 2 of 3 companies. 1 never synced." in fragment


def test_a_viewer_is_offered_nothing_to_change(companies: Companies, viewer_client: Client) -> None:
    fragment = suggested(viewer_client, "beacon")
    assert "Do" not in groups(fragment)
    assert "data-edit" not in fragment


def test_companies_and_pages_are_found_by_the_beginnings_of_their_words(
    companies: Companies, viewer_client: Client
) -> None:
    assert groups(suggested(viewer_client, "lights har"))["Companies"][0].endswith("Company")
    found = groups(suggested(viewer_client, "sett"))["Pages"]
    assert found == ["Settings", "Notification settings"]
    assert "Pages" not in groups(suggested(viewer_client, "workers"))
    assert "Pages" not in groups(suggested(viewer_client, "imports"))


@pytest.mark.parametrize("role", Role)
def test_each_entry_of_the_side_column_is_found(settings: Settings, role: Role) -> None:
    settings.ADMIN_SITE = True
    user = person("somebody", role)
    User.objects.filter(pk=user.pk).update(is_staff=role == Role.ADMINISTRATOR)
    user = User.objects.get(pk=user.pk)
    client = Client()
    client.force_login(user)
    side = client.get("/settings/").content.decode().split('<div class="side"')[1]
    side = side.split("</details>\n</section>")[0]
    entries = re.findall(r'<li>\s*<a[^>]* href="(/[^"]*)"[^>]*>(.*?)</a>', side, re.DOTALL)
    assert {"/", "/activity/", "/approvals/", "/settings/"} <= {url for url, _ in entries}
    for url, inner in entries:
        text = re.sub(r"<[^>]+>", " ", inner)
        with scope.restricted(scope_of(user)):
            found = [entry.url for entry in page_entries(re.sub(r"\d.*", "", text), user)]
        assert html.unescape(url) in found, (url, text)


def test_a_new_customer_is_offered_in_the_company_that_is_open(
    companies: Companies, editor_client: Client
) -> None:
    here = companies["old"].company_id
    assert (
        "New customer in Northgate Dental" in groups(suggested(editor_client, "beacon", here))["Do"]
    )


def test_without_htmx_it_leads_to_the_page_of_results(viewer_client: Client) -> None:
    response = viewer_client.get("/search/suggestions/?q=beacon")
    assert response["Location"] == "/search/?q=beacon"


# -- IDs ---------------------------------------------------------------------------------------------


def test_ids_lead_to_what_they_are_of(
    companies: Companies, editor: User, editor_client: Client, sandbox: Sandbox
) -> None:
    company = companies["harbour"]
    write = journal_row(
        company.company_id,
        editor,
        customer_id="39",
        customer_name="Beacon Printers",
        push_operation_key=str(uuid.uuid4()),
        correlation_id="0HN8correlation42",
    )
    batch = Batch.objects.create(
        company_id=company.company_id, company_name=company.name, title="Set country", username="e"
    )
    connection = str(uuid.uuid4())
    IndexedCompany.objects.filter(pk=company.pk).update(connection_id=connection)
    change = links.write(company.company_id, write.pk)
    for text, url in {
        str(write.pk): change,
        write.push_operation_key.upper(): change,
        write.correlation_id: change,
        str(batch.pk): links.batch(company.company_id, batch.pk),
        company.company_id.upper(): links.customers(company.company_id),
        connection: links.customers(company.company_id),
        sandbox.company("big"): links.customers(sandbox.company("big")),
    }.items():
        fragment = suggested(editor_client, f" {text} ")
        assert "By ID" in groups(fragment), text
        assert f'href="{url}"' in fragment, text
        assert f'href="{url}"' in editor_client.get("/search/", {"q": text}).content.decode()


def test_the_id_of_a_customer_is_found_whatever_its_shape(
    companies: Companies, editor_client: Client
) -> None:
    for customer_id in ("C00001", "a/b?c", "39"):
        fragment = suggested(editor_client, customer_id)
        company = "old" if customer_id == "C00001" else "harbour"
        assert links.customer(companies[company].company_id, customer_id) in fragment


@pytest.mark.parametrize(
    "text", ["17553d3b-0eb6-4d02-b1c8-4937ce7c4959", "0" * 32, "a1" * 100, "not-an-id-at-all-1"]
)
def test_ids_of_nothing_find_nothing(
    companies: Companies, editor_client: Client, text: str
) -> None:
    assert "By ID" not in groups(suggested(editor_client, text))


# -- what was opened last ----------------------------------------------------------------------------


def test_what_was_opened_last_is_shown_while_nothing_is_typed(
    companies: Companies, editor_client: Client
) -> None:
    assert "What you open is listed here" in suggested(editor_client)
    company = companies["harbour"]
    batch = Batch.objects.create(
        company_id=company.company_id, company_name=company.name, title="Set country", username="e"
    )
    editor_client.get(links.customers(company.company_id))
    editor_client.get(links.customer(company.company_id, "39"))
    editor_client.get(links.batch(company.company_id, batch.pk))
    found = groups(suggested(editor_client))["Opened last"]
    assert [text.split(" ", 1)[1] for text in found[1:]] == [
        "Beacon Printers Harbour Lights Ltd",
        "Harbour Lights Ltd Company",
    ]
    assert found[0].startswith("Set country Batch · Checking")
    assert "Beacon Printers" in editor_client.get("/search/").content.decode()


def test_eight_are_kept_each_once_and_without_names(
    companies: Companies, editor: User, editor_client: Client
) -> None:
    company_id = companies["harbour"].company_id
    for number in (*range(1, 11), 10, 4):
        editor_client.get(links.customer(company_id, str(number)))
    stored = Preferences.objects.get(user=editor).recent_records
    assert [row[2] for row in stored] == ["4", "10", "9", "8", "7", "6", "5", "3"]
    assert {len(row) for row in stored} == {3}


def test_what_is_gone_is_not_shown(companies: Companies, editor_client: Client) -> None:
    editor_client.get(links.customer(companies["harbour"].company_id, "39"))
    assert "Beacon Printers" in suggested(editor_client)
    IndexedCustomer.objects.filter(customer_id="39").delete()
    assert "Opened last" not in suggested(editor_client)


def test_another_person_sees_nothing_of_it(
    companies: Companies, editor_client: Client, viewer_client: Client
) -> None:
    editor_client.get(links.customer(companies["harbour"].company_id, "39"))
    assert "Beacon" not in suggested(viewer_client)


@pytest.mark.parametrize(
    "stored",
    [None, {}, [1], [["customer", "x"]], [["batch", "x", "not-a-uuid"]], [["odd", "", ""]]],
)
def test_stored_values_of_another_shape_are_left_out(
    editor: User, editor_client: Client, stored: object
) -> None:
    Preferences.objects.update_or_create(user=editor, defaults={"recent_records": stored or []})
    assert "Opened last" not in suggested(editor_client)
