"""The pages of the audit: filters, pages, files, and who may read them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.audit import chains
from customers.audit.recording import record
from customers.auditing.entry_files import PIECE
from customers.auditing.filters import EntryFilters
from customers.auditing.paging import PAGE_SIZE
from customers.models import AuditEntry, Preferences
from customers.scope import Scope, restricted
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import COMPANY, customer
from tests.support.problems import HTMX, company

pytestmark = pytest.mark.django_db

Kind = AuditEntry.Kind
ALPHA, BETA = "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "3f2504e0-4f89-11d3-9a0c-0305e82c3302"
ROW = re.compile(r'<tr id="entry-(\d+)">')


def shown(client: RawPathClient, query: str = "") -> list[int]:
    answer = client.get(f"/audit/{query}")
    assert answer.status_code == 200
    return [int(pk) for pk in ROW.findall(answer.content.decode())]


def entry(kind: AuditEntry.Kind = Kind.READ, **values: Any) -> AuditEntry:
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    record(kind, **values)
    return AuditEntry.objects.exclude(pk__in=before).get()


@pytest.fixture
def entries(client: RawPathClient, viewer: User, editor: User) -> dict[str, AuditEntry]:
    """Entries of two people and two companies, the newest last."""
    company("Alpha", company_id=ALPHA, search="alpha")
    company("Beta", company_id=BETA, search="beta")
    return {
        "read": entry(user=viewer, company_id=ALPHA, customer_id="39", detail={"page": "form"}),
        "other": entry(user=editor, company_id=ALPHA, customer_id="40"),
        "change": entry(
            Kind.CHANGE, user=editor, company_id=BETA, customer_id="39", subject=str(BETA)
        ),
        "setting": entry(Kind.SETTING, user=editor, detail={"step": "view added"}),
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?person=viewer", ["read"]),
        ("?person=editor", ["setting", "change", "other"]),
        ("?company=Alpha", ["other", "read"]),
        (f"?company={BETA}", ["change"]),
        ("?customer=39", ["change", "read"]),
        ("?customer=39&company=Alpha", ["read"]),
        ("?kind=setting", ["setting"]),
        ("?person=editor&kind=read&company=alp", ["other"]),
        ("?to=2020-01-01", []),
        ("?person=nobody-at-all", []),
    ],
)
def test_filters(
    client: RawPathClient, entries: dict[str, AuditEntry], query: str, names: list[str]
) -> None:
    assert shown(client, query) == [entries[name].pk for name in names]


def test_a_row_says_who_what_where_and_leads_there(
    client: RawPathClient, entries: dict[str, AuditEntry]
) -> None:
    text = client.get("/audit/").content.decode()
    table = text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert f'href="{links.customer(ALPHA, "39")}"' in table
    assert f'href="{links.write(BETA, BETA)}">Change saved</a>' in table
    words = " ".join(re.sub(r"<[^>]+>", " ", table).split())
    assert "editor Team setting view added" in words
    assert "viewer Customer read form Alpha 39" in words
    assert "Reads: " not in text, "nothing was chained yet"
    chains.extend()
    assert "Reads: 2 entries protected against changes." in client.get("/audit/").content.decode()


def test_what_is_wrong_in_an_address_is_said(client: RawPathClient) -> None:
    text = client.get("/audit/?company=Nowhere&from=yesterday&kind=nonsense").content.decode()
    assert "No company is called “Nowhere”. Showing all companies." in text
    assert "“yesterday” is not a day such as 2026-01-31. It was ignored." in text
    empty = client.get("/audit/?person=nobody").content.decode()
    assert "No entries match" in empty
    assert client.get("/audit/?before=9" + "9" * 40).status_code == 200
    assert client.get("/audit/?customer=%00&person=%00").status_code == 200


def test_days_are_those_of_the_reader(client: RawPathClient, auditor: User) -> None:
    Preferences.objects.update_or_create(user=auditor, defaults={"time_zone": "Pacific/Auckland"})
    late = AuditEntry.objects.create(
        kind=Kind.READ, chain="reads", at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    )
    assert shown(client, "?from=2026-03-02&to=2026-03-02") == [late.pk]
    assert shown(client, "?from=2026-03-01&to=2026-03-01") == []


def test_pages_neither_repeat_nor_leave_out_an_entry(client: RawPathClient) -> None:
    at = timezone.now()
    AuditEntry.objects.bulk_create(
        AuditEntry(
            kind=Kind.READ, chain="reads", at=at - timedelta(seconds=n // 3), customer_id="p"
        )
        for n in range(2 * PAGE_SIZE + 7)
    )
    wanted = list(
        AuditEntry.objects.filter(customer_id="p")
        .order_by("-at", "-id")
        .values_list("pk", flat=True)
    )
    found, url = [], "/audit/?customer=p"
    for _ in range(3):
        text = client.get(url).content.decode()
        found += [int(pk) for pk in ROW.findall(text)]
        # What arrives meanwhile moves nothing.
        record(Kind.READ, customer_id="p")
        older = re.search(r'id="page-older"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*>Older<', text)
        url = "/audit/" + (older[1] or older[2]).replace("&amp;", "&") if older else ""
    assert found == wanted
    assert not url
    newer = client.get(f"/audit/?customer=p&after={wanted[PAGE_SIZE]}").content.decode()
    assert [int(pk) for pk in ROW.findall(newer)] == wanted[:PAGE_SIZE]


def test_a_page_reads_few_rows(client: RawPathClient) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(kind=Kind.READ, chain="reads", company_id=ALPHA) for _ in range(120)
    )
    client.get("/audit/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/audit/", headers=HTMX)
    assert len([one for one in queries if "auditentry" in one["sql"]]) == 2


@pytest.mark.parametrize("address", ["/audit/entries.csv", "/audit/entries.jsonl"])
def test_files_have_what_the_filters_select_and_are_recorded(
    client: RawPathClient, entries: dict[str, AuditEntry], auditor: User, address: str
) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(kind=Kind.READ, chain="reads", company_id=BETA) for _ in range(PIECE)
    )
    text = b"".join(client.get(f"{address}?company=Beta")).decode("utf-8-sig")
    lines = text.splitlines()
    assert len(lines) == PIECE + 1 + (address.endswith("csv"))
    assert AuditEntry.objects.filter(kind=Kind.DOWNLOAD, user_id=auditor.pk).exists()


def test_the_lines_verify_without_the_dashboard(
    client: RawPathClient, entries: dict[str, AuditEntry]
) -> None:
    chains.extend()
    lines = b"".join(client.get("/audit/entries.jsonl")).decode().splitlines()
    rows = [row for row in map(json.loads, lines) if row["number"]]
    assert len(rows) >= len(entries)
    names = ("chain", "number", "kind", "user_id", "user_name", "address", "request_id", "correlation_id",
             "company_id", "customer_id", "subject", "detail")  # fmt: skip
    for row in rows:
        values = [row["previous_hash"], row["at"], *(row[name] for name in names)]
        text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert row["hash"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_text_that_looks_like_a_formula_is_harmless(client: RawPathClient) -> None:
    record(Kind.READ, company_id=ALPHA, customer_id="=1+1")
    data = b"".join(client.get("/audit/entries.csv")).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(data)) for cell in row]
    assert "'=1+1" in cells
    assert "=1+1" not in cells


def test_only_entries_of_ones_own_companies_are_shown(
    client: RawPathClient, entries: dict[str, AuditEntry], auditor: User
) -> None:
    """Those without a company are for people who see all of them."""
    with restricted(Scope(frozenset({ALPHA}))):
        for query in ({}, {"company": BETA}, {"customer": "39"}, {"kind": "setting"}):
            found = EntryFilters.of(query).entries()
            assert {one.company_id for one in found} <= {ALPHA}
    with restricted(Scope(frozenset())):
        assert not EntryFilters.of({}).entries().exists()


@pytest.mark.parametrize(
    "url", ["/audit/", "/audit/entries.csv", "/audit/entries.jsonl", links.held(ALPHA, "1")]
)
def test_only_administrators_may_read_it(
    editor_client: RawPathClient, client: RawPathClient, url: str
) -> None:
    assert editor_client.get(url).status_code == 403
    answer = client.get(url)
    assert answer.status_code == 200
    b"".join(answer)


def test_a_customers_page_leads_to_both_for_those_who_may(
    sandbox: Sandbox, client: RawPathClient, editor_client: RawPathClient
) -> None:
    company_id, pk = sandbox.company(COMPANY), customer(sandbox)
    url = links.customer(company_id, pk)
    text = client.get(url).content.decode().replace("&amp;", "&")
    read_by, held = (
        links.audit(company=company_id, customer=pk, kind="read"),
        links.held(company_id, pk),
    )
    assert f'href="{read_by}"' in text
    assert f'href="{held}"' in text
    assert len(shown(client, read_by.removeprefix("/audit/"))) == 1
    assert "/audit/" not in editor_client.get(url).content.decode()
