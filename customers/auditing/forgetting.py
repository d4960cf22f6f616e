"""Having one customer forgotten: its values leave the dashboard's database. What Codat has is not touched."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from customers.audit import recording as audit
from customers.auditing.held import Customer, obstacles, opened_by
from customers.models import AuditEntry, Batch, Export, IndexedCompany, Preferences
from customers.scope import EVERYTHING, restricted
from customers.spreadsheets.importing import states as import_states
from customers.web import links
from customers.worker import forgetting
from customers.writes.save_lock import customer_lock, lock_in_transaction


class NotPossible(Exception):
    """Something about the customer is still in progress: nothing was forgotten."""


def forget(customer: Customer, *, user: User) -> None:
    """Delete all values of a customer: index, drafts, uploaded files with it, duplicates, notes, owner, recent records.

    Its changes stay without their values, as those that are old, and so do its rows of batches. The entry in the audit
    says who had it forgotten. Raises NotPossible. Repeated, it does nothing more than add an entry.
    """
    with transaction.atomic():
        # Nobody saves a change of it between the check and the deletion.
        lock_in_transaction(customer_lock(customer.company_id, customer.customer_id))
        if obstacles(customer):
            raise NotPossible
        changes = forgetting.empty_writes(customer.writes.filter(forgotten_at=None))
        customer.batch_rows.update(**forgetting.EMPTY_ROW)
        drafts = customer.drafts.delete()[0]
        if customer.indexed.delete()[0]:
            company = IndexedCompany.objects.filter(company_id=customer.company_id, customers__gt=0)
            company.update(customers=F("customers") - 1)
        customer.pairs.delete()
        customer.notes.delete()
        customer.owners.delete()
        _forget_recent(customer)
        _forget_searches(customer)
        imports = [source for source in customer.imports if import_states.forget(source)]
        audit.record(
            AuditEntry.Kind.FORGOTTEN,
            user=user,
            company_id=customer.company_id,
            customer_id=customer.customer_id,
            detail={"changes": changes, "drafts": drafts, "imports": len(imports)},
        )


def _forget_recent(customer: Customer) -> None:
    """Remove it from the lists of those who opened it."""
    record = customer.recent_record
    removed = [record.kind, record.company_id, record.record_id]
    for row in opened_by(customer):
        kept = [each for each in row.recent_records if each != removed]
        Preferences.objects.filter(pk=row.pk).update(recent_records=kept)


def _forget_searches(customer: Customer) -> None:
    """Delete the words of searches by which exports and batches of its company were selected: maybe its values."""
    exports = Export.objects.filter(company_id=customer.company_id)
    asked = set(forgetting.with_words(exports).values_list("question", flat=True))
    forgetting.empty_questions(forgetting.with_words(exports))
    with restricted(EVERYTHING):
        # A search over all companies has a line for each of them.
        of_all = Export.objects.filter(question__startswith=links.search(), question__in=asked)
        forgetting.empty_questions(of_all)
    batches = Batch.objects.filter(company_id=customer.company_id)
    forgetting.empty_questions(forgetting.with_words(batches))
