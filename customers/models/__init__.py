"""The tables, a module for each room; all are imported from here."""

from customers.models.access import Grant, Person
from customers.models.approvals import Approval, ApprovalRow, ApprovalRule
from customers.models.audit import AuditChain, AuditEntry
from customers.models.batches import Batch, BatchRow, BatchStep, CompanySync, Lease
from customers.models.forms import Draft, SaveLock
from customers.models.home import ChangesOfDay, CompanyState, ProblemNote, ProblemSnooze
from customers.models.index import IndexedCompany, IndexedCustomer, IndexedWord
from customers.models.journal import WebhookEvent, Write, WriteQuerySet
from customers.models.notes import MAX_SUBJECT_ID, Note, Owner, SubjectKind
from customers.models.notices import Delivery, Notice, NoticeChoices, TeamChannel, ToldCause
from customers.models.people import INVITATION_LIFETIME, AccessRequest, Invitation, PersonEvent
from customers.models.quality import DuplicatePair
from customers.models.readers import DefaultView, Preferences, SavedView
from customers.models.spreadsheets import (
    ColumnMapping,
    Export,
    Import,
    ImportFile,
    ImportRow,
    ImportStep,
)

__all__ = [
    "INVITATION_LIFETIME",
    "MAX_SUBJECT_ID",
    "AccessRequest",
    "Approval",
    "ApprovalRow",
    "ApprovalRule",
    "AuditChain",
    "AuditEntry",
    "Batch",
    "BatchRow",
    "BatchStep",
    "ChangesOfDay",
    "ColumnMapping",
    "CompanyState",
    "CompanySync",
    "DefaultView",
    "Delivery",
    "Draft",
    "DuplicatePair",
    "Export",
    "Grant",
    "Import",
    "ImportFile",
    "ImportRow",
    "ImportStep",
    "IndexedCompany",
    "IndexedCustomer",
    "IndexedWord",
    "Invitation",
    "Lease",
    "Note",
    "Notice",
    "NoticeChoices",
    "Owner",
    "Person",
    "PersonEvent",
    "Preferences",
    "ProblemNote",
    "ProblemSnooze",
    "SaveLock",
    "SavedView",
    "SubjectKind",
    "TeamChannel",
    "ToldCause",
    "WebhookEvent",
    "Write",
    "WriteQuerySet",
]
