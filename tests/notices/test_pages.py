"""The pages: notifications and their number in the frame, one's choices, the team's channels."""

from __future__ import annotations

import re
import uuid
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from customers.access import people
from customers.access.roles import Role
from customers.models import AuditEntry, CompanyState, Delivery, Grant, Notice, TeamChannel
from customers.notices import Kind, channels, choices, inbox
from customers.notices.inbox import PAGE_SIZE
from customers.notices.kinds import CHANNEL_KINDS, Way
from tests.conftest import RawPathClient
from tests.support.notices import TITLE, channel, reader, told
from tests.support.problems import company
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db: None) -> User:
    return reader("anna")


@pytest.fixture
def client(anna: User) -> RawPathClient:
    return signed_in(anna)


@pytest.fixture
def lead_client(db: None) -> RawPathClient:
    return signed_in(reader("lead", Role.ADMINISTRATOR))


def signed_in(user: User) -> RawPathClient:
    browser = RawPathClient()
    browser.force_login(user)
    return browser


def html(client: RawPathClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def mark_all(page: str) -> dict[str, str]:
    """What the button "Mark all as read" posts."""
    form = page.partition('name="read" value="all"')[2].partition("</form>")[0]
    newest = re.search(r'name="newest" value="([^"]+)"', form)
    return {"read": "all"} | ({"newest": newest[1]} if newest else {})


# -- notifications -----------------------------------------------------------------------------------


def test_a_notification_leads_to_what_it_is_about_and_is_read(
    anna: User, client: RawPathClient
) -> None:
    ours = company("Bluebell Bakery Group")
    told(anna, company_id=ours.pk)
    notice = Notice.objects.get()
    page = html(client, "/notifications/")
    assert f'href="/notifications/{notice.pk}/"' in page
    assert "Bluebell Bakery Group" in page
    answer = client.get(f"/notifications/{notice.pk}/")
    assert (answer.status_code, answer["Location"]) == (303, notice.link)
    notice.refresh_from_db()
    assert notice.read_at
    assert TITLE not in html(client, "/notifications/")
    assert TITLE in html(client, "/notifications/?show=all")


def test_the_frame_has_their_number_without_another_query(
    anna: User, client: RawPathClient
) -> None:
    html(client, "/settings/")
    with CaptureQueriesContext(
        connection,
    ) as before:
        assert "unread" not in html(client, "/settings/")
    told(anna, cause="a")
    told(anna, cause="b")
    told(reader("ben"), cause="a")
    html(client, "/settings/")
    with CaptureQueriesContext(connection) as after:
        page = html(client, "/settings/")
    assert '<span class="badge">2</span>' in page
    assert len(after) == len(before)


def test_the_poll_of_the_frame_brings_the_number(anna: User, client: RawPathClient) -> None:
    told(anna)
    answer = client.get("/writes/badge/", headers={"HX-Request": "true"})
    entry = answer.content.decode().partition('id="notifications-entry"')[2]
    assert entry.startswith(' hx-swap-oob="true"')
    assert "1</span>" in entry.partition("</a>")[0]


def test_one_or_all_are_marked_as_read(anna: User, client: RawPathClient) -> None:
    for cause in "abc":
        told(anna, cause=cause)
    first = Notice.objects.get(cause="a")
    assert client.post("/notifications/", {"read": str(first.pk)}).status_code == 303
    assert Notice.objects.filter(read_at=None).count() == 2
    client.post("/notifications/", {"read": "nonsense"})
    assert Notice.objects.filter(read_at=None).count() == 2
    page = html(client, "/notifications/?show=all")
    answer = client.post("/notifications/?show=all", mark_all(page))
    assert answer["Location"] == "/notifications/?show=all"
    assert not Notice.objects.filter(read_at=None).exists()


def test_what_came_after_the_page_was_shown_stays_unread(
    anna: User, client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "PAGE_SIZE", 2)
    for cause in "abc":
        told(anna, cause=cause)
    # All are those of the other pages, too.
    posted = mark_all(html(client, "/notifications/?page=2"))
    told(anna, cause="late")
    for wrong in ({"read": "all"}, {"read": "all", "newest": "x"}):
        client.post("/notifications/", wrong)
    assert Notice.objects.filter(read_at=None).count() == 4
    client.post("/notifications/", posted)
    assert Notice.objects.get(read_at=None).cause == "late"
    assert 'id="read-all"' in html(client, "/notifications/")
    client.post("/notifications/", mark_all(html(client, "/notifications/")))
    assert 'id="read-all"' not in html(client, "/notifications/?show=all")


def test_nobody_sees_or_marks_those_of_another(client: RawPathClient) -> None:
    told(reader("ben"))
    notice = Notice.objects.get()
    assert client.get(f"/notifications/{notice.pk}/").status_code == 404
    client.post("/notifications/", {"read": str(notice.pk)})
    client.post("/notifications/", {"read": "all", "newest": str(notice.pk)})
    assert TITLE not in html(client, "/notifications/?show=all")
    assert Notice.objects.filter(read_at=None).count() == 1


def test_those_of_a_company_that_one_may_not_see_any_more_are_gone(db: None) -> None:
    inside = reader("inside", sees_all=False)
    ours = company("Bluebell Bakery Group")
    granted = people.grant(inside, Grant.Kind.COMPANY, ours.pk)
    told(inside, company_id=ours.pk)
    people.revoke(granted)
    browser = signed_in(inside)
    page = html(browser, "/notifications/?show=all")
    assert TITLE not in page
    assert "Bluebell" not in page
    assert "unread" not in page.partition("<main")[0]
    assert browser.get(f"/notifications/{Notice.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize("method", ["head", "options"])
def test_only_opening_it_marks_a_notification_as_read(
    method: str, anna: User, client: RawPathClient
) -> None:
    told(anna)
    getattr(client, method)(f"/notifications/{Notice.objects.get().pk}/")
    assert Notice.objects.filter(read_at=None).exists()


def test_long_lists_have_pages(anna: User, client: RawPathClient) -> None:
    for number in range(PAGE_SIZE + 1):
        told(anna, cause=str(number))
    first = html(client, "/notifications/")
    assert first.count("<li>\n      <span>") == PAGE_SIZE
    assert "/notifications/?page=2" in first
    assert html(client, "/notifications/?page=2").count("<li>\n      <span>") == 1
    assert client.get("/notifications/?page=99999999").status_code == 200


def test_an_empty_list_says_so(client: RawPathClient) -> None:
    assert "No unread notifications" in html(client, "/notifications/")
    assert "No notifications yet" in html(client, "/notifications/?show=all")


def test_what_a_title_holds_is_escaped(anna: User, client: RawPathClient) -> None:
    told(anna, title="<script>alert(1)</script>")
    assert "<script>alert" not in html(client, "/notifications/")


# -- choices -----------------------------------------------------------------------------------------


def posted(client: RawPathClient, **values: str) -> Any:
    page = html(client, "/settings/notifications/")
    names = re.findall(r'<select id="id_([\w-]+)"', page)
    fields = {name: "8" if name == "digest_hour" else "page" for name in names}
    return client.post("/settings/notifications/", fields | values)


def test_choices_are_stored(anna: User, client: RawPathClient, settings: Settings) -> None:
    settings.HAS_MAIL = True
    assert (
        posted(client, **{"change-failed": "mail", "batch": "off", "digest_hour": "17"}).status_code
        == 303
    )
    stored = choices.choices_of(User.objects.get(pk=anna.pk))
    assert choices.way_of(stored, Kind.CHANGE_FAILED) == Way.MAIL
    assert choices.way_of(stored, Kind.BATCH) == Way.OFF
    assert stored.digest_hour == 17
    assert "Saved." in html(client, "/settings/notifications/?saved=1")


@pytest.mark.parametrize(
    "values", [{"batch": "by pigeon"}, {"batch": ""}, {"digest_hour": "24"}, {"digest_hour": "x"}]
)
def test_a_choice_that_does_not_exist_is_refused(
    client: RawPathClient, values: dict[str, str]
) -> None:
    answer = posted(client, **values)
    assert answer.status_code == 422
    assert "from the list." in answer.content.decode()


def test_a_person_is_offered_the_kinds_of_their_role(client: RawPathClient) -> None:
    page = html(client, "/settings/notifications/")
    assert "My batch finished" in page
    assert "Somebody asks for access" not in page
    viewer = signed_in(reader("vera", Role.VIEWER))
    assert "My batch finished" not in html(viewer, "/settings/notifications/")


def test_mail_is_offered_where_it_can_be_sent(
    anna: User, client: RawPathClient, settings: Settings
) -> None:
    page = html(client, "/settings/notifications/")
    assert "By mail at once" not in page
    assert "This dashboard sends no mail." in page
    settings.HAS_MAIL = True
    assert "By mail at once" in html(client, "/settings/notifications/")
    User.objects.filter(pk=anna.pk).update(email="")
    assert "You have no email address here." in html(client, "/settings/notifications/")


def test_the_settings_lead_there(client: RawPathClient, lead_client: RawPathClient) -> None:
    assert 'href="/settings/notifications/"' in html(client, "/settings/")
    assert 'href="/settings/channels/"' not in html(client, "/settings/")
    assert 'href="/settings/channels/"' in html(lead_client, "/settings/")


def test_channels_are_for_those_who_see_all_companies(db: None) -> None:
    company()
    ours = channel()
    narrow = reader("narrow", Role.ADMINISTRATOR, sees_all=False)
    people.grant(narrow, Grant.Kind.COMPANY, CompanyState.objects.get().company_id)
    client = signed_in(narrow)
    assert 'href="/settings/channels/"' not in html(client, "/settings/")
    suggested = client.get("/search/suggestions/?q=team+ch", headers={"HX-Request": "true"})
    assert suggested.status_code == 200
    assert "/settings/channels/" not in suggested.content.decode()
    assert client.get("/settings/channels/").status_code == 403
    assert client.post("/settings/channels/", NEW).status_code == 403
    remove = {"action": "remove", "channel": str(ours.pk)}
    assert client.post("/settings/channels/", remove).status_code == 403
    assert TeamChannel.objects.get() == ours


# -- channels ----------------------------------------------------------------------------------------

SLACK = "https://hooks.slack.com/services/T/B/secret"
NEW = {"action": "add", "name": "Team", "form": "slack", "url": SLACK, "kinds": ["batch"]}


def test_a_channel_is_added_and_its_address_is_not_shown_again(lead_client: RawPathClient) -> None:
    assert lead_client.post("/settings/channels/", NEW).status_code == 303
    made = TeamChannel.objects.get()
    assert (made.name, made.form, made.url, made.kinds) == ("Team", "slack", SLACK, ["batch"])
    page = html(lead_client, "/settings/channels/")
    assert "hooks.slack.com" in page
    assert "secret" not in page.partition("Add a channel")[0].replace("The secret", "")


def test_the_secret_of_a_webhook_is_shown_once(lead_client: RawPathClient) -> None:
    answer = lead_client.post("/settings/channels/", NEW | {"form": "webhook"})
    secret = channels.secret_of(TeamChannel.objects.get())
    assert secret in answer.content.decode()
    lead_client.post("/settings/channels/", NEW | {"form": "webhook"})  # a reload
    made = TeamChannel.objects.get()
    assert secret not in html(lead_client, "/settings/channels/")
    answer = lead_client.post("/settings/channels/", {"action": "secret", "channel": str(made.pk)})
    made.refresh_from_db()
    assert channels.secret_of(made) != secret
    assert channels.secret_of(made) in answer.content.decode()


def test_the_audit_has_what_was_done_with_a_channel(lead_client: RawPathClient) -> None:
    lead_client.post("/settings/channels/", NEW | {"form": "webhook"})
    made = str(TeamChannel.objects.get().pk)
    for action in ("secret", "remove"):
        lead_client.post("/settings/channels/", {"action": action, "channel": made})
    entries = AuditEntry.objects.filter(kind="setting").order_by("id")
    assert [entry.detail["step"] for entry in entries] == ["added", "new secret", "removed"]
    assert {entry.user_name for entry in entries} == {"lead"}
    assert "secret" not in str([entry.detail["name"] for entry in entries])
    assert not any(SLACK in str(entry.detail) for entry in entries)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "\u200b"}, "Enter a name."),
        ({"form": "pigeon"}, "Choose a kind of channel."),
        ({"url": ""}, "Enter the channel’s address."),
        ({"url": "http://hooks.slack.com/a"}, "begins with https://"),
        ({"url": "https://169.254.169.254/"}, "may not be sent to 169.254.169.254"),
        ({"kinds": []}, "Select at least one event."),
        ({"kinds": ["mention"]}, "Select events from the list."),
    ],
)
def test_an_invalid_channel_is_refused_with_what_was_typed(
    lead_client: RawPathClient, values: dict[str, Any], sentence: str
) -> None:
    answer = lead_client.post("/settings/channels/", NEW | values)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert 'name="url" type="url"' in page
    if "url" not in values:
        assert f'value="{SLACK}"' in page
    assert not TeamChannel.objects.exists()


def test_a_test_message_and_the_end_of_a_channel(lead_client: RawPathClient) -> None:
    ours = channel("slack")
    lead_client.post("/settings/channels/", {"action": "test", "channel": str(ours.pk)})
    assert Delivery.objects.get().title == "This is a test message from the dashboard"
    lead_client.post("/settings/channels/", {"action": "remove", "channel": str(ours.pk)})
    assert not TeamChannel.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"action": "remove"},
        {"action": "x", "channel": "1"},
        {"action": "remove", "channel": "²"},
    ],
)
def test_a_button_that_does_not_exist_does_nothing(
    lead_client: RawPathClient, values: dict[str, str]
) -> None:
    channel("slack")
    assert lead_client.post("/settings/channels/", values).status_code == 303
    assert TeamChannel.objects.exists()


def test_channels_are_for_administrators(client: RawPathClient) -> None:
    assert client.get("/settings/channels/").status_code == 403
    assert client.post("/settings/channels/", NEW).status_code == 403
    assert not TeamChannel.objects.exists()


def test_channels_are_not_offered_what_is_about_one_person() -> None:
    assert Kind.MENTION not in CHANNEL_KINDS
    assert Kind.ACCESS not in CHANNEL_KINDS


def test_a_notification_that_does_not_exist(client: RawPathClient) -> None:
    assert client.get(f"/notifications/{uuid.uuid4()}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_channel_that_is_posted_twice_in_one_instant_is_one(groups: None) -> None:
    lead = reader("lead", Role.ADMINISTRATOR)
    add = partial(
        channels.add, lead, name="Team", form="slack", url="https://hooks.slack.com/a", kinds=[]
    )
    made = all_at_once([add] * 4)
    assert len({one.pk for one in made}) == TeamChannel.objects.count() == 1
