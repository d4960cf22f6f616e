"""What a note or an owner is about."""

import uuid
from dataclasses import dataclass
from typing import Any

from customers.models import MAX_SUBJECT_ID, SubjectKind, Write
from customers.web import links


@dataclass(frozen=True, slots=True)
class Subject:
    """A company (`id` ""), a customer by its ID, a change by its number, or a problem of a company by its key."""

    kind: SubjectKind
    company_id: str
    id: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """Its columns in the tables."""
        return {"company_id": self.company_id, "kind": self.kind, "subject_id": self.id}

    @property
    def notes_url(self) -> str:
        """The page of its notes."""
        kind = "" if self.kind == SubjectKind.COMPANY else self.kind
        return links.notes(self.company_id, kind, self.id)

    @property
    def url(self) -> str:
        """Its own page."""
        if self.kind == SubjectKind.CUSTOMER:
            return links.customer(self.company_id, self.id)
        if self.kind == SubjectKind.CHANGE:
            return links.write(self.company_id, self.id)
        if self.kind == SubjectKind.PROBLEM:
            return links.problem(self.id)
        return self.company_url

    @property
    def company_url(self) -> str:
        """The page of its company."""
        return links.customers(self.company_id)

    @property
    def has_owner(self) -> bool:
        """Whether its owner is kept here. A problem's is taken and given back on its own page."""
        return self.kind != SubjectKind.PROBLEM


def subject_of(kind: str, company_id: str, subject_id: str = "") -> Subject | None:
    """The subject that an address names; None where it names none: no such kind or change, or too long an ID."""
    if kind not in SubjectKind.values or len(subject_id) > MAX_SUBJECT_ID:
        return None
    if (kind == SubjectKind.COMPANY) == bool(subject_id):
        return None
    if kind == SubjectKind.CHANGE and not _is_change(company_id, subject_id):
        return None
    return Subject(SubjectKind(kind), company_id, subject_id)


def _is_change(company_id: str, text: str) -> bool:
    try:
        number = uuid.UUID(text)
    except ValueError:
        return False
    return str(number) == text and Write.objects.filter(pk=number, company_id=company_id).exists()
