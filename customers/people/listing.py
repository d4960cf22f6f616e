"""The list of people: who they are, their role and companies, when they were last here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from customers.access.roles import Role
from customers.models import AccessRequest, Grant, Invitation, Person
from customers.people.accounts import role_name
from customers.people.rules import never_came

PAGE_SIZE = 50
MAX_TEXT = 200

NO_ROLE = "none"
ROLES = (("", "All"), *((role.name.lower(), role.label) for role in Role), (NO_ROLE, "No role"))
STATES = (
    ("", "All"),
    ("active", "Active"),
    ("invited", "Invited"),
    ("off", "Switched off"),
    ("asking", "Asked for access"),
)


@dataclass(frozen=True, slots=True)
class PeopleFilters:
    """The filters of an address; "" selects all."""

    text: str = ""
    role: str = ""
    state: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> PeopleFilters:
        """The filters of a query string; unknown values select all."""
        role, state = query.get("role", ""), query.get("state", "")
        return cls(
            text=query.get("q", "").replace("\0", "").strip()[:MAX_TEXT],
            role=role if role in dict(ROLES) else "",
            state=state if state in dict(STATES) else "",
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anybody is left out."""
        return bool(self.text or self.role or self.state)

    def apply(self, people: QuerySet[User]) -> QuerySet[User]:
        """Those who match."""
        if self.text:
            people = people.filter(Q(username__icontains=self.text) | Q(email__icontains=self.text))
        if self.role:
            people = people.filter(_with_role(self.role))
        if self.state == "off":
            people = people.filter(is_active=False)
        elif self.state == "invited":
            people = people.filter(never_came(), is_active=True)
        elif self.state == "active":
            people = people.exclude(never_came()).filter(is_active=True)
        elif self.state == "asking":
            people = people.filter(is_active=True, access_request__isnull=False)
        return people


def _with_role(name: str) -> Q:
    """Those whose highest role it is. A superuser is an administrator."""
    if name == NO_ROLE:
        return ~Q(Exists(_in_groups(list(Role)))) & Q(is_superuser=False)
    role = Role[name.upper()]
    higher = list(Role)[list(Role).index(role) + 1 :]
    own = Q(Exists(_in_groups([role])))
    if role == Role.ADMINISTRATOR:
        return own | Q(is_superuser=True)
    return own & ~Q(Exists(_in_groups(higher))) & Q(is_superuser=False)


def _in_groups(roles: Sequence[Role]) -> QuerySet[User]:
    return User.objects.filter(pk=OuterRef("pk"), groups__name__in=roles)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of the list. `state` is "" for somebody who may sign in and has."""

    pk: int
    username: str
    email: str
    role: str
    companies: str
    last_seen: datetime | None
    state: str
    tone: str
    has_second_factor: bool
    asked_at: datetime | None


def people(filters: PeopleFilters, page: int) -> tuple[Sequence[PersonRow], int]:
    """The rows of a page (from 1), those who ask for access first; and how many match."""
    matching = filters.apply(User.objects.all())
    total = matching.count()
    rows = (
        matching.select_related("person", "access_request", "invitation")
        .prefetch_related("groups")
        .annotate(
            companies=Count("grants", filter=Q(grants__kind=Grant.Kind.COMPANY)),
            others=Count("grants", filter=~Q(grants__kind=Grant.Kind.COMPANY)),
            has_second_factor=Exists(second_factors(OuterRef("pk"))),
            asks=Exists(AccessRequest.objects.filter(user=OuterRef("pk"), user__is_active=True)),
        )
        .order_by("-asks", "username", "pk")
    )
    start = (page - 1) * PAGE_SIZE
    return [_row(user) for user in rows[start : start + PAGE_SIZE]], total


def _row(user: User) -> PersonRow:
    person: Person | None = getattr(user, "person", None)
    request: AccessRequest | None = getattr(user, "access_request", None)
    state, tone = state_of(user)
    names = {group.name for group in user.groups.all()}
    role = next((role for role in reversed(Role) if role in names), None)
    return PersonRow(
        pk=user.pk,
        username=user.get_username(),
        email=user.email,
        role=role_name(Role.ADMINISTRATOR if user.is_superuser else role),
        companies=_companies(user, person),
        last_seen=last_seen_of(user),
        state=state,
        tone=tone,
        has_second_factor=vars(user)["has_second_factor"],
        asked_at=request.asked_at if request and user.is_active else None,
    )


def second_factors(user: object) -> QuerySet[Any]:
    """The authenticator apps and passkeys of a user; recovery codes alone are no second factor."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    rows: QuerySet[Any] = Authenticator.objects.filter(user=user, type__in=kinds)
    return rows


def _companies(user: User, person: Person | None) -> str:
    """How many companies a person was given. Their names are on the person's page, for those who may see them."""
    if user.is_superuser or (person and person.sees_all):
        return "All"
    given = vars(user)
    parts = [
        f"{number} {one if number == 1 else many}"
        for number, one, many in (
            (given["companies"], "company", "companies"),
            (given["others"], "tag or owner", "tags or owners"),
        )
        if number
    ]
    return ", ".join(parts) or "None"


def last_seen_of(user: User) -> datetime | None:
    """When somebody was last here, else when they last signed in; None for never."""
    person: Person | None = getattr(user, "person", None)
    return (person.last_seen_at if person else None) or user.last_login


def state_of(user: User) -> tuple[str, str]:
    """What is special about an account, and its tone; "" for somebody who may sign in and has."""
    invitation: Invitation | None = getattr(user, "invitation", None)
    is_open = invitation is not None and not invitation.accepted_at and not user.last_login
    if invitation and is_open and invitation.withdrawn_at:
        return "Invitation withdrawn", ""
    if not user.is_active:
        return "Switched off", ""
    if invitation and is_open:
        if invitation.expires_at < timezone.now():
            return "Invitation expired", "warn"
        return "Invited", "info"
    return "", ""
