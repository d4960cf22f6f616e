"""What the dashboard's own database holds about one customer. Makes no call to Codat. No request."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from customers.models import (
    AuditEntry,
    Batch,
    BatchRow,
    Draft,
    DuplicatePair,
    Export,
    Import,
    ImportRow,
    IndexedCustomer,
    Note,
    Owner,
    Preferences,
    SubjectKind,
    Write,
)
from customers.web import links
from customers.web.reader import RecentRecord

# Preferences of one query: their lists of recent records are looked through here.
_PIECE = 500
# A change that waits for approval, or for the worker.
_NOT_SENT_YET = (Write.State.WAITING, Write.State.QUEUED)
# Of each kind.
_MAX_OBSTACLES = 5


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer by its IDs."""

    company_id: str
    customer_id: str

    @property
    def indexed(self) -> "QuerySet[IndexedCustomer]":
        """Its row of the index."""
        return IndexedCustomer.objects.filter(
            source__company_id=self.company_id, customer_id=self.customer_id
        )

    @property
    def writes(self) -> "QuerySet[Write]":
        """Its changes, also those of batches."""
        return Write.objects.filter(company_id=self.company_id, customer_id=self.customer_id)

    @property
    def drafts(self) -> "QuerySet[Draft]":
        """Everybody's drafts of it."""
        return Draft.objects.filter(company_id=self.company_id, customer_id=self.customer_id)

    @property
    def batch_rows(self) -> "QuerySet[BatchRow]":
        """Its rows of batches, also the one that created it."""
        is_it = Q(customer_id=self.customer_id) | Q(write__customer_id=self.customer_id)
        return BatchRow.objects.filter(is_it, batch__company_id=self.company_id)

    @property
    def import_rows(self) -> "QuerySet[ImportRow]":
        """Rows of uploaded files that mean it."""
        is_it = Q(customer_id=self.customer_id) | Q(decision=f"change:{self.customer_id}")
        return ImportRow.objects.filter(is_it, source__company_id=self.company_id)

    @property
    def imports(self) -> "QuerySet[Import]":
        """The imports with such rows."""
        return Import.objects.filter(pk__in=self.import_rows.order_by().values("source"))

    @property
    def pairs(self) -> "QuerySet[DuplicatePair]":
        """Probable duplicates that it is one of."""
        is_it = Q(first_id=self.customer_id) | Q(second_id=self.customer_id)
        return DuplicatePair.objects.filter(is_it, company_id=self.company_id)

    @property
    def notes(self) -> "QuerySet[Note]":
        """The notes on it and on its changes, also those whose author deleted them."""
        changes = [str(pk) for pk in self.writes.values_list("pk", flat=True)]
        is_its = Q(kind=SubjectKind.CUSTOMER, subject_id=self.customer_id)
        is_its |= Q(kind=SubjectKind.CHANGE, subject_id__in=changes)
        return Note.objects.filter(is_its, company_id=self.company_id)

    @property
    def owners(self) -> "QuerySet[Owner]":
        """Who looks after it."""
        return Owner.objects.filter(
            company_id=self.company_id, kind=SubjectKind.CUSTOMER, subject_id=self.customer_id
        )

    @property
    def entries(self) -> "QuerySet[AuditEntry]":
        """The entries of the audit with its ID."""
        return AuditEntry.objects.filter(company_id=self.company_id, customer_id=self.customer_id)

    @property
    def recent_record(self) -> RecentRecord:
        """What stands in the list of those who opened it."""
        return RecentRecord("customer", self.company_id, self.customer_id)


@dataclass(frozen=True, slots=True)
class Held:
    """One kind of data: how many rows there are, where they are shown ("" for nowhere), and a sentence about them.

    `is_forgotten` says whether they go when the customer is forgotten.
    """

    label: str
    count: int
    url: str
    remark: str
    is_forgotten: bool = True


def held(customer: Customer) -> list[Held]:
    """What is held, in the order of the page. A count of 0 is listed, too."""
    return [*_values(customer), *_ids(customer)]


def _values(customer: Customer) -> list[Held]:
    """Rows with values of the customer."""
    company_id, pk = customer.company_id, customer.customer_id
    changes = customer.writes.filter(forgotten_at=None).count()
    history = f"{links.writes(company_id)}?{urlencode({'customer': pk})}"
    return [
        Held(
            "Index of customers",
            customer.indexed.count(),
            "",
            "Names, contacts and numbers, for the search.",
        ),
        Held(
            "Changes with their values", changes, history, "What was sent, and the record before."
        ),
        Held("Drafts", customer.drafts.count(), "", "What somebody typed and has not saved."),
        Held(
            "Rows of batches with their values",
            _with_values(customer.batch_rows).count(),
            links.company_batches(company_id),
            "Old and new values of a row.",
        ),
        Held(
            "Rows of uploaded files",
            customer.import_rows.count(),
            links.company_imports(company_id),
            "Their whole files are deleted with them.",
        ),
        Held(
            "Notes",
            customer.notes.count(),
            links.notes(company_id, SubjectKind.CUSTOMER, pk),
            "What people wrote about it and about its changes.",
        ),
        Held("Owner", customer.owners.count(), "", "Who looks after it."),
        Held("Probable duplicates", customer.pairs.count(), "", "Pairs that it is one of, by ID."),
        Held(
            "People who opened it last", len(opened_by(customer)), "", "In their own lists, by ID."
        ),
    ]


def _ids(customer: Customer) -> list[Held]:
    """What names the customer by its ID alone, or not at all, and stays."""
    company_id, pk = customer.company_id, customer.customer_id
    exports = Export.objects.filter(company_id=company_id).count()
    return [
        Held(
            "Entries of the audit",
            customer.entries.count(),
            links.audit(company=company_id, customer=pk),
            "They hold its ID. They cannot be changed, and are deleted by age.",
            is_forgotten=False,
        ),
        Held(
            "Changes without their values",
            customer.writes.exclude(forgotten_at=None).count(),
            "",
            "Who changed it, when, and the outcome.",
            is_forgotten=False,
        ),
        Held(
            "Exports of the company",
            exports,
            links.exports(),
            "Who took a file. Which customers were in it is not kept.",
            is_forgotten=False,
        ),
    ]


def _with_values(rows: "QuerySet[BatchRow]") -> "QuerySet[BatchRow]":
    return rows.exclude(customer_name="", payload="", before="", changes=[], instructions=[])


def opened_by(customer: Customer) -> list[Preferences]:
    """The preferences of those who have it in their list of records that were opened last."""
    record = customer.recent_record
    wanted = [record.kind, record.company_id, record.record_id]
    rows = Preferences.objects.exclude(recent_records=[]).only("recent_records")
    return [row for row in rows.iterator(_PIECE) if wanted in _records(row)]


def _records(row: Preferences) -> list[object]:
    return row.recent_records if isinstance(row.recent_records, list) else []


def obstacles(customer: Customer) -> list[tuple[str, str]]:
    """Why the customer cannot be forgotten now, as a sentence and an address each.

    What is still to be sent, to be decided or to be followed needs its values.
    """
    company_id = customer.company_id
    writes = customer.writes.filter(Q(is_pending=1) | Q(state__in=_NOT_SENT_YET))
    ended = (Batch.State.CANCELLED, Batch.State.DONE)
    batches = Batch.objects.filter(pk__in=customer.batch_rows.order_by().values("batch"))
    imports = customer.imports.filter(Q(state__in=Import.OPEN) | Q(batch__is_filled=False))
    return (
        [
            (
                "A change is waiting, in progress, or its outcome is unknown.",
                links.write(company_id, write.pk),
            )
            for write in writes[:_MAX_OBSTACLES]
        ]
        + [
            ("It is in a batch that has not ended.", links.batch(company_id, batch.pk))
            for batch in batches.exclude(state__in=ended)[:_MAX_OBSTACLES]
        ]
        + [
            ("It is in an import that is open.", links.import_page(company_id, source.pk))
            for source in imports[:_MAX_OBSTACLES]
        ]
    )
