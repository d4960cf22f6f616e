"""The change history of a company, and Codat's own."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Write
from customers.service import CustomerService
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import edit_customer, journal_row

pytestmark = pytest.mark.django_db

State = Write.State


def test_history_is_filtered_by_the_address(
    company: str, editor: User, viewer: User, viewer_client: RawPathClient
) -> None:
    done = journal_row(company, editor, state=Write.State.SUCCESS, customer_name="Done Ltd")
    failed = journal_row(company, viewer, state=Write.State.FAILED, customer_name="Failed Ltd")
    journal_row("another", editor, customer_name="Elsewhere Ltd")
    url = links.writes(company)

    def shown(query: str) -> set[str]:
        html = viewer_client.get(url + query).content.decode()
        return {str(pk) for pk in re.findall(r"/writes/([0-9a-f-]{36})/", html)}

    assert shown("") == {str(done.pk), str(failed.pk)}
    assert shown("?state=failed") == {str(failed.pk)}
    assert shown("?by=editor") == {str(done.pk)}
    assert shown("?kind=create") == set()
    assert shown("?customer=39&state=success") == {str(done.pk)}
    assert shown("?state=nonsense&page=zzz") == set()


def test_the_history_and_a_change_are_shown_without_codat(
    company: str, editor: User, viewer_client: RawPathClient, sandbox: Sandbox
) -> None:
    write = journal_row(company, editor, state=Write.State.SUCCESS)
    sandbox.faults.add(match="", kind="status", status=503, count=-1)
    assert viewer_client.get(links.writes(company)).status_code == 200
    html = viewer_client.get(links.write(company, write.pk)).content.decode()
    assert "old 1" in html
    assert "new 2" in html
    assert not sandbox.calls


def test_long_histories_come_in_pages(
    company: str, editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    for number in range(51):
        journal_row(company, editor, state=State.SUCCESS, customer_name=f"Number {number}.")
    first = editor_client.get(links.writes(company), {"by": "editor"}).content.decode()
    assert "51 changes" in first
    assert "Number 50." in first
    assert "Number 0." not in first
    assert "Page 1 of 2" in first
    following = re.search(r'href="(\?by=editor&amp;page=2&amp;before=[^"]+)"', first)
    assert following is not None
    for address in (unescape(following[1]), "?by=editor&page=2"):
        second = editor_client.get(links.writes(company) + address).content.decode()
        assert "Number 0." in second
        assert "Number 1." not in second
        assert "Page 2 of 2" in second

    push = {"dataType": "customers", "status": "Success", "companyId": company}
    sandbox.state("qbo").pushes.extend(
        push | {"pushOperationKey": f"key-{n}", "requestedOnUtc": f"2026-01-01T00:{n:02}:00Z"}
        for n in range(51)
    )
    codat = editor_client.get(links.codat_writes(company)).content.decode()
    assert "51 in all" in codat
    assert f'href="{links.codat_writes(company)}?page=2"' in codat
    older = editor_client.get(links.codat_writes(company), {"page": "2"}).content.decode()
    assert "key-0<" in older
    assert "key-50<" not in older


def test_codats_history_shows_changes_made_elsewhere(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    write = edit_customer(editor_client, company)
    other = sandbox.state("qbo").pushes[-1] | {"pushOperationKey": "made-elsewhere"}
    sandbox.state("qbo").pushes.append(other)
    html = editor_client.get(links.codat_writes(company)).content.decode()
    assert "made-elsewhere" in html
    assert html.count('<td data-label="User">–<') == 1
    assert links.write(company, write.pk) in html
    for page in ("2", "zzz", "-1", "99999999999"):
        url = f"{links.codat_writes(company)}?page={page}"
        assert editor_client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("status", "label"),
    [
        ("Pending", "Sent"),
        ("Success", "Accepted"),
        ("Failed", "Refused"),
        ("TimedOut", "Timed out"),
        ("BrandNew", "Brand new"),
    ],
)
def test_codats_history_shows_states_with_the_labels_of_changes(
    sandbox: Sandbox, viewer_client: RawPathClient, status: str, label: str
) -> None:
    company = sandbox.company("qbo")
    push = {"pushOperationKey": "k", "dataType": "customers", "companyId": company}
    sandbox.state("qbo").pushes.append(
        push | {"status": status, "requestedOnUtc": "2026-01-01T00:00:00Z"}
    )
    html = viewer_client.get(links.codat_writes(company)).content.decode()
    cell = html.partition('data-label="State">')[2].partition("</td>")[0]
    assert re.sub(r"<[^>]*>", "", cell).strip() == label


@pytest.mark.parametrize("odd", [{}, {"status": None, "dataType": None, "requestedOnUtc": None}])
def test_missing_values_in_codats_history_are_dashes(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    monkeypatch: pytest.MonkeyPatch,
    odd: dict[str, None],
) -> None:
    page = {"results": [{"pushOperationKey": "k"} | odd, {}], "totalResults": 2}
    monkeypatch.setattr(CustomerService, "list_push_operations", lambda *_, **__: page)
    answer = viewer_client.get(links.codat_writes(sandbox.company("qbo")))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.count('data-label="Requested">–<') == text.count('data-label="Data type">–<') == 2
    assert text.count('">–</span>') == 2  # the outcomes
    assert text.count('<code class="id muted">–<') == 1


@pytest.mark.parametrize("key", [["x"], {"a": 1}, 5, "\0", "k" * 500])
def test_an_invalid_key_in_codats_history(
    company: str, editor_client: RawPathClient, sandbox: Sandbox, key: object
) -> None:
    edit_customer(editor_client, company)
    sandbox.state("qbo").pushes[0]["pushOperationKey"] = key
    assert editor_client.get(links.codat_writes(company)).status_code == 200


def test_the_histories_show_the_fields_and_their_values(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    names = [f"field{number}" for number in range(5)]
    sent = ", ".join(f'"{name}": "1"' for name in names)
    journal_row(company, editor, payload=f"{{{sent}}}", before="{}", state="success")
    journal_row(company, editor, state="success")
    journal_row(company, editor, state="success", kind="create")
    for url in (links.writes(company), f"{links.my_writes()}?state="):
        html = editor_client.get(url).content.decode()
        assert html.count("Phone:") == 1
        text = re.sub("<[^>]+>", "", html)
        assert "old 1→ changed to  new 2" in re.sub(r"\s+→", "→", text)
        assert len(re.findall(r">Field \d:<", html)) == 3
        assert ">2 more</a>" in html


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "list"])
def test_few_queries_however_many_people(
    company: str, editor: User, viewer_client: RawPathClient, headers: dict[str, str]
) -> None:
    def read() -> tuple[int, list[str]]:
        with CaptureQueriesContext(connection) as captured:
            html = viewer_client.get(links.writes(company), headers=headers).content.decode()
        names = html.partition('name="by"')[2].partition("</select>")[0]
        return len(captured), re.findall(r'<option value="([^"]+)"', names)

    journal_row(company, editor, state=State.SUCCESS, username="zoe")
    journal_row("another", editor, state=State.SUCCESS, username="elsewhere")
    read()
    few, _ = read()
    others = [f"person{number:02}" for number in range(20)]
    for name in reversed(others):
        journal_row(company, editor, state=State.SUCCESS, username=name)
        journal_row(company, editor, state=State.SUCCESS, username=name)
    many, names = read()
    assert many == few
    assert names == ([] if headers else [*others, "zoe"])


def test_the_list_that_is_polled_reads_no_drafts(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    journal_row(company, editor, state=State.SUCCESS)
    for headers, reads in (({}, True), ({"HX-Request": "true"}, False)):
        with CaptureQueriesContext(connection) as captured:
            editor_client.get(links.my_writes(), headers=headers)
        assert any('FROM "customers_draft"' in query["sql"] for query in captured) == reads
