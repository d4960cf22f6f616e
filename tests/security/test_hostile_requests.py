"""Every address, with each parameter, field and header that its view reads made hostile: a clear answer, never a 500.

Which names a view reads is recorded while it answers, so new ones are tried, too.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.urls import URLPattern
from django.utils import timezone

from customers.home.board import board_of
from customers.models import (
    Approval,
    DuplicatePair,
    Export,
    Grant,
    Note,
    Notice,
    Preferences,
    ProblemNote,
)
from customers.notices.kinds import Kind
from sandbox import Sandbox
from tests.access.test_other_companies import address
from tests.conftest import RawPathClient
from tests.security.test_permissions import ADDRESSES
from tests.support.approvals import rule
from tests.support.batch_rows import batch_of
from tests.support.cases import hostile
from tests.support.import_rows import import_of
from tests.support.index import indexed
from tests.support.journal import customer, journal_row
from tests.support.notices import channel
from tests.support.people import person
from tests.support.problems import company as company_state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("has_index")]

HTMX = {"HX-Request": "true"}
FORM = "application/x-www-form-urlencoded"
_BUTTON = re.compile(r'<button[^>]*\sname="([\w.-]+)"[^>]*\svalue="([^"]*)"')
_HIDDEN = re.compile(r'<input type="hidden" name="(action|channel|note|grant)" value="([^"]*)"')
# Fields of one form up to which each is tried alone.
FEW_FIELDS = 12
# Codat posts there.
NO_FORMS = {"webhooks"}

ids = pytest.mark.parametrize("pattern", ADDRESSES, ids=lambda each: str(each.pattern) or "/")


@pytest.fixture
def client(groups: None) -> RawPathClient:
    """The browser of somebody who may do everything, far ahead of UTC."""
    user = User.objects.create_superuser("administrator")
    Preferences.objects.create(user=user, time_zone="Pacific/Kiritimati")
    client = RawPathClient()
    client.force_login(user)
    return client


@pytest.fixture
def values(client: RawPathClient, sandbox: Sandbox) -> dict[str, str]:
    """What the addresses name: one of everything."""
    user, company = User.objects.get(username="administrator"), sandbox.company("qbo")
    state = sandbox.state("qbo")
    indexed(company, *list(state.copy.values())[:5], name=state.plan.name)
    company_state(state.plan.name, company_id=company)
    write = journal_row(company, user, customer_id=customer(sandbox), state="failed")
    Note.objects.create(company_id=company, kind="company", text="One note", author=user)
    ProblemNote.objects.create(key="ended", kind="refused", resolved_at=timezone.now())
    export = Export.objects.create(user=user, company_id=company, file_format="csv")
    notice = Notice.objects.create(user=user, kind=Kind.BATCH, cause="one", link="/writes/")
    pair = DuplicatePair.objects.create(
        company_id=company, first_id="1", second_id="2", score=90, reasons=[]
    )
    asked = Approval.objects.create(
        write=write, company_id=company, sha256="0" * 64, reasons=[], asked_by=user,
        asked_by_name="administrator", expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    other = person("other")
    Grant.objects.create(user=other, kind=Grant.Kind.COMPANY, value=company)
    rule(company_id=company)
    channel()
    [problem] = [key for key in board_of(user).entries if key.startswith("refused")]
    return {
        "<company:company_id>": company,
        "<id:customer_id>": customer(sandbox),
        "<id:attachment_id>": "1",
        "<uuid:write_id>": str(write.pk),
        "<uuid:batch_id>": str(batch_of(user, company, "ready", invalid=1, checked=1).pk),
        "<uuid:import_id>": str(import_of(user, company, "checked", new=1, invalid=1).pk),
        "<uuid:export_id>": str(export.pk),
        "<uuid:approval_id>": str(asked.pk),
        "<uuid:notice_id>": str(notice.pk),
        "<int:pair_id>": str(pair.pk),
        "<int:person_id>": str(other.pk),
        "<slug:key>": problem,
        "<slug:kind>": "customer",
        "<id:subject_id>": "1",
        "<str:token>": "none",
    }


def check(ask: Callable[..., Any], *sent: Any, **more: Any) -> Any:
    """The answer to a request: no error of the dashboard's own. What it has stored is taken back."""
    point, what = transaction.savepoint(), str((sent, more))[:400]
    try:
        answer = ask(*sent, **more)
        if answer.streaming:
            b"".join(answer.streaming_content)
    except Exception as error:
        raise AssertionError(what) from error
    finally:
        transaction.savepoint_rollback(point)
    assert answer.status_code != 500, what
    return answer


def rounds(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Each hostile value in all of these at the same time; and the worst ones in each alone."""
    for value in hostile.VALUES:
        yield dict.fromkeys(names, value)
    for name in names if len(names) <= FEW_FIELDS else ():
        for value in hostile.WORST:
            yield {name: value}


@ids
def test_no_parameter_fails(
    pattern: URLPattern,
    client: RawPathClient,
    values: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = address(pattern, values)
    with hostile.names_read(monkeypatch) as names:
        check(client.get, url)
        check(client.get, url, headers=HTMX)
    for number, data in enumerate(rounds(sorted(names))):
        check(client.get, f"{url}?{hostile.encoded(data)}", headers=HTMX if number % 2 else {})


@ids
def test_no_field_fails(
    pattern: URLPattern,
    client: RawPathClient,
    values: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if pattern.name in NO_FORMS:
        return
    url = address(pattern, values)
    page = client.get(url)
    html = "" if page.streaming else page.content.decode("utf-8", "replace")
    found = {*_BUTTON.findall(html), *_HIDDEN.findall(html), ("action", "")}
    for name, value in sorted(found):
        button = {name: value}
        with hostile.names_read(monkeypatch) as names:
            answer = check(client.post, url, button)
        if answer.status_code == 405:
            return
        for data in rounds(sorted(names - {name})):
            check(client.post, url, hostile.encoded(button | data), FORM)


@ids
def test_no_header_fails(
    pattern: URLPattern,
    client: RawPathClient,
    anonymous_client: RawPathClient,
    values: dict[str, str],
) -> None:
    url, form = address(pattern, values), {"submission": str(uuid.uuid4())}
    # A form of somebody who is signed out, and one from elsewhere.
    checking = RawPathClient(enforce_csrf_checks=True)
    checking.force_login(User.objects.get(username="administrator"))
    for value in hostile.ADDRESSES:
        for more in ({}, HTMX):
            headers = dict.fromkeys(hostile.HEADERS, value) | more
            check(client.get, url, headers=headers)
            for other in (anonymous_client, checking):
                check(other.post, url, form, headers=headers)
                check(other.post, url, headers=headers)


@pytest.mark.parametrize("number", ["0", "9" * 10, "9" * 20, "9" * 5000])
def test_no_number_of_an_address_fails(
    client: RawPathClient, values: dict[str, str], number: str
) -> None:
    numbered = [pattern for pattern in ADDRESSES if "<int:" in str(pattern.pattern)]
    assert numbered
    for pattern in numbered:
        route = re.sub("<int:[a-z_]+>", number, f"/{pattern.pattern}")
        for name, value in values.items():
            route = route.replace(name, value)
        check(client.get, route)
        check(client.post, route)


@pytest.mark.parametrize(
    "text", ["%00", "%ED%A0%80", "%FF", "%E2%80%8B", "%E2%80%AE", "x" * 3000, "%2F", "%25", "."]
)
def test_no_id_of_an_address_fails(
    client: RawPathClient, values: dict[str, str], text: str
) -> None:
    for pattern in ADDRESSES:
        for name in re.findall("<(?:id|company|slug|str):[^>]+>", str(pattern.pattern)):
            check(client.get, address(pattern, values | {name: text}))
