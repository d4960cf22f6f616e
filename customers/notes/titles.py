"""How the page of notes names its subject: from the cache and our own database, without a call to Codat."""

from customers.formatting import text_or_dash
from customers.models import CompanyState, ProblemNote, SubjectKind, Write
from customers.notes.subjects import Subject
from customers.service import default_service


def company_name(company_id: str) -> str:
    """A company's name; its ID where the name is not known."""
    cached = default_service().snapshots.cached_company(company_id=company_id)
    name = cached.data.get("name") if cached else None
    if not name:
        names = CompanyState.objects.filter(pk=company_id).values_list("name", flat=True)
        name = names.first()
    return text_or_dash(name or company_id)


def title_of(subject: Subject) -> str:
    """The name of a subject; its ID where the name is not known."""
    if subject.kind == SubjectKind.CUSTOMER:
        return _customer(subject)
    if subject.kind == SubjectKind.CHANGE:
        write = Write.objects.filter(pk=subject.id).only("kind", "customer_name").first()
        return f"{write.get_kind_display()}: {text_or_dash(write.customer_name)}" if write else ""
    if subject.kind == SubjectKind.PROBLEM:
        kept = ProblemNote.objects.filter(pk=subject.id, company_id=subject.company_id).first()
        return text_or_dash(kept.title if kept else subject.id)
    return company_name(subject.company_id)


def _customer(subject: Subject) -> str:
    cached = default_service().snapshots.cached_customer(
        company_id=subject.company_id, customer_id=subject.id
    )
    name = cached.data.get("customerName") if cached else None
    if not name:
        writes = Write.objects.filter(company_id=subject.company_id, customer_id=subject.id)
        name = writes.order_by("-created_at").values_list("customer_name", flat=True).first()
    return text_or_dash(name or subject.id)
