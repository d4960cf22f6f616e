"""What a person has for themselves, nobody else sees or changes, also with the same rights and with its ID in hand.

Drafts, views, notifications, snoozed problems, sessions, passkeys and choices are private. Notes are read by all who
see their company, and changed by their author alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.urls import URLPattern
from django.utils import timezone

from codatdash.signin.urls import urlpatterns as signin_patterns
from customers.models import (
    DefaultView,
    Draft,
    Note,
    Notice,
    NoticeChoices,
    Preferences,
    ProblemSnooze,
    SavedView,
)
from customers.urls import urlpatterns
from customers.web import links
from sandbox import Sandbox
from tests.access.test_other_companies import address, body
from tests.conftest import RawPathClient
from tests.support.journal import customer
from tests.support.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("has_index")]

HTMX = {"HX-Request": "true"}
# A word that only the private rows have.
SECRET = "Quagmire"
PATTERNS = [
    pattern for pattern in [*urlpatterns, *signin_patterns] if isinstance(pattern, URLPattern)
]


@dataclass(frozen=True)
class Mine:
    """The ID of something of each private kind."""

    owner: User
    browser: RawPathClient
    company: str
    customer: str
    draft: uuid.UUID
    view: int
    notice: uuid.UUID
    note: uuid.UUID
    problem: str
    session: int
    passkey: int

    @property
    def notes_url(self) -> str:
        return f"/companies/{self.company}/notes/customer/{self.customer}/"

    @property
    def form(self) -> str:
        return links.edit(self.company, self.customer)

    def rows(self) -> list[list[dict[str, Any]]]:
        """Everything private of the owner, as it is stored."""
        user = {"user": self.owner}
        keys = UserSession.objects.filter(**user).values_list("session_key", flat=True)
        found = [
            Draft.objects.filter(**user),
            SavedView.objects.filter(owner=self.owner),
            DefaultView.objects.filter(**user),
            Notice.objects.filter(**user),
            NoticeChoices.objects.filter(**user),
            Note.objects.filter(author=self.owner),
            ProblemSnooze.objects.filter(**user),
            Preferences.objects.filter(**user),
            UserSession.objects.filter(**user),
            Session.objects.filter(pk__in=list(keys)),
            Authenticator.objects.filter(**user),
            User.objects.filter(pk=self.owner.pk),
        ]
        return [list(rows.order_by("pk").values()) for rows in found]


def signed_in(name: str) -> RawPathClient:
    """A browser that has just signed in: nothing has to be confirmed."""
    client = RawPathClient()
    form = {"username": name, "password": f"{name}-password"}
    assert client.post("/accounts/login/", form).status_code == 302
    return client


@pytest.fixture
def mine(sandbox: Sandbox) -> Mine:
    """Something of each kind, of a person who is signed in."""
    owner, company, customer_id = person("owner"), sandbox.company("qbo"), customer(sandbox)
    browser = signed_in("owner")
    view = SavedView.objects.create(owner=owner, name=f"{SECRET} view", query=f"q={SECRET}")
    DefaultView.objects.create(user=owner, view=view)
    draft = Draft.objects.create(
        submission=uuid.uuid4(), user=owner, company_id=company, customer_id=customer_id,
        connection_id=sandbox.connection("qbo"), customer_name=f"{SECRET} Ltd", body=f"f.phone={SECRET}",
    )  # fmt: skip
    notice = Notice.objects.create(
        user=owner, kind="mention", cause="note:1", title=f"{SECRET} told", link="/writes/"
    )
    note = Note.objects.create(
        company_id=company, kind="customer", subject_id=customer_id, text="For all", author=owner,
        author_name="owner",
    )  # fmt: skip
    problem = "refused-none"
    ProblemSnooze.objects.create(user=owner, key=problem, until=timezone.now() + timedelta(days=1))
    passkey = Authenticator.objects.create(
        user=owner, type="webauthn", data={"name": f"{SECRET} key", "credential": {}}
    )
    for model in (NoticeChoices, Preferences):
        model._default_manager.get_or_create(user=owner)
    return Mine(
        owner, browser, company, customer_id, draft.submission, view.pk, notice.pk, note.pk, problem,
        UserSession.objects.get(user=owner).pk, passkey.pk,
    )  # fmt: skip


@pytest.fixture
def stranger(mine: Mine) -> RawPathClient:
    """The browser of a colleague with the same rights."""
    person("stranger")
    return signed_in("stranger")


def posts(mine: Mine) -> Iterator[tuple[str, dict[str, str]]]:
    """Each form that changes something private, with the ID of somebody else's."""
    view, passkeys = f"/views/{mine.view}/", f"/accounts/security/passkeys/{mine.passkey}/"
    for action in ("state", "change", "delete"):
        yield view, {"action": action, "name": "Taken", "next": "/companies/", "default": "on"}
    for read in (str(mine.notice), "all"):
        yield "/notifications/", {"read": read}
    for action in ("edit", "delete"):
        yield mine.notes_url, {"action": action, "note": str(mine.note), "text": "Taken"}
    yield mine.notes_url, {"action": "add", "note": str(mine.note), "text": "Taken"}
    for action in ("wake", "snooze"):
        yield f"/problems/{mine.problem}/", {"action": action, "until": "2999-01-01"}
    draft = {"submission": str(mine.draft), "f.phone": "Taken", "draft_sequence": "9"}
    yield links.draft(mine.company, mine.customer), draft
    yield links.draft(mine.company, mine.customer), draft | {"action": "discard"}
    yield links.draft(mine.company, ""), draft | {"action": "discard"}
    for end in (str(mine.session), "others"):
        yield "/accounts/sessions/", {"end": end}
    yield passkeys, {"name": "Taken"}
    yield f"{passkeys}remove/", {}
    yield f"/people/{mine.owner.pk}/", {"action": "sessions"}
    for path in ("/settings/", "/settings/notifications/", "/columns/", "/accounts/password/"):
        yield path, {"user": str(mine.owner.pk), "columns": "name", "next": "/companies/"}


def test_no_form_changes_what_is_anothers(mine: Mine, stranger: RawPathClient) -> None:
    before = mine.rows()
    assert all(before)
    for url, form in posts(mine):
        for headers in ({}, HTMX):
            answer = stranger.post(url, form, headers=headers)
            assert answer.status_code < 500, (url, form)
            assert SECRET not in body(answer), (url, form)
            assert mine.rows() == before, (url, form)


def test_no_page_shows_what_is_anothers(mine: Mine, stranger: RawPathClient) -> None:
    values = {
        "<company:company_id>": mine.company,
        "<id:customer_id>": mine.customer,
        "<id:attachment_id>": "1",
        "<slug:kind>": "customer",
        "<id:subject_id>": mine.customer,
        "<slug:key>": mine.problem,
        "<int:view_id>": str(mine.view),
        "<int:person_id>": str(mine.owner.pk),
        "<int:pk>": str(mine.passkey),
        "<uuid:notice_id>": str(mine.notice),
        "<str:token>": "none",
        "<provider:provider_id>": "provider",
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[-0-9A-Za-z]+)/$": "password/reset/1-a/",
    }
    others = {"write_id", "batch_id", "import_id", "export_id", "approval_id"}
    values |= {f"<uuid:{name}>": str(uuid.uuid4()) for name in others}
    before, found = mine.rows(), list[str]()
    queries = ("", f"?draft={mine.draft}", f"?view={mine.view}", f"?edit={mine.note}&show=all")
    for pattern in PATTERNS:
        prefix = "/accounts" if pattern in signin_patterns else ""
        url = prefix + address(pattern, values)
        for query in queries:
            for headers in ({}, HTMX):
                answer = stranger.get(url + query, headers=headers)
                if SECRET in body(answer) or answer.status_code == 500:
                    found.append(f"{url}{query} {answer.status_code}")
    assert not found
    assert mine.rows() == before


def test_another_persons_id_is_like_none(mine: Mine, stranger: RawPathClient) -> None:
    made_up = uuid.uuid4()
    for url, other in (
        (f"/views/{mine.view}/", f"/views/{mine.view + 999}/"),
        (f"/notifications/{mine.notice}/", f"/notifications/{made_up}/"),
        (f"{mine.form}?draft={mine.draft}", f"{mine.form}?draft={made_up}"),
        (
            f"/accounts/security/passkeys/{mine.passkey}/",
            f"/accounts/security/passkeys/{mine.passkey + 999}/",
        ),
        (
            f"/accounts/security/passkeys/{mine.passkey}/remove/",
            f"/accounts/security/passkeys/{mine.passkey + 999}/remove/",
        ),
    ):
        assert stranger.get(url).status_code == stranger.get(other).status_code == 404, url


def test_the_person_reaches_each_of_them(mine: Mine) -> None:
    """So the addresses above are those at which there is something."""
    client = mine.browser
    for url in (
        f"/views/{mine.view}/",
        f"{mine.form}?draft={mine.draft}",
        f"/accounts/security/passkeys/{mine.passkey}/",
        "/notifications/",
        "/writes/",
    ):
        assert SECRET in body(client.get(url)), url
    assert client.get(f"/notifications/{mine.notice}/").status_code in (302, 303)
    edit = {"action": "edit", "note": str(mine.note), "text": "Changed"}
    assert client.post(mine.notes_url, edit).status_code == 303
    assert Note.objects.get(pk=mine.note).text == "Changed"
