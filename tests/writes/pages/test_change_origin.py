"""The way from a list of changes to a change and back."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from customers.models import Write
from customers.web import links
from customers.writes.pages.change_origin import read_change_origin
from tests.conftest import RawPathClient
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db

FILTERS = {
    "state": "failed",
    "kind": "update",
    "by": "editor",
    "customer": "a/b ?#&=%+ü",
    "page": "2",
}


def opened(client: RawPathClient, url: str, write: Write) -> str:
    """The page of a change, opened from its row in a list."""
    text = unescape(client.get(url).content.decode())
    row = re.search(rf'href="([^"]+)" id="change-{write.pk}"', text)
    assert row
    return unescape(client.get(row[1]).content.decode())


def way_back(text: str) -> str:
    crumbs = text[text.index('aria-label="Breadcrumbs"') :]
    link = re.search(r'href="([^"]+)"', crumbs)
    assert link
    return link[1]


@pytest.mark.parametrize("name", [*FILTERS, "all", "none"])
def test_each_filter_comes_back(
    company: str, editor: User, editor_client: RawPathClient, name: str
) -> None:
    write = journal_row(
        company,
        editor,
        kind=Write.Kind.UPDATE,
        state=Write.State.FAILED,
        customer_id=FILTERS["customer"],
    )
    chosen = FILTERS if name == "all" else {k: v for k, v in FILTERS.items() if k == name}
    data = QueryDict(mutable=True)
    data.update(chosen)
    # My changes first: a problem that was looked at needs attention no more.
    for path in (links.my_writes(), links.writes(company)):
        url = f"{path}?{data.urlencode()}" if chosen else path
        back = way_back(opened(editor_client, url, write))
        assert back == f"{url}#change-{write.pk}"
        assert editor_client.get(back).status_code == 200


def test_a_change_that_loads_itself_again_keeps_its_list(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    write = journal_row(
        company, editor, state=Write.State.PENDING, push_operation_key="x", sent_at=timezone.now()
    )
    text = opened(editor_client, f"{links.writes(company)}?state=pending", write)
    assert f'{links.write(company, write.pk)}?history=state%3Dpending"' in text
    assert f'{links.write(company, write.pk)}?check=1&history=state%3Dpending"' in text


@pytest.mark.parametrize(
    ("hostile", "listed"),
    [
        ("//evil.example/", ""),
        ("next=//evil.example/&state=failed", "state=failed"),
        ("state=%00%ff", "state=%00%EF%BF%BD"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("name", ["history", "mine"])
def test_only_known_parameters_lead_back(name: str, hostile: str, listed: str) -> None:
    origin = read_change_origin(QueryDict(f"{name}={quote(hostile)}"))
    assert origin is not None
    assert origin.listed == listed


@pytest.mark.parametrize("listed", ["by=" + "a" * 3000, "&".join(f"a{n}=1" for n in range(30))])
def test_what_no_list_writes_is_no_list(listed: str) -> None:
    assert read_change_origin(QueryDict(f"history={quote(listed)}")) is None
    assert read_change_origin(QueryDict("list=q=a")) is None
