"""Where an invited person joins with the link of the mail: by a password of their own, or through the provider."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers.people import invitations


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
def invitation_page(request: HttpRequest, token: str) -> HttpResponse:
    """The form for a password, and the button of the provider.

    410 for a link that does not work any more, whatever the reason.
    """
    invitation = invitations.invitation_of(token)
    if invitation is None:
        return render(request, "people/invitation_over.html", status=410)
    form = SetPasswordForm(invitation.user, request.POST if request.method == "POST" else None)
    context = {
        "form": form,
        "person": invitation.user,
        "expires_at": invitation.expires_at,
        "token": token,
        "has_passwords": settings.LOCAL_PASSWORDS,
        "provider_name": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "provider_id": settings.OIDC_PROVIDER_ID,
    }
    if request.method != "POST" or not settings.LOCAL_PASSWORDS:
        return render(request, "people/invitation.html", context)
    if not form.is_valid():
        return render(request, "people/invitation.html", context, status=422)
    person = invitations.accept(token, form.cleaned_data["new_password1"])
    if person is None:
        return render(request, "people/invitation_over.html", status=410)
    return render(request, "people/invitation_accepted.html", {"person": person})
