"""What the dashboard holds about a customer, and having it forgotten."""

from __future__ import annotations

import re
import uuid

import pytest
from django.contrib.auth.models import User

from customers.batches import states
from customers.models import (
    AuditEntry,
    Batch,
    BatchRow,
    Draft,
    DuplicatePair,
    Export,
    Import,
    ImportFile,
    IndexedCompany,
    IndexedCustomer,
    Note,
    Owner,
    SubjectKind,
    Write,
)
from customers.notes import notes, owners
from customers.notes.subjects import Subject
from customers.spreadsheets.importing import states as import_states
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import check, made, started
from tests.support.imports import checked, csv_of
from tests.support.journal import COMPANY, customer, journal_row

pytestmark = pytest.mark.django_db

Kind = AuditEntry.Kind
ALPHA = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"


def counts(client: RawPathClient, company_id: str, pk: str) -> dict[str, int]:
    text = client.get(links.held(company_id, pk)).content.decode()
    rows = re.findall(r'<th scope="row">([^<]+)</th>\s*<td[^>]*>(.*?)</td>', text, re.S)
    return {label: int(re.sub(r"<[^>]+>|\s|,", "", count)) for label, count in rows}


@pytest.fixture
def held_customer(
    sandbox: Sandbox, client: RawPathClient, editor: User, auditor: User
) -> tuple[str, str]:
    """A customer that stands in every table, with its values."""
    company_id, pk = sandbox.company(COMPANY), customer(sandbox)
    source = IndexedCompany.objects.create(company_id=company_id, name="A company", customers=2)
    for each in (pk, "another"):
        IndexedCustomer.objects.create(
            source=source, customer_id=each, name="Zyxw Ltd", pass_number=1, searched=" zyxw "
        )
    journal_row(company_id, editor, customer_id=pk, customer_name="Zyxw", state="success")
    journal_row(company_id, editor, customer_id="another", state="success")
    Draft.objects.create(
        submission="3f2504e0-4f89-11d3-9a0c-0305e82c3399",
        user=editor,
        company_id=company_id,
        connection_id="c",
        customer_id=pk,
        body="f.customerName=Zyxw",
    )
    DuplicatePair.objects.create(company_id=company_id, first_id=pk, second_id="another", score=90)
    change = Write.objects.get(company_id=company_id, customer_id=pk)
    for kind, subject_id in (("customer", pk), ("change", str(change.pk)), ("customer", "another")):
        subject = Subject(SubjectKind(kind), company_id, subject_id)
        notes.add(subject, editor, "Zyxw calls on Mondays", note_id=uuid.uuid4())
        owners.set_owner(subject, editor, by=editor)
    batch = check(made(sandbox, editor, 2))
    assert states.cancel(batch, editor)
    source_file = checked(
        sandbox, editor, csv_of(["ID", "Phone"], [pk, "Zyxw 1"], ["another", "2"])
    )
    import_states.cancel(source_file, user=editor)
    client.get(links.customer(company_id, pk))
    return company_id, pk


@pytest.mark.django_db(transaction=True)
def test_it_says_what_is_held_and_forgets_it(
    sandbox: Sandbox, client: RawPathClient, held_customer: tuple[str, str], editor: User
) -> None:
    company_id, pk = held_customer
    assert counts(client, company_id, pk) == {
        "Index of customers": 1,
        "Changes with their values": 1,
        "Drafts": 1,
        "Rows of batches with their values": 1,
        "Rows of uploaded files": 1,
        "Notes": 2,
        "Owner": 1,
        "Probable duplicates": 1,
        "People who opened it last": 1,
        "Entries of the audit": 1,
        "Changes without their values": 0,
        "Exports of the company": 0,
    }
    url = links.held(company_id, pk)
    question = client.get(f"{url}?forget=1").content.decode()
    assert "This cannot be undone." in question
    assert IndexedCustomer.objects.filter(customer_id=pk).exists(), "a question forgets nothing"
    answer = client.post(url)
    assert answer.status_code == 303
    said = client.get(answer["Location"]).content.decode()
    assert "This customer was forgotten." in said
    assert "The next sync adds it to the index again while Codat has it." in said
    after = counts(client, company_id, pk)
    assert {label for label, count in after.items() if count} == {
        "Entries of the audit",
        "Changes without their values",
    }
    check_forgotten(pk)
    entry = AuditEntry.objects.get(kind=Kind.FORGOTTEN)
    assert (entry.user_name, entry.customer_id) == ("auditor", pk)
    assert entry.detail == {"changes": 1, "drafts": 1, "imports": 1}
    client.post(url)
    assert AuditEntry.objects.filter(kind=Kind.FORGOTTEN).count() == 2


def check_forgotten(pk: str) -> None:
    """No table has a value of the customer; others keep theirs."""
    write = Write.objects.get(customer_id=pk)
    assert (write.payload, write.before, write.customer_name) == ("", "", "")
    assert (write.username, write.state) == ("editor", "success")
    assert not BatchRow.objects.filter(customer_id=pk).exclude(payload="", changes=[]).exists()
    assert not ImportFile.objects.exists()
    assert Import.objects.get().forgotten_at
    assert Write.objects.get(customer_id="another").payload
    assert IndexedCustomer.objects.get().customer_id == "another"
    assert IndexedCompany.objects.get().customers == 1
    assert (
        Note.objects.get().subject_id == Owner.objects.get(kind="customer").subject_id == "another"
    )


def test_words_of_searches_are_forgotten_with_a_customer(
    sandbox: Sandbox, client: RawPathClient, editor: User
) -> None:
    company_id, pk = sandbox.company(COMPANY), customer(sandbox)
    of_all = "/search/?q=jane%40zyxw.example"
    asked = [
        (company_id, "?q=jane"), (company_id, of_all), (ALPHA, of_all), (company_id, "?status=Active"),
        (ALPHA, "?q=jane"), (ALPHA, "/search/?q=other"),
    ]  # fmt: skip
    for company, question in asked:
        Export.objects.create(user=editor, company_id=company, file_format="csv", question=question)
    batch = made(sandbox, editor, 2)
    Batch.objects.update(question="?status=Active&q=jane")
    states.cancel(batch, editor)
    assert client.post(links.held(company_id, pk)).status_code == 303
    stored = Export.objects.exclude(question="").order_by("question")
    assert [(each.company_id, each.question) for each in stored] == [
        (ALPHA, "/search/?q=other"), (ALPHA, "?q=jane"), (company_id, "?status=Active"),
    ]  # fmt: skip
    assert Batch.objects.get().question == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["unknown", "queued", "waiting", "batch", "import"])
def test_what_is_in_progress_is_not_forgotten(
    sandbox: Sandbox, client: RawPathClient, editor: User, what: str
) -> None:
    company_id, pk = sandbox.company(COMPANY), customer(sandbox)
    match what:
        case "batch":
            started(sandbox, editor, 2)
        case "import":
            checked(sandbox, editor, csv_of(["ID", "Phone"], [pk, "1"]))
        case state:
            journal_row(company_id, editor, customer_id=pk, state=state)
    stored = list(Write.objects.values()), list(BatchRow.objects.values())
    answer = client.post(links.held(company_id, pk))
    assert answer.status_code == 409
    assert "It cannot be forgotten now." in answer.content.decode()
    assert (list(Write.objects.values()), list(BatchRow.objects.values())) == stored
    assert not AuditEntry.objects.filter(kind=Kind.FORGOTTEN).exists()


def test_editors_may_not_have_a_customer_forgotten(
    editor_client: RawPathClient, editor: User
) -> None:
    write = journal_row(ALPHA, editor, customer_id="39", state="success")
    assert editor_client.post(links.held(ALPHA, "39")).status_code == 403
    write.refresh_from_db()
    assert write.payload
