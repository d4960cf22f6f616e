"""The form that invites a person by mail."""

from collections.abc import Mapping, Sequence
from typing import cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from customers.models import Invitation
from customers.notices.addresses import absolute
from customers.people import invitations
from customers.people.forms import InviteForm
from customers.people.mail import send_invitation
from customers.people.pages.company_choice import company_choice
from customers.people.rules import PERMISSION, Refused
from customers.web import htmx, links


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(PERMISSION, raise_exception=True)
def invite(request: HttpRequest) -> HttpResponse:
    """The form; POST adds the person and mails the link. With `find` the post only searches companies."""
    user = cast(User, request.user)
    if request.method != "POST":
        return _page(request, InviteForm(user), {})
    form = InviteForm(user, request.POST)
    if "find" in request.POST:
        return _page(request, form, {})
    if form.is_valid():
        try:
            person = invitations.invite(user, form.new_person)
        except Refused as refused:
            same = invitations.just_invited(user, form.new_person)
            if same is not None:
                return htmx.see_other(links.person(same.pk, "invited"))
            form.add_error(None, refused.sentence)
        else:
            mail_link(request, person)
            return htmx.see_other(links.person(person.pk, "invited"))
    return _page(
        request, form, {name: list(map(str, texts)) for name, texts in form.errors.items()}, 422
    )


def mail_link(request: HttpRequest, person: User) -> None:
    """Mail the link of a person's newest invitation."""
    url = link_of(request, Invitation.objects.get(user=person))
    send_invitation(person, cast(User, request.user), url)


def link_of(request: HttpRequest, invitation: Invitation) -> str:
    """The whole address of an invitation."""
    return absolute(links.invitation(invitations.token_of(invitation)), request)


def _page(
    request: HttpRequest,
    form: InviteForm,
    errors: Mapping[str, Sequence[str]],
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "errors": errors,
        "summary": [
            {"text": text, "anchor": f"id_{name}" if name in form.fields else ""}
            for name, texts in errors.items()
            for text in texts
        ],
        "here": links.invite(),
    }
    context |= company_choice(cast(User, request.user), request.POST)
    return htmx.render(
        request, "people/invite.html", "people/_company_choice.html", context, status=status
    )
