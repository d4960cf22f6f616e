"""What an entry says, in words, and where it leads."""

from collections.abc import Callable

from customers.models import AuditEntry
from customers.web import links

Kind = AuditEntry.Kind

# Steps of batches, imports and people by their code names; others read as they are.
_WORDS = {
    "again": "again",
    "create": "created",
    "update": "update",
    "start": "started",
    "pause": "paused",
    "resume": "resumed",
    "cancel": "cancelled",
    "finish": "finished",
    "upload": "uploaded",
    "replace": "corrected file uploaded",
    "file": "read in another way",
    "columns": "columns matched",
    "check": "checked again",
    "correct": "rows corrected",
    "decide": "rows decided",
    "leave_out": "rows left out",
    "send": "sent",
    "delete": "deleted",
    "not_received": "marked as not received",
    "linked": "linked to Codat’s history",
}


def detail(entry: AuditEntry) -> str:
    """What an entry says beside its kind: "form", "uploaded"; "" for nothing."""
    values = entry.detail if isinstance(entry.detail, dict) else {}
    # The step first: what follows says more of it.
    ordered = sorted(values.items(), key=lambda pair: (pair[0] != "step", pair[0]))
    texts = [_word(name, value) for name, value in ordered]
    return ", ".join(filter(None, texts))


def _word(name: str, value: object) -> str:
    if isinstance(value, bool):
        return _WORDS.get(name, name) if value else ""
    if isinstance(value, int):
        return f"{name.replace('_', ' ')}: {value}"
    text = str(value)
    # A file is called by its words, which may be those of a step.
    return text if name != "step" else _WORDS.get(text, text.replace("_", " "))


_SUBJECTS: dict[str, Callable[[str, str], str]] = {
    Kind.CHANGE: links.write,
    Kind.DECISION: links.write,
    Kind.BATCH: links.batch,
    Kind.IMPORT: links.import_page,
    Kind.EXPORT: links.exported,
}


def subject_url(entry: AuditEntry) -> str:
    """The page of what an entry is about beside its customer; "" for none."""
    if not (entry.company_id and entry.subject):
        return ""
    if entry.kind == Kind.APPROVAL:
        return links.approval(entry.subject)
    if entry.kind == Kind.FILE and entry.customer_id:
        return links.attachment(entry.company_id, entry.customer_id, entry.subject)
    address = _SUBJECTS.get(entry.kind)
    return address(entry.company_id, entry.subject) if address else ""


def customer_url(entry: AuditEntry) -> str:
    """The page of the customer of an entry; "" for none."""
    if not entry.company_id or not links.is_addressable(entry.customer_id):
        return ""
    return links.customer(entry.company_id, entry.customer_id)
