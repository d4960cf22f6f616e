"""The rules that ask for approval: adding one, and switching one off. A rule is never changed, so its past is known."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from customers.access.people import one_at_a_time
from customers.access.scopes import scope_of
from customers.audit import recording as audit
from customers.codat.text import db_safe
from customers.formatting import counted
from customers.models import ApprovalRule, AuditEntry

Field = ApprovalRule.Field


@dataclass(frozen=True, slots=True)
class RuleRequest:
    """A rule as somebody asks for it. `larger_than` is None where batches are not counted."""

    company_id: str = ""
    company_name: str = ""
    tag_key: str = ""
    tag_value: str = ""
    fields: tuple[str, ...] = ()
    larger_than: int | None = None


def may_decide(company_id: str, user: User) -> bool:
    """Whether a person may add or switch off rules of a company that they see; "" for those of many companies.

    A rule without a company is about companies that come later, too: it needs somebody who sees all.
    """
    return scope_of(user).has(company_id)


def add(request: RuleRequest, user: User) -> ApprovalRule:
    """Add a rule, once where the same form is posted again: a rule that is on already is returned as it is.

    It asks for what is saved, and for batches that are started, from now on. Raises PermissionDenied where `may_decide`
    does not allow it.
    """
    _check(request.company_id, user)
    wanted = {
        "company_id": request.company_id,
        "tag_key": db_safe(request.tag_key, 200),
        "tag_value": db_safe(request.tag_value, 200),
        "fields": [*request.fields],
        "larger_than": request.larger_than,
    }
    with one_at_a_time():
        same = ApprovalRule.objects.filter(ended_at=None, **wanted).first()
        if same is not None:
            return same
        rule = ApprovalRule.objects.create(
            company_name=db_safe(request.company_name),
            made_by=user,
            made_by_name=user.get_username(),
            **wanted,
        )
        _record(rule, user, "added")
    return rule


def switch_off(rule: ApprovalRule, user: User) -> bool:
    """Switch a rule off; whether it was on. What waits goes on waiting.

    Raises PermissionDenied where `may_decide` does not allow it.
    """
    _check(rule.company_id, user)
    rows = ApprovalRule.objects.filter(pk=rule.pk, ended_at=None)
    with transaction.atomic():
        ended = rows.update(
            ended_at=timezone.now(), ended_by=user, ended_by_name=user.get_username()
        )
        if ended:
            _record(rule, user, "switched off")
    return bool(ended)


def _check(company_id: str, user: User) -> None:
    if not may_decide(company_id, user):
        raise PermissionDenied


def _record(rule: ApprovalRule, user: User, step: str) -> None:
    audit.record(
        AuditEntry.Kind.SETTING,
        user=user,
        company_id=rule.company_id,
        subject=rule.pk,
        detail={"setting": "rule for approval", "step": step},
    )


def companies_of(rule: ApprovalRule) -> str:
    """Which companies a rule is about, in words."""
    if rule.company_id:
        return rule.company_name or rule.company_id
    return f"{rule.tag_key}: {rule.tag_value}" if rule.tag_key else "All companies"


def asks_for(rule: ApprovalRule) -> list[str]:
    """What a rule asks approval for, in words."""
    labels = dict(Field.choices)
    found = [str(labels[one]) for one in rule.fields if one in labels]
    if rule.larger_than is not None:
        found.append(f"Batches of more than {counted(rule.larger_than, 'row')}")
    return found
