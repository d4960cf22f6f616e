"""`/.well-known/security.txt` (RFC 9116): where a vulnerability of this dashboard is reported. No sign-in."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

# The RFC recommends less than a year.
VALID_FOR = timedelta(days=180)


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """The contacts of `SECURITY_CONTACT`, most preferred first. Raises Http404 where none is set."""
    if not settings.SECURITY_CONTACT:
        raise Http404("no SECURITY_CONTACT")
    # Whole days: the response is the same for everybody all day.
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {contact}" for contact in settings.SECURITY_CONTACT]
    lines += [f"Expires: {today + VALID_FOR:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en"]
    response = HttpResponse(
        "".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8"
    )
    response["Cache-Control"] = "public, max-age=86400"
    return response
