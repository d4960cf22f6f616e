"""Every URL: signed out, without a group, as a viewer and as an editor."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern

from customers.access.roles import PERMISSIONS
from customers.urls import urlpatterns
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.programs.processes import finish, start

pytestmark = pytest.mark.django_db

# Open to everybody: the link of an invitation, and what Codat itself posts to.
OPEN = {"webhooks/codat/", "invitations/<str:token>/"}
# For everybody who is signed in.
ASKING = {"access"}
# Only for editors.
WRITING = {
    "new", "edit", "draft", "new_draft", "field", "undo", "new_batch", "imports", "company_imports", "new_import",
    "import", "import_upload", "import_problems", "import_outcome",
}  # fmt: skip
# Only for administrators.
ADMINISTERING = {
    "workers", "team_channels", "people", "invite", "person", "audit", "audit_table", "audit_lines", "held",
    "approval_rules",
}  # fmt: skip
POSTS = {
    "list_columns", "refresh", "draft", "new_draft", "undo", "webhooks", "import_upload",
    "search_file",
}  # fmt: skip
# Leads on to another page.
REDIRECTING = {"step", "search_suggestions", "live_search"}

ADDRESSES = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]


def address(pattern: URLPattern, sandbox: Sandbox) -> str:
    """A URL for a pattern, of something that exists where possible."""
    route = str(pattern.pattern)
    values = {
        "<company:company_id>": sandbox.company("files"),
        "<id:customer_id>": "one",
        "<id:attachment_id>": "only",
        "<uuid:write_id>": str(uuid.uuid4()),
        "<uuid:batch_id>": str(uuid.uuid4()),
        "<uuid:import_id>": str(uuid.uuid4()),
        "<uuid:export_id>": str(uuid.uuid4()),
        "<uuid:approval_id>": str(uuid.uuid4()),
        "<uuid:notice_id>": str(uuid.uuid4()),
        "<int:position>": "1",
        "<int:view_id>": "1",
        "<int:pair_id>": "1",
        "<slug:key>": "worker",
        "<int:person_id>": str(User.objects.get(username="viewer").pk),
        "<str:token>": "none",
        "<slug:kind>": "customer",
        "<id:subject_id>": "one",
    }
    for name, value in values.items():
        route = route.replace(name, value)
    assert "<" not in route, f"give {route} a value"
    return f"/{route}"


@pytest.mark.parametrize("pattern", ADDRESSES, ids=lambda pattern: str(pattern.pattern) or "/")
def test_deny_by_default(
    pattern: URLPattern,
    sandbox: Sandbox,
    anonymous_client: RawPathClient,
    outsider_client: RawPathClient,
    viewer_client: RawPathClient,
    editor_client: RawPathClient,
    administrator_client: RawPathClient,
) -> None:
    url = address(pattern, sandbox)
    method = "post" if pattern.name in POSTS else "get"

    def status(client: RawPathClient) -> int:
        answer = getattr(client, method)(url)
        if answer.streaming:
            b"".join(answer.streaming_content)  # ends, and closes, the transfer
        return int(answer.status_code)

    if str(pattern.pattern) in OPEN:
        assert status(anonymous_client) in (302, 401, 410)
        return
    answer = getattr(anonymous_client, method)(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")
    if pattern.name in ASKING:
        assert status(outsider_client) == 200
        return
    assert status(outsider_client) == 403
    assert (status(viewer_client) == 403) == (pattern.name in WRITING | ADMINISTERING)
    if pattern.name in ADMINISTERING:
        assert status(editor_client) == 403
        assert status(administrator_client) == 200
        return
    assert status(editor_client) not in (302, 403) or pattern.name in POSTS | REDIRECTING


def test_the_migration_makes_the_groups(tmp_path: Path) -> None:
    """In a database of its own: tests that empty theirs delete the groups."""
    place = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    finish(start("manage.py", "migrate", "--verbosity=0", DATABASE_URL=place))
    program = (
        "from django.contrib.auth.models import Group;"
        "print('groups', {g.name: sorted(p.codename for p in g.permissions.all())"
        " for g in Group.objects.order_by('pk')})"
    )
    output = finish(start("manage.py", "shell", "--command", program, DATABASE_URL=place))
    groups = {role.value: sorted(names) for role, names in PERMISSIONS.items()}
    assert f"groups {groups}" in output


@pytest.mark.parametrize("path", ["/admin/", "/accounts/password/"])
def test_pages_of_the_site_require_sign_in(
    admin_site: None, anonymous_client: RawPathClient, path: str
) -> None:
    assert anonymous_client.get(path).status_code == 302


def test_healthz_requires_no_sign_in(anonymous_client: RawPathClient) -> None:
    assert anonymous_client.get("/healthz").status_code == 200
