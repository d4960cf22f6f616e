"""A person who may see one company finds nothing of another: every address, fragment, search and file.

Whatever names a company, or something of it, is answered as if it did not exist.
"""

from __future__ import annotations

import difflib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern
from django.utils import timezone

from customers.access import people
from customers.access.roles import Role
from customers.home.board import board_of
from customers.models import (
    Approval,
    Batch,
    Draft,
    DuplicatePair,
    Export,
    Grant,
    Import,
    Note,
    Notice,
    Preferences,
    ProblemNote,
    Write,
)
from customers.urls import urlpatterns
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batch_rows import batch_of
from tests.support.import_rows import import_of
from tests.support.index import indexed
from tests.support.journal import journal_row
from tests.support.people import person
from tests.support.problems import company as company_state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("has_index")]

HTMX = {"HX-Request": "true"}
# Words that only the other company's rows have.
SECRET = "Quagmire"
ADDRESSES = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
OF_COMPANY = [pattern for pattern in ADDRESSES if "company_id" in str(pattern.pattern)]
OTHERS = [pattern for pattern in ADDRESSES if pattern not in OF_COMPANY]
# Part of every page, and different in each.
_TOKENS = re.compile(r'(csrfmiddlewaretoken"? value="|"X-CSRFToken": ?")[^"]+')


@dataclass(frozen=True)
class Other:
    """What there is of the company that the person may not see."""

    company: str
    customer: str
    write: Write
    batch: Batch
    export: Export
    source: Import
    problem: str
    notice: Notice
    approval: Approval
    markers: tuple[str, ...]

    def values(self) -> dict[str, str]:
        """What the addresses name."""
        return {
            "<company:company_id>": self.company,
            "<id:customer_id>": self.customer,
            "<id:attachment_id>": "1",
            "<uuid:write_id>": str(self.write.pk),
            "<uuid:batch_id>": str(self.batch.pk),
            "<uuid:import_id>": str(self.source.pk),
            "<uuid:export_id>": str(self.export.pk),
            "<int:position>": "1",
            "<int:view_id>": "1",
            "<slug:key>": self.problem,
            "<slug:kind>": "customer",
            "<id:subject_id>": self.customer,
            "<uuid:notice_id>": str(self.notice.pk),
            "<uuid:approval_id>": str(self.approval.pk),
            "<str:token>": "token",
        }


@pytest.fixture
def mine(sandbox: Sandbox) -> str:
    """The company that the person may see."""
    return sandbox.company("qbo")


@pytest.fixture
def restricted(mine: str) -> User:
    """An approver who may see one company."""
    user = person("restricted", Role.APPROVER, sees_all=False)
    people.grant(user, Grant.Kind.COMPANY, mine)
    return user


@pytest.fixture
def client(restricted: User) -> RawPathClient:
    """The browser of that person."""
    client = RawPathClient()
    client.force_login(restricted)
    return client


@pytest.fixture
def other(sandbox: Sandbox, restricted: User) -> Other:
    """A company with something of everything, made by somebody else and by the person, before they lost it."""
    company = sandbox.company("xero")
    records = sandbox.state("xero").copy
    for key, record in list(records.items())[:3]:
        records[key] = {**record, "customerName": f"{SECRET} {key}"}
    author = person("author")
    name = f"{SECRET} Holdings"
    _index(sandbox)
    customer = next(iter(records))
    write = _changes(company, customer, name, author, restricted)
    batch = _batch(author, company, name, "running", queued=2, refused=1)
    source = import_of(restricted, company, "checked", new=2)
    Import.objects.filter(pk=source.pk).update(company_name=name, file_name=f"{SECRET}.csv")
    export = Export.objects.create(
        user=restricted, username="restricted", company_id=company, company_name=name,
        file_format="csv", state="complete",
    )  # fmt: skip
    Preferences.objects.create(
        user=restricted,
        recent_companies=[[company, name]],
        recent_records=[["customer", company, customer], ["batch", company, str(batch.pk)]],
    )
    problem = next(
        key
        for key, entry in board_of(author).entries.items()
        if entry.problem.company_id == company
    )
    notice = Notice.objects.create(
        user=restricted, kind="refused", cause="other", company_id=company, title=f"{SECRET} told",
        link=f"/companies/{company}/writes/",
    )  # fmt: skip
    _remarks(company, customer, name, author)
    approval = Approval.objects.create(
        write=write, company_id=company, sha256="0" * 64, reasons=[f"{SECRET} reason"],
        asked_by=author, asked_by_name="author", expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    markers = (SECRET, company, sandbox.state("xero").plan.name)
    return Other(
        company, customer, write, batch, export, source, problem, notice, approval, markers
    )


def _index(sandbox: Sandbox) -> None:
    """Both companies, with some of their customers, are in the index."""
    for key in ("qbo", "xero"):
        state = sandbox.state(key)
        indexed(state.plan.id, *list(state.copy.values())[:5], name=state.plan.name)
        company_state(state.plan.name, company_id=state.plan.id)


def _changes(company: str, customer: str, name: str, author: User, restricted: User) -> Write:
    """Changes, batches and drafts of both people; the result is one that was refused."""
    facts: dict[str, Any] = {"company_name": name, "customer_name": f"{SECRET} & Sons"}
    write = journal_row(
        company, author, customer_id=customer, state="failed", correlation_id="corr-other", **facts
    )
    for user in (author, restricted):
        journal_row(company, user, customer_id=customer, state="pending", **facts)
        journal_row(company, user, customer_id=customer, state="unknown", **facts)
        _batch(user, company, name, "ready", checked=2)
        Draft.objects.create(
            submission=uuid.uuid4(), user=user, company_id=company, connection_id="c",
            customer_id=customer, customer_name=facts["customer_name"], body="f.phone=1",
        )  # fmt: skip
    return write


def _remarks(company: str, customer: str, name: str, author: User) -> None:
    """A note about a customer, one about a problem, and a pair that looks alike."""
    ProblemNote.objects.create(
        key="gone-other", kind="refused", title=f"{SECRET} title", company_id=company,
        company_name=name, resolved_at=timezone.now(),
    )  # fmt: skip
    Note.objects.create(
        company_id=company,
        kind="customer",
        subject_id=customer,
        text=f"{SECRET} note",
        author=author,
    )
    DuplicatePair.objects.create(
        company_id=company, first_id="1", second_id="2", score=90, reasons=[]
    )


def _batch(user: User, company: str, name: str, state: str, /, **rows: int) -> Batch:
    batch = batch_of(user, company, state, **rows)
    batch.title, batch.company_name = f"Set {SECRET} to 1", name
    batch.save()
    return batch


def address(pattern: URLPattern, values: dict[str, str]) -> str:
    """The address of a pattern with these values."""
    route = str(pattern.pattern)
    for name, value in values.items():
        route = route.replace(name, value)
    route = re.sub("<int:\\w+>", "1", route)
    assert "<" not in route, f"give {route} a value"
    return f"/{route}"


def body(answer: Any) -> str:
    """What was sent, with the headers that name a place; what differs for every request is left out."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    places = " ".join(answer.headers.get(name, "") for name in ("Location", "HX-Redirect"))
    return _TOKENS.sub(r"\1", content.decode("utf-8", "replace")) + places


def normalised(text: str, values: dict[str, str]) -> str:
    """A text without the IDs that an address named."""
    for name, value in values.items():
        if len(value) > 8:
            text = text.replace(value, name)
    return text


def requests(client: RawPathClient, url: str) -> Iterator[Any]:
    """The answers to an address: the page, the fragment, a form, and a form sent by a script."""
    yield client.get(url)
    yield client.get(url, headers=HTMX)
    yield client.post(url, {"action": "save"})
    yield client.post(url, {"action": "save"}, headers=HTMX)


def differences(answer: Any, expected: Any, real: dict[str, str], made_up: dict[str, str]) -> str:
    """How an answer differs from the one about what does not exist; "" where it does not."""
    if answer.status_code != expected.status_code:
        return f"{answer.status_code} instead of {expected.status_code}"
    if answer.headers.keys() != expected.headers.keys():
        return f"headers: {answer.headers.keys() ^ expected.headers.keys()}"
    text, other = normalised(body(answer), real), normalised(body(expected), made_up)
    if text != other:
        return "\n".join(
            difflib.unified_diff(other.split("\n"), text.split("\n"), lineterm="", n=0)
        )
    return ""


def test_another_company_does_not_exist(
    client: RawPathClient, other: Other, sandbox: Sandbox
) -> None:
    real = other.values()
    made_up = real | {name: str(uuid.uuid4()) for name in real if len(real[name]) == 36}
    calls, found = len(sandbox.calls), list[str]()
    for pattern in OF_COMPANY:
        asked = requests(client, address(pattern, real))
        for answer, expected in zip(
            asked, requests(client, address(pattern, made_up)), strict=True
        ):
            text = body(answer)
            leaks = [each for each in other.markers if each in normalised(text, real)]
            difference = differences(answer, expected, real, made_up)
            if leaks or difference:
                found.append(
                    f"{pattern.name} {answer.request['REQUEST_METHOD']}: {leaks} {difference}"
                )
    assert not found, "\n".join(found)
    assert not [call for call in sandbox.calls[calls:] if other.company in call.path]


def test_what_another_company_has_is_not_found_under_ones_own(
    client: RawPathClient, other: Other, mine: str
) -> None:
    values, found = other.values() | {"<company:company_id>": mine}, list[str]()
    for pattern in OF_COMPANY:
        for answer in requests(client, address(pattern, values)):
            text = normalised(body(answer), values)
            found += [f"{pattern.name}: {each}" for each in other.markers if each in text]
    assert not found


QUERIES = (
    "", "q={secret}", "q={name}", "q={company}", "q=corr-other", "q={batch}", "q={write}", "q={customer}",
    "company={company}", "show=team", "show=resolved", "show=muted", "show=snoozed", "person=author", "state=failed",
    "from=0&q={secret}", "watched={write}", "user=author",
)  # fmt: skip


def test_no_page_search_or_file_shows_another_company(
    client: RawPathClient, other: Other, sandbox: Sandbox
) -> None:
    named = {
        "secret": SECRET,
        "name": sandbox.state("xero").plan.name,
        "company": other.company,
        "batch": str(other.batch.pk),
        "write": str(other.write.pk),
        "customer": other.customer,
    }
    found = list[str]()
    for pattern in OTHERS:
        url = address(pattern, other.values())
        for query in QUERIES:
            asked = query.format(**named)
            # What was asked for is in the page's search box.
            words = {*other.markers, "Holdings", "Sons"} - {asked.partition("=")[2]}
            words = {word for word in words if word not in asked}
            for headers in ({}, HTMX):
                text = body(client.get(f"{url}?{asked}", headers=headers))
                found += [f"{url}?{query}: {word}" for word in words if word in text]
    assert not found
