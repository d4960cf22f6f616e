"""Links in files: under the dashboard's own address, whatever host a request names."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from pytest_django import Settings

from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batch_rows import batch_of
from tests.support.journal import COMPANY, journal_row
from tests.support.pages import exports

OTHER = "other.example.com"


def activity(client: RawPathClient, sandbox: Sandbox, user: User) -> bytes:
    journal_row(sandbox.company(COMPANY), user)
    return exports.content(client.get(links.activity_file()))


def batch(client: RawPathClient, sandbox: Sandbox, user: User) -> bytes:
    rows = batch_of(user, sandbox.company(COMPANY), "done", confirmed=1)
    return exports.content(client.get(links.batch_result(rows.company_id, rows.pk)))


def export(client: RawPathClient, sandbox: Sandbox, user: User) -> bytes:
    answer = exports.export(client, exports.page_url(sandbox), format="csv")
    return exports.archive(answer)[exports.ABOUT]


FILES: dict[str, Callable[[RawPathClient, Sandbox, User], bytes]] = {
    "activity": activity,
    "batch": batch,
    "export": export,
}


@pytest.mark.django_db
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("own", ["https://dashboard.example.com", ""])
def test_a_link_in_a_file_begins_with_the_dashboards_own_address(
    sandbox: Sandbox, editor: User, settings: Settings, file: str, own: str
) -> None:
    settings.ALLOWED_HOSTS = [OTHER]
    settings.DASHBOARD_URL, settings.HAS_DASHBOARD_URL = own, bool(own)
    client = RawPathClient(HTTP_HOST=OTHER)
    client.force_login(editor)
    content = FILES[file](client, sandbox, editor).decode()
    assert f"{own or f'http://{OTHER}'}/companies/" in content
    assert (OTHER in content) == (not own)


def test_nothing_else_takes_an_address_from_a_request() -> None:
    folders = (site.BASE_DIR / name for name in ("customers", "codatdash"))
    files = [file for folder in folders for file in folder.rglob("*.py")]
    asking = {file.name for file in files if "build_absolute_uri" in file.read_text("utf-8")}
    assert asking == {"addresses.py"}
