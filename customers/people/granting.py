"""The companies that a person sees: all, or those of grants. Each change is made under the rules."""

from collections.abc import Collection

from django.contrib.auth.models import User

from customers.access import people as access
from customers.models import Grant, Person, PersonEvent
from customers.people import asking, rules
from customers.people.companies import Given
from customers.people.history import record
from customers.people.rules import changing

Action = PersonEvent.Action
# Companies, tags and owners of one change.
MAX_GIVEN = 200


def show_all(by: User, person_id: int) -> bool:
    """Let a person see all companies; whether they did not before. Raises Refused."""
    with changing(by, person_id) as change:
        if access.scope_of(change.person).is_everything:
            return False
        rules.require_other_companies(change)
        rules.require_scope(change.by, None)
        access.set_sees_all(change.person, sees_all=True)
        record(change.person, by, Action.ALL_COMPANIES)
        asking.forget_if_answered(_again(change.person))
    return True


def show_some(by: User, person_id: int) -> bool:
    """Let a person see only what their grants name; whether they saw all before. Raises Refused."""
    with changing(by, person_id) as change:
        if not Person.objects.filter(pk=change.person.pk, sees_all=True).exists():
            return False
        rules.require_other_companies(change)
        rules.require_no_wider(change)
        access.set_sees_all(change.person, sees_all=False)
        record(change.person, by, Action.SOME_COMPANIES)
    return True


def give(by: User, person_id: int, given: Collection[Given]) -> int:
    """Let a person see companies; how many of the grants are new. Raises Refused, and then gives none."""
    with changing(by, person_id) as change:
        rules.require_other_companies(change)
        require_given(change.by, given)
        return add(change.by, change.person, given)


def require_given(by: User, given: Collection[Given]) -> None:
    """Raises Refused where somebody gives what they do not see: tags and owners may name any company."""
    companies = {each.value for each in given if each.kind == Grant.Kind.COMPANY}
    names_any = any(each.kind != Grant.Kind.COMPANY for each in given)
    rules.require_scope(by, None if names_any else frozenset(companies))


def add(by: User, person: User, given: Collection[Given]) -> int:
    """Add grants that were allowed, in the transaction of the change; how many are new."""
    known = {Given(each.kind, each.value, each.key) for each in person.grants.all()}
    new = [each for each in dict.fromkeys(given) if each not in known][:MAX_GIVEN]
    for each in new:
        access.grant(person, Grant.Kind(each.kind), each.value, key=each.key, granted_by=by)
        record(person, by, Action.GRANTED, given=each)
    asking.forget_if_answered(_again(person))
    return len(new)


def take(by: User, person_id: int, grant_id: int) -> bool:
    """Take a grant back; whether the person had it. Raises Refused, also for one that names what `by` does not see."""
    with changing(by, person_id) as change:
        granted = Grant.objects.filter(user=change.person, pk=grant_id).first()
        if granted is None:
            return False
        rules.require_other_companies(change)
        given = Given(granted.kind, granted.value, granted.key)
        require_given(change.by, [given])
        access.revoke(granted)
        record(change.person, by, Action.REVOKED, given=given)
    return True


def _again(person: User) -> User:
    """A user whose person and grants are read anew."""
    return User.objects.select_related("person").get(pk=person.pk)
