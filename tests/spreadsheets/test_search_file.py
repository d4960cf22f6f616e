"""What a search over all companies finds, as one file: its lines, its bounds, and what the journal says of it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from customers.access import people
from customers.access.roles import Role
from customers.models import AuditEntry, Export, Grant, IndexedCompany, IndexedCustomer
from customers.spreadsheets.exporting import journal
from customers.spreadsheets.exporting.journal import SILENCE
from customers.spreadsheets.exporting.search_file import HEADINGS, open_search_file
from customers.web import links
from customers.worker import forgetting
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.index import indexed
from tests.support.people import person
from tests.support.races import run_on_postgresql
from tests.support.searching import searched_companies

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("has_index")]

Companies = dict[str, IndexedCompany]


@pytest.fixture(autouse=True)
def companies(sandbox: Sandbox) -> Companies:
    """Companies with customers in the index."""
    return searched_companies(sandbox)


def table(answer: Any) -> list[dict[str, str]]:
    """The lines of a file by their headings."""
    assert answer.status_code == 200
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def names(answer: Any) -> list[str]:
    return [line["Name"] for line in table(answer)]


def test_one_file_has_the_customers_of_all_companies_in_the_order_of_the_page(
    companies: Companies, viewer_client: RawPathClient
) -> None:
    answer = viewer_client.post(links.search_file("?q=beacon&page=2"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="customers-found-20')
    lines = table(answer)
    assert [line["Name"] for line in lines] == [
        "Beacon Marine",
        "Beacon Printers",
        "Beacon Street Café",
        "Cedar Labs",
    ]
    assert tuple(lines[0]) == HEADINGS
    harbour, old = companies["harbour"], companies["old"]
    assert lines[1] == {
        "Company": "Harbour Lights Ltd",
        "Company ID": harbour.company_id,
        "Connection ID": harbour.connection_id,
        "Customer ID": "39",
        "Name": "Beacon Printers",
        "Email": "orders@beacon.example",
        # A spreadsheet program would take it for a formula.
        "Phone": "'+44 1632 960318",
        "City": "Hull",
        "Country": "GB",
        "Status": "Active",
        "Deleted": "",
        "Currency": "",
        "Copy synced (UTC)": f"{harbour.synced_at:%Y-%m-%dT%H:%M:%S}",
        "Age of the copy (days)": "0",
    }
    assert (lines[2]["Company"], lines[2]["Age of the copy (days)"]) == (old.name, "600")


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "@sum(1)", "-2+3", "\t=1", "0044"])
def test_no_value_is_a_formula(viewer_client: RawPathClient, text: str) -> None:
    indexed("c-9", {"id": text, "customerName": f"{text} Zebra", "phone": text}, name=text)
    (line,) = table(viewer_client.post(links.search_file("?q=zebra")))
    for name in ("Company", "Customer ID", "Phone"):
        assert line[name] in (f"'{text}", f"'{text.strip()}")


def test_filters_without_a_text_and_several_values_of_one_kind(
    companies: Companies, viewer_client: RawPathClient
) -> None:
    contacts = [{"email": "b@x.example"}, {"email": "c@x.example"}]
    indexed(
        "c-9",
        {
            "id": "1",
            "customerName": "Delta",
            "emailAddress": "a@x.example",
            "contacts": contacts,
            "metadata": {"isDeleted": True},
        },
    )
    (line,) = table(viewer_client.post(links.search_file("?deleted=only")))
    assert line["Email"] == "a@x.example; b@x.example; c@x.example"
    assert line["Deleted"] == "yes"
    old = companies["old"].company_id
    assert names(viewer_client.post(links.search_file(f"?company={old}"))) == ["Beacon Street Café"]


def test_a_line_of_the_journal_for_each_company(
    companies: Companies, viewer_client: RawPathClient
) -> None:
    table(viewer_client.post(links.search_file("?q=beacon")))
    lines = Export.objects.order_by("promised")
    assert [(line.company_id, line.promised, line.written, line.state) for line in lines] == [
        (companies["old"].company_id, 1, 1, "complete"),
        (companies["harbour"].company_id, 3, 3, "complete"),
    ]
    entries = AuditEntry.objects.filter(kind=AuditEntry.Kind.EXPORT)
    assert {(entry.company_id, entry.subject) for entry in entries} == {
        (line.company_id, str(line.pk)) for line in lines
    }
    page = viewer_client.get(links.exports()).content.decode()
    assert page.count("Search of all companies: “beacon”") == 2
    line = lines[1]
    page = viewer_client.get(links.exported(line.company_id, line.pk)).content.decode()
    assert 'href="/search/?q=beacon"' in page
    assert "Exported 3 customers" in page


def test_only_who_searched_reads_the_words(
    companies: Companies, viewer_client: RawPathClient, editor_client: RawPathClient
) -> None:
    table(viewer_client.post(links.search_file("?q=beacon")))
    line = Export.objects.get(company_id=companies["old"].company_id)
    for url in (links.exports(), links.exported(line.company_id, line.pk)):
        page = editor_client.get(url).content.decode()
        assert "Search of all companies" in page
        assert "beacon" not in page


def test_the_words_of_a_search_are_deleted_by_age(
    companies: Companies, viewer_client: RawPathClient, settings: Settings
) -> None:
    table(viewer_client.post(links.search_file("?q=beacon")))
    table(viewer_client.post(links.search_file("?deleted=hide")))
    assert forgetting.forget_searches() == 0
    old = timezone.now() - timedelta(days=settings.KEEP_PAYLOADS_DAYS, seconds=1)
    Export.objects.update(created_at=old)
    assert forgetting.forget_searches() == 2
    assert forgetting.forget_searches() == 0
    assert set(Export.objects.values_list("question", flat=True)) == {"", "/search/?deleted=hide"}
    page = viewer_client.get(links.exports()).content.decode()
    assert page.count("Found by a search") == 2
    assert "Search of all companies by filters" in page


def test_a_person_gets_the_companies_that_they_see(companies: Companies) -> None:
    user, client = person("restricted", Role.VIEWER, sees_all=False), RawPathClient()
    people.grant(user, Grant.Kind.COMPANY, companies["old"].company_id)
    client.force_login(user)
    for query in ("?q=beacon", "?deleted=hide"):
        assert names(client.post(links.search_file(query))) == ["Beacon Street Café"]
    hidden = companies["harbour"].company_id
    assert client.post(links.search_file(f"?company={hidden}")).status_code == 303
    assert set(Export.objects.values_list("company_id", flat=True)) == {companies["old"].company_id}


def test_more_than_a_file_has_is_said(
    viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = viewer_client.get("/search/?deleted=hide").content.decode()
    assert "Export all 5 as one file" in page
    assert f'action="{links.search_file("?deleted=hide")}"' in page
    for module in ("customers.index.search", "customers.searching.results"):
        monkeypatch.setattr(f"{module}.MAX_EXPORTED", 2)
    page = viewer_client.get("/search/?deleted=hide").content.decode()
    assert "Export the first 2 as one file" in page
    assert len(table(viewer_client.post(links.search_file("?deleted=hide")))) == 2
    assert Export.objects.get().message == "The search found more: the file has the first 2."


@pytest.mark.parametrize("query", ["", "?q=qqqqqqq", "?page=2"])
def test_of_nothing_there_is_no_file(viewer_client: RawPathClient, query: str) -> None:
    answer = viewer_client.post(links.search_file(query))
    assert answer.status_code == 303
    assert answer["Location"].startswith("/search/")
    assert "as one file" not in viewer_client.get(f"/search/{query}").content.decode()
    assert not Export.objects.exists()


def test_without_an_index_there_is_no_file(
    viewer_client: RawPathClient, settings: Settings
) -> None:
    settings.INDEX_CUSTOMERS = False
    assert viewer_client.post(links.search_file("?q=beacon")).status_code == 303


def test_a_visit_exports_nothing(viewer_client: RawPathClient) -> None:
    assert viewer_client.get(links.search_file("?q=beacon")).status_code == 405


def test_a_file_that_breaks_off_is_recorded_so(companies: Companies, viewer: User) -> None:
    key = (IndexedCustomer.objects.get(customer_id="39").pk, companies["harbour"].company_id)
    gone = (10**9, companies["harbour"].company_id)
    file = open_search_file([key], viewer, address="/search/?q=b", has_more=False)
    next(file)
    file.close()
    file.close()
    assert (Export.objects.get().state, Export.objects.get().written) == ("interrupted", 0)
    Export.objects.all().delete()
    file = open_search_file([key, gone], viewer, address="/search/?q=b", has_more=False)
    assert len(list(file)) == 2
    file.close()
    line = Export.objects.get()
    assert (line.state, line.written, line.promised) == ("complete", 1, 2)
    assert line.message == "1 left the index meanwhile."


def test_a_dashboard_that_is_stopped_denies_nothing_of_what_left(
    companies: Companies, viewer: User, viewer_client: RawPathClient
) -> None:
    key = (IndexedCustomer.objects.get(customer_id="39").pk, companies["harbour"].company_id)
    file = open_search_file([key], viewer, address="/search/?q=b", has_more=False)
    next(file)
    assert b"Beacon Printers" in next(file)
    # The process is killed now: nothing is closed.
    past = timezone.now() - SILENCE - timedelta(seconds=1)
    Export.objects.update(changed_at=past)
    line = Export.objects.get()
    assert (line.state, line.written) == ("running", 1)
    page = viewer_client.get(links.exported(line.company_id, line.pk)).content.decode()
    assert "1 of 1 customer was written, then nothing more." in page


def test_a_slow_download_is_not_called_ended(
    companies: Companies, viewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "TOUCHED_EVERY", timedelta(0))
    key = (IndexedCustomer.objects.get(customer_id="39").pk, companies["harbour"].company_id)
    gone = (10**9, companies["old"].company_id)
    file = open_search_file([key, gone], viewer, address="/search/?q=b", has_more=False)
    Export.objects.update(changed_at=timezone.now() - 2 * SILENCE)
    next(file)
    assert not any(map(journal.is_silent, Export.objects.all()))
    file.close()


@pytest.mark.timeout(300)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql() -> None:
    run_on_postgresql("tests/spreadsheets/test_search_file.py", timeout=280)
