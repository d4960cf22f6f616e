"""The page of an export in its states, what it remembers, and the list of exports."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.attachments.streaming import download_slots
from customers.models import Export, Preferences
from customers.spreadsheets.exporting import journal
from customers.spreadsheets.exporting.journal import SILENCE
from customers.spreadsheets.pages import export_view
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import customers_of
from tests.support.pages.controls import Controls
from tests.support.pages.exports import content, export, opened, page_url, press, ticked_url
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def exports_of(user: User, company: str, **values: object) -> Export:
    """A row of the journal."""
    defaults: dict[str, object] = {
        "username": user.get_username(),
        "company_name": "Castle Street Cycles",
        "file_format": "xlsx",
        "promised": 40,
        "question": "?",
    }
    return Export.objects.create(user=user, company_id=company, **(defaults | values))


@pytest.mark.parametrize(
    ("listed", "heading", "lead"),
    [
        ("", "Export 35 customers", "All customers of"),
        ("?status=Active&currency=GBP", "Export ", "Status: Active, Currency: GBP"),
        ("?q=Beacon", "Export 1 customer<", "search “Beacon”"),
    ],
)
def test_the_page_says_what_is_exported(
    sandbox: Sandbox, viewer_client: RawPathClient, listed: str, heading: str, lead: str
) -> None:
    text = opened(viewer_client, page_url(sandbox, listed=listed))
    assert f"<h1>{heading}" in text
    assert lead in text
    assert ("Supplemental data" in text) == (listed != "?q=Beacon"), "fields that the records have"
    assert viewer_client.head(page_url(sandbox)).status_code == 200
    assert len([call for call in sandbox.calls if "/data/customers" in call.path]) == 2


def test_the_page_of_ticked_customers(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    ids = customers_of(sandbox, 12)
    text = opened(viewer_client, ticked_url(sandbox), *ids)
    assert "<h1>Export 12 customers" in text
    assert "The selected customers of" in text
    assert json.loads(Controls(text).fields["ids"]) == ids
    # As a browser without scripts posts them.
    answer = viewer_client.post(ticked_url(sandbox), {"id": ids})
    assert "<h1>Export 12 customers" in answer.content.decode()


def test_without_a_selection(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.post(ticked_url(sandbox), {})
    assert answer.status_code == 422
    assert "No customers are selected." in answer.content.decode()
    text = opened(viewer_client, ticked_url(sandbox))
    assert "<h1>Export 35 customers" in text, "the address alone is all customers"


def test_the_list_leads_to_its_export(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    list_url = links.customers(sandbox.company("qbo")) + "?status=Active&page_size=25&page=2"
    text = viewer_client.get(list_url).content.decode()
    whole = links.export(
        sandbox.company("qbo"), listed="?status=Active&page_size=25", is_all=True
    ).replace("&", "&amp;")
    assert text.count(f'href="{whole}"') == 2, "above the rows, and below them"
    assert 'formaction="/companies/' in text
    assert "Edit <span" not in text, "a viewer edits nothing"


def test_a_customer_with_the_id_export_keeps_its_page(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.state("qbo").copy["export"] = {"id": "export", "customerName": "Export Ltd"}
    url = links.customer(sandbox.company("qbo"), "export")
    assert "Export Ltd" in viewer_client.get(url).content.decode()


def test_nothing_matches(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    url = page_url(sandbox, listed="?q=nobody-has-this-name")
    text = opened(viewer_client, url)
    assert "No customer matches, so there is nothing to export." in text
    assert 'id="start-export"' not in text
    # What matched when the page was opened may be gone when its button is pressed.
    page = opened(viewer_client, page_url(sandbox))
    answer = press(viewer_client, url, page)
    assert answer.status_code == 422
    assert "nothing to export" in answer.content.decode()
    assert not Export.objects.exists()


def test_too_many(
    sandbox: Sandbox, viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(viewer_client, page_url(sandbox))
    monkeypatch.setattr(export_view, "MAX_CUSTOMERS", 30)
    text = opened(viewer_client, page_url(sandbox))
    assert "An export has at most 200,000 customers." in text
    assert 'id="start-export"' not in text
    monkeypatch.setattr("customers.spreadsheets.exporting.export.MAX_CUSTOMERS", 30)
    answer = press(viewer_client, page_url(sandbox), page)
    assert answer.status_code == 422
    assert "An export has at most 200,000 customers." in answer.content.decode()
    assert not Export.objects.exists()


@pytest.mark.parametrize("company", ["never_synced", "syncing"])
def test_never_synced(sandbox: Sandbox, viewer_client: RawPathClient, company: str) -> None:
    answer = viewer_client.get(page_url(sandbox, company))
    assert answer.status_code == 409
    assert "Not synced yet" in answer.content.decode()


@pytest.mark.parametrize("company", ["deauthorized", "unlinked"])
def test_the_connection_is_broken(
    sandbox: Sandbox, viewer_client: RawPathClient, company: str
) -> None:
    text = opened(viewer_client, page_url(sandbox, company))
    assert "Codat’s copy can still be exported." in text
    assert content(press(viewer_client, page_url(sandbox, company), text))


def test_codat_is_away(sandbox: Sandbox, viewer_client: RawPathClient, no_waiting: None) -> None:
    page = opened(viewer_client, page_url(sandbox))
    sandbox.faults.add("/data/customers", "status", status=503, count=-1)
    assert viewer_client.get(page_url(sandbox)).status_code == 503
    answer = press(viewer_client, page_url(sandbox), page, columns="all", format="jsonl")
    text = answer.content.decode()
    assert answer.status_code == 503
    assert "Nothing was exported." in text
    # The choices are still there, and the button too.
    assert Controls(text).fields["columns"] == "all"
    assert Controls(text).fields["format"] == "jsonl"
    assert "Export 35 customers" in text
    assert not Export.objects.exists()
    assert download_slots().in_use == 0


def test_all_download_slots_are_in_use(
    sandbox: Sandbox, viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(viewer_client, page_url(sandbox))
    monkeypatch.setattr(download_slots(), "limit", 0)
    answer = press(viewer_client, page_url(sandbox), page)
    assert answer.status_code == 503
    assert "too many downloads are running" in answer.content.decode()
    assert not Export.objects.exists()


def test_own_columns_are_remembered(
    sandbox: Sandbox, viewer: User, viewer_client: RawPathClient
) -> None:
    url = page_url(sandbox)
    own = ["phone", "contacts.email", "supplementalData.content.elsewhere"]
    content(export(viewer_client, url, columns="own", own=own, format="csv-exact", layout="sheets"))
    stored = Preferences.objects.get(user=viewer).export
    assert stored == {
        "columns": ["own"], "own": own, "layout": ["sheets"], "format": ["csv-exact"],
    }  # fmt: skip
    text = opened(viewer_client, url)
    fields = Controls(text).fields
    assert (fields["columns"], fields["layout"], fields["format"]) == ("own", "sheets", "csv-exact")
    # The last one is of another company: it is offered here, too, and so not forgotten.
    for key in own:
        assert f'value="{key}" checked' in text
    assert 'value="taxNumber" checked' not in text
    Preferences.objects.update(export={"columns": "own", "own": 7, "format": ["odd"], "layout": []})
    assert Controls(opened(viewer_client, url)).fields["columns"] == "default"


def test_no_column_is_ticked(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = opened(viewer_client, page_url(sandbox))
    answer = press(viewer_client, page_url(sandbox), page, columns="own", own=[])
    assert answer.status_code == 422
    assert "Tick at least one column" in answer.content.decode()
    assert not Preferences.objects.exclude(export={}).exists()


def test_a_page_can_be_used_twice(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = opened(viewer_client, page_url(sandbox))
    for _ in range(2):
        content(press(viewer_client, page_url(sandbox), page))
    assert [row.state for row in Export.objects.all()] == ["complete"] * 2
    submission = uuid.UUID(Controls(page).fields["submission"])
    assert Export.objects.filter(pk=submission).exists()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_two_whole_files(sandbox: Sandbox, viewer: User) -> None:
    clients = [RawPathClient(), RawPathClient()]
    for client in clients:
        client.force_login(viewer)
    page = opened(clients[0], page_url(sandbox))

    def exported(client: RawPathClient) -> bytes:
        return content(press(client, page_url(sandbox), page))

    assert all(all_at_once([partial(exported, client) for client in clients]))
    assert [row.state for row in Export.objects.all()] == ["complete"] * 2


# -- the journal -------------------------------------------------------------------------------------


def test_the_list_of_exports(
    sandbox: Sandbox, viewer: User, editor: User, viewer_client: RawPathClient
) -> None:
    url, company = links.exports(), sandbox.company("qbo")
    assert "No exports yet" in viewer_client.get(url).content.decode()
    exports_of(editor, company, state="complete", written=40, question="?status=Active")
    exports_of(viewer, company, state="interrupted", written=20)
    old = timezone.now() - SILENCE - timedelta(minutes=1)
    exports_of(editor, company, is_selection=True, promised=3, question="", changed_at=old)
    text = viewer_client.get(url).content.decode()
    for words in ("Status: Active", "40 of 40", "All customers", "20 of 40", "3 selected"):
        assert words in text
    for label in ("Complete", "Interrupted", "Not finished"):
        assert label in text
    mine = viewer_client.get(url, {"who": "mine"}).content.decode()
    assert "20 of 40" in mine
    assert "40 of 40" not in mine
    assert "40 of 40" not in viewer_client.get(url, {"state": "running"}).content.decode()
    assert (
        "No exports match" in viewer_client.get(url, {"page": "2", "state": "x"}).content.decode()
    )


def test_one_export(sandbox: Sandbox, editor: User, viewer_client: RawPathClient) -> None:
    company = sandbox.company("qbo")
    row = exports_of(editor, company, state="complete", written=40, message="Something moved.")
    url = links.exported(company, row.pk)
    text = viewer_client.get(url).content.decode()
    assert "Exported 40 customers" in text
    assert "Something moved." in text
    assert "hx-trigger" not in text[text.index('id="exported"') :].partition("</div>")[0]
    fragment = viewer_client.get(url, headers=HTMX).content.decode()
    assert "<html" not in fragment
    assert fragment.strip() in text
    other = links.exported(sandbox.company("xero"), row.pk)
    assert viewer_client.get(other).status_code == 404


def test_a_running_export_is_followed(
    sandbox: Sandbox, viewer: User, viewer_client: RawPathClient
) -> None:
    company = sandbox.company("qbo")
    row = exports_of(viewer, company, written=10)
    url = links.exported(company, row.pk)
    text = viewer_client.get(url, headers=HTMX).content.decode()
    assert f'hx-get="{url}" hx-trigger="every 1s"' in text
    assert 'value="25"' in text
    assert "10 of 40 customers written." in text
    Export.objects.update(state="interrupted", message="Codat returned an error.")
    text = viewer_client.get(url, headers=HTMX).content.decode()
    assert "hx-get" not in text
    assert "Do not use the file" in text
    assert "Codat returned an error." in text


def test_what_leaves_is_counted_before_it_does(
    sandbox: Sandbox, viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.spreadsheets.exporting.export._PIECE", 10)
    answer = export(viewer_client, page_url(sandbox), format="csv")
    assert next(answer.streaming_content)
    assert Export.objects.get().written == 10
    answer.close()


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_slow_download_is_not_called_ended(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    monkeypatch: pytest.MonkeyPatch,
    file_format: str,
) -> None:
    monkeypatch.setattr(journal, "TOUCHED_EVERY", timedelta(0))
    answer = export(viewer_client, page_url(sandbox), format=file_format)
    Export.objects.update(changed_at=timezone.now() - 2 * SILENCE)
    assert next(answer.streaming_content)
    assert not journal.is_silent(Export.objects.get())
    answer.close()


def test_an_export_that_has_not_begun_is_asked_for_again(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    url = links.exported(sandbox.company("qbo"), uuid.uuid4())
    assert viewer_client.get(url).status_code == 404
    text = viewer_client.get(url, headers=HTMX).content.decode()
    assert f'hx-get="{url}?try=2"' in text
    last = viewer_client.get(f"{url}?try=90", headers=HTMX).content.decode()
    assert "hx-get" not in last
    assert "The export did not start" in last
