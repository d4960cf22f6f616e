"""The list of imports, their entry in the side column, and who sees them."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Import
from customers.web import attention, links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.import_rows import import_of

pytestmark = pytest.mark.django_db

OTHER = "0c1f3b5e-0000-4000-8000-00000000abcd"


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    """The ID of a company."""
    return sandbox.company("qbo")


def main(client: RawPathClient, url: str) -> str:
    """A page without the frame."""
    answer = client.get(url)
    assert answer.status_code == 200
    html: str = answer.content.decode()
    return html[html.index("<main") :]


def listed(html: str) -> list[str]:
    """The imports of a list by their addresses."""
    return re.findall(r'<td data-label="File" dir="auto"><a href="([^"]+)"', html)


def url_of(source: Import) -> str:
    return links.import_page(source.company_id, source.pk)


def entry(client: RawPathClient, url: str = "/settings/") -> str:
    """What the entry in the side column says; "" where there is none."""
    found = re.search(r'<a id="imports-entry".*?</a>', client.get(url).content.decode(), re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split()) if found else ""


def test_the_newest_come_first_and_the_filters_narrow(
    company: str, editor: User, viewer: User, editor_client: RawPathClient
) -> None:
    anothers = import_of(viewer, company, "columns", waiting=3)
    mine = import_of(editor, company, "checked", new=3, changed=2, invalid=4, unchanged=1)
    elsewhere = import_of(editor, OTHER, "cancelled", new=1)
    html = main(editor_client, links.imports())
    assert listed(html) == [url_of(elsewhere), url_of(mine), url_of(anothers)]
    assert "10 rows: 5 to send, 4 with problems" in html
    assert listed(main(editor_client, f"{links.imports()}?who=mine")) == [
        url_of(elsewhere),
        url_of(mine),
    ]
    assert listed(main(editor_client, f"{links.imports()}?state=columns")) == [url_of(anothers)]
    assert listed(main(editor_client, links.company_imports(OTHER))) == [url_of(elsewhere)]
    assert "No imports match" in main(editor_client, f"{links.imports()}?state=sent")


def test_a_list_without_imports_says_how_to_begin(
    company: str, editor_client: RawPathClient
) -> None:
    html = main(editor_client, links.company_imports(company))
    assert "No imports yet" in html
    assert f'href="{links.new_import(company)}"' in html


def test_pages_of_a_long_list(company: str, editor: User, editor_client: RawPathClient) -> None:
    for _ in range(21):
        import_of(editor, company, "checked", new=1)
    first = main(editor_client, links.imports())
    assert len(listed(first)) == 20
    assert 'href="?page=2"' in first
    assert len(listed(main(editor_client, f"{links.imports()}?page=2"))) == 1
    assert "No imports match" in main(editor_client, f"{links.imports()}?page=9")


def test_the_number_of_queries_does_not_grow_with_the_list(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            main(editor_client, links.imports())
        return len(found)

    import_of(editor, company, "checked", new=1)
    queries()
    few = queries()
    for _ in range(10):
        import_of(editor, company, "checked", new=2, invalid=1)
    assert queries() == few


def test_a_deleted_file_is_said(company: str, editor: User, editor_client: RawPathClient) -> None:
    source = import_of(editor, company, "cancelled", new=1)
    Import.objects.filter(pk=source.pk).update(forgotten_at=timezone.now())
    assert "File deleted" in main(editor_client, links.imports())


def test_the_entry_counts_the_readers_open_imports(
    company: str, editor: User, viewer: User, editor_client: RawPathClient
) -> None:
    assert entry(editor_client) == "Imports"
    import_of(editor, company, "checked", new=1)
    import_of(editor, OTHER, "reading")
    import_of(editor, company, "sent", new=1)
    import_of(editor, company, "cancelled", new=1)
    import_of(viewer, company, "checked", new=1)
    assert entry(editor_client) == "Imports 2 of yours open"
    assert attention.of_user(editor.pk).imports == 2
    # The entry comes with the poll of its neighbour.
    assert entry(editor_client, links.badge()) == "Imports 2 of yours open"


def test_a_viewer_sees_no_imports(company: str, viewer_client: RawPathClient) -> None:
    assert entry(viewer_client) == ""
    for url in (links.imports(), links.company_imports(company), links.new_import(company)):
        assert viewer_client.get(url).status_code == 403
