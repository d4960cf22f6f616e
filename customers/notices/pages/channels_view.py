"""The page of the team's channels, for administrators."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers import scope
from customers.models import Delivery, TeamChannel
from customers.notices import channels
from customers.notices.forms import ChannelForm
from customers.notices.kinds import CHANNEL_KINDS
from customers.web import htmx, links


@dataclass(frozen=True, slots=True)
class Row:
    """A channel as the page shows it: never its whole address, which lets anybody post. `error` is that of the last."""

    channel: TeamChannel
    host: str
    events: list[str]
    sent_at: datetime | None
    error: str


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.manage_people", raise_exception=True)
def team_channels(request: HttpRequest) -> HttpResponse:
    """The channels. POST `action` adds one, or does something with `channel`: test, secret, remove.

    A channel is told of every company: for those who see all.
    """
    if not scope.current().is_everything:
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, ChannelForm())
    if request.POST.get("action") == "add":
        return _add(request)
    action = _ACTIONS.get(request.POST.get("action", ""))
    channel = _channel(request.POST.get("channel", ""))
    if action is not None and channel is not None:
        return action(request, channel)
    return htmx.see_other(links.channels())


def _add(request: HttpRequest) -> HttpResponse:
    form = ChannelForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    if TeamChannel.objects.count() >= channels.MAX_CHANNELS:
        form.add_error(None, f"There are {channels.MAX_CHANNELS} channels. Remove one first.")
        return _page(request, form, status=422)
    channel = channels.add(cast(User, request.user), **form.cleaned_data)
    if channel.form == TeamChannel.Form.WEBHOOK:
        return _page(request, ChannelForm(), secret_of=channel)
    return htmx.see_other(f"{links.channels()}?saved=added")


def _test(_: HttpRequest, channel: TeamChannel) -> HttpResponse:
    channels.put_test(channel, links.channels())
    return htmx.see_other(f"{links.channels()}?saved=test")


def _renew(request: HttpRequest, channel: TeamChannel) -> HttpResponse:
    channels.renew_secret(cast(User, request.user), channel)
    return _page(request, ChannelForm(), secret_of=channel)


def _remove(request: HttpRequest, channel: TeamChannel) -> HttpResponse:
    channels.remove(cast(User, request.user), channel)
    return htmx.see_other(f"{links.channels()}?saved=removed")


_ACTIONS = {"test": _test, "secret": _renew, "remove": _remove}
_SAVED = {
    "added": "The channel was added.",
    "test": "A test message is in the outbox. The worker sends it now.",
    "removed": "The channel was removed.",
}


def _channel(text: str) -> TeamChannel | None:
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return TeamChannel.objects.filter(pk=int(text)).first() if is_number else None


def _page(
    request: HttpRequest,
    form: ChannelForm,
    *,
    status: int = 200,
    secret_of: TeamChannel | None = None,
) -> HttpResponse:
    """The page. The secret of a channel is shown in the response to the post that made it, and never again."""
    context: dict[str, Any] = {
        "form": form,
        "errors": [
            {"text": text, "anchor": "" if name == "__all__" else f"id_{name}"}
            for name, texts in form.errors.items()
            for text in texts
        ],
        "rows": _rows(),
        "chosen": form["kinds"].value() or [],
        "saved": _SAVED.get(request.GET.get("saved", ""), ""),
        "secret": channels.secret_of(secret_of) if secret_of else "",
        "secret_name": secret_of.name if secret_of else "",
    }
    return render(request, "notices/channels.html", context, status=status)


def _rows() -> list[Row]:
    found = TeamChannel.objects.annotate(sent_at=Max("deliveries__sent_at"))
    failed = Delivery.objects.exclude(channel=None).exclude(error="").order_by("created_at")
    errors = dict(failed.values_list("channel", "error"))
    return [
        Row(
            channel,
            urlsplit(channel.url).hostname or "",
            [CHANNEL_KINDS[kind] for kind in CHANNEL_KINDS if kind in channel.kinds],
            channel.sent_at,
            errors.get(channel.pk, ""),
        )
        for channel in found
    ]
