"""One person: what they may do and see, their account, and what was changed about them."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from customers.access.people import role_of, scope_of
from customers.people import accounts, asking, forms, granting, invitations, rules
from customers.people.companies import HIDDEN, Given, descriptions
from customers.people.history import events_of
from customers.people.listing import last_seen_of, second_factors, state_of
from customers.people.pages.company_choice import company_choice
from customers.people.pages.invite_view import link_of, mail_link
from customers.people.rules import PERMISSION, Refused
from customers.scope import Scope
from customers.web import htmx, links

# What was done just now, as the page says it.
DONE = {
    "invited": "The person was added.",
    "role": "The role was changed. It is in force now.",
    "off": "The account was switched off, and its sessions have ended.",
    "on": "The account was switched on.",
    "sessions": "All sessions of this person have ended.",
    "email": "The email address was changed.",
    "resent": "There is a new link. The one before does not work any more.",
    "withdrawn": "The invitation was withdrawn.",
    "all": "This person sees all companies now.",
    "some": "This person sees only chosen companies now.",
    "given": "The companies were added.",
    "taken": "The companies were removed.",
    "declined": "The request was declined.",
    "nothing": "Nothing was changed.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PERMISSION, raise_exception=True)
def person_page(request: HttpRequest, person_id: int) -> HttpResponse:
    """The page; POST does what `action` names. What the rules do not allow is answered with 422 and a sentence."""
    people = User.objects.select_related("person", "invitation", "access_request")
    person = get_object_or_404(people, pk=person_id)
    if request.method != "POST":
        return _page(request, person)
    if "find" in request.POST:
        return _page(request, person)
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        return _page(request, person, "Choose what to do.", status=422)
    try:
        done = action(request, cast(User, request.user), person_id)
    except Refused as refused:
        return _page(request, person, refused.sentence, status=422)
    except ValidationError as error:
        return _page(request, person, " ".join(error.messages), status=422)
    return htmx.see_other(links.person(person_id, done))


def _done(name: str, change: Callable[[User, int], int]) -> Callable[[HttpRequest, User, int], str]:
    """An action without fields: `name` where it changed anything."""
    return lambda request, by, person_id: name if change(by, person_id) else "nothing"


def _role(request: HttpRequest, by: User, person_id: int) -> str:
    role = forms.posted_role(request.POST.get("role", ""))
    return "role" if accounts.change_role(by, person_id, role) else "nothing"


def _email(request: HttpRequest, by: User, person_id: int) -> str:
    form = forms.EmailForm(request.POST)
    if not form.is_valid():
        raise ValidationError(list(form.errors["email"]))
    changed = accounts.change_email(by, person_id, form.cleaned_data["email"])
    return "email" if changed else "nothing"


def _resend(request: HttpRequest, by: User, person_id: int) -> str:
    mail_link(request, invitations.renew(by, person_id))
    return "resent"


def _give(request: HttpRequest, by: User, person_id: int) -> str:
    given = forms.given_of(request.POST)
    if not given:
        raise ValidationError("Choose companies, a tag or an owner first.")
    return "given" if granting.give(by, person_id, given) else "nothing"


def _take(request: HttpRequest, by: User, person_id: int) -> str:
    number = request.POST.get("grant", "")
    grant_id = int(number) if number.isdecimal() and len(number) < 19 else 0
    return "taken" if granting.take(by, person_id, grant_id) else "nothing"


ACTIONS: Mapping[str, Callable[[HttpRequest, User, int], str]] = {
    "role": _role,
    "email": _email,
    "resend": _resend,
    "give": _give,
    "take": _take,
    "off": _done("off", accounts.switch_off),
    "on": _done("on", accounts.switch_on),
    "sessions": _done("sessions", accounts.end_sessions),
    "withdraw": _done("withdrawn", invitations.withdraw),
    "all": _done("all", granting.show_all),
    "some": _done("some", granting.show_some),
    "decline": _done("declined", asking.decline),
}


def _page(request: HttpRequest, person: User, problem: str = "", status: int = 200) -> HttpResponse:
    reader = cast(User, request.user)
    scope = scope_of(reader)
    own_role, role = role_of(reader), role_of(person)
    asked = getattr(person, "access_request", None)
    context = {
        "person": person,
        "here": links.person(person.pk),
        "problem": problem,
        "done": DONE.get(request.GET.get("done", ""), ""),
        "is_own": person.pk == reader.pk,
        "may_change": rules.rank(role) <= rules.rank(own_role),
        "state": state_of(person),
        "role": request.POST.get("role", forms.role_value(role) if role else ""),
        "role_label": accounts.role_name(role),
        "roles": [("", "No role"), *forms.role_choices(reader)],
        "email": request.POST.get("email", person.email)[:254],
        "has_second_factor": second_factors(person).exists(),
        "last_seen": last_seen_of(person),
        "asked_at": asked.asked_at if asked else None,
        "events": events_of(person, scope),
    }
    context |= _invitation(request, person, scope)
    context |= _companies(person, scope)
    context |= company_choice(reader, request.POST)
    return htmx.render(
        request, "people/person.html", "people/_company_choice.html", context, status=status
    )


def _invitation(request: HttpRequest, person: User, scope: Scope) -> dict[str, Any]:
    """The open invitation, and its link where no mail has brought it: for those who see as much as the person."""
    invitation = invitations.open_invitation(person)
    link = ""
    if (
        invitation
        and not invitation.is_mailed
        and invitations.is_usable(invitation)
        and rules.is_within(rules.scope_when_on(person), scope)
    ):
        link = link_of(request, invitation)
    return {"invitation": invitation, "link": link, "has_mail": settings.HAS_MAIL}


def _companies(person: User, scope: Scope) -> dict[str, Any]:
    """What the person sees; companies that the reader does not see are counted only."""
    given = {each.pk: Given(each.kind, each.value, each.key) for each in person.grants.all()}
    texts = descriptions(given.values(), scope)
    rows = [(pk, texts[each]) for pk, each in given.items()]
    known = getattr(person, "person", None)
    return {
        # Also while the account is switched off, when it sees nothing.
        "sees_all": person.is_superuser or bool(known and known.sees_all),
        "may_give_all": scope.is_everything,
        "grants": [(pk, text) for pk, text in rows if text != HIDDEN],
        "hidden_grants": sum(text == HIDDEN for _, text in rows),
    }
