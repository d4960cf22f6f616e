"""The page Settings."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User

from customers.models import Preferences
from customers.web.reader import store
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db

URL = "/settings/"
VALID = {
    "time_zone": "Europe/Berlin",
    "locale": "de-DE",
    "theme": "dark",
    "density": "compact",
    "shortcuts": "on",
}


def stored(user: User) -> dict[str, object]:
    row = Preferences.objects.filter(pk=user.pk).first()
    return {name: getattr(row, name) for name in (*VALID, "list_columns")} if row else {}


def test_the_form_has_the_defaults(viewer_client: RawPathClient) -> None:
    page = viewer_client.get(URL).content.decode()
    assert '<option value="">Default: UTC</option>' in page
    assert '<option value="">Default: English (United Kingdom)</option>' in page
    assert "<optgroup" in page
    assert re.search(r'value="system" checked', page)
    assert " UTC</bdi>" in page
    assert "1,234,567" in page
    assert Preferences.objects.count() == 0, "reading stores nothing"


def test_a_save_stores_and_says_what_changed(viewer: User, viewer_client: RawPathClient) -> None:
    answer = viewer_client.post(URL, VALID, follow=True)
    page = answer.content.decode()
    sentence = "Time zone: Europe/Berlin; formats: German (Germany); theme: dark; density: compact."
    assert f"Saved. {sentence}" in page
    opening = re.search("<html[^>]+>", page)
    assert opening
    assert opening[0].split()[2:5] == [
        'data-theme="dark"',
        'data-density="compact"',
        'data-shortcuts="on"',
    ]
    assert "1.234.567" in page
    assert re.search(r"value=\"Europe/Berlin\" selected", page)
    row = stored(viewer)
    assert {name: row[name] for name in VALID} == VALID | {"shortcuts": True}


def test_a_save_changes_nothing_else(viewer: User, viewer_client: RawPathClient) -> None:
    store(viewer, list_columns=["name"])
    viewer_client.post(URL, VALID)
    assert stored(viewer)["list_columns"] == ["name"]
    page = viewer_client.post(URL, VALID, follow=True).content.decode()
    assert "Nothing was changed." in page
    page = viewer_client.post(
        URL, VALID | {"time_zone": "", "shortcuts": ""}, follow=True
    ).content.decode()
    assert "Saved. Time zone: the default, UTC; shortcuts with one key: off." in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("time_zone", "Mars/Olympus", "Choose a time zone from the list."),
        ("time_zone", "../../etc/passwd", "Choose a time zone from the list."),
        ("time_zone", "x" * 5000, "Choose a time zone from the list."),
        ("locale", "xx-YY", "Choose formats from the list."),
        ("locale", "<script>", "Choose formats from the list."),
        ("theme", "sepia", "Choose a theme."),
        ("theme", "", "Choose a theme."),
        ("density", "huge", "Choose a density."),
    ],
)
def test_a_value_that_is_not_offered_is_refused_at_its_field(
    viewer: User, viewer_client: RawPathClient, field: str, value: str, sentence: str
) -> None:
    answer = viewer_client.post(URL, VALID | {field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<div id="id_{field}_error"><div class="error">{sentence}</div>' in page
    assert f'href="#id_{field}"' in page
    assert f'aria-describedby="id_{field}_error' in page, "the error is part of the field"
    assert value not in page or value in ("", "<script>")
    assert '"<script>"' not in page
    assert re.search(r'value="dark" checked', page) or field == "theme", "the rest stays chosen"
    assert stored(viewer) == {}


@pytest.mark.parametrize("field", ["time_zone", "locale", "theme"])
def test_a_nul_is_refused(viewer: User, viewer_client: RawPathClient, field: str) -> None:
    assert viewer_client.post(URL, VALID | {field: "a\0b"}).status_code == 422
    assert stored(viewer) == {}


def test_an_empty_post_is_refused_in_words(viewer_client: RawPathClient) -> None:
    answer = viewer_client.post(URL, {})
    assert answer.status_code == 422
    assert "There are 2 problems" in answer.content.decode()


def test_the_preview_is_a_fragment_and_a_page_and_stores_nothing(
    viewer: User, viewer_client: RawPathClient
) -> None:
    query = {"time_zone": "Asia/Tokyo", "locale": "de-DE"}
    fragment = viewer_client.get(URL, query, headers={"HX-Request": "true"}).content.decode()
    assert " JST</bdi>" in fragment
    assert "1.234.567" in fragment
    assert "<html" not in fragment
    page = viewer_client.get(URL, query).content.decode()
    assert 'value="Asia/Tokyo" selected' in page
    bad = viewer_client.get(URL, {"time_zone": "No/Where"}, headers={"HX-Request": "true"})
    assert " UTC</bdi>" in bad.content.decode()
    assert stored(viewer) == {}


def test_what_was_saved_names_settings_only(viewer_client: RawPathClient) -> None:
    page = viewer_client.get(URL, {"saved": "theme,password,<b>"}).content.decode()
    assert "Saved. Theme: system." in page
    assert "password:" not in page


def test_preferences_go_with_their_person(viewer: User) -> None:
    store(viewer, theme="dark")
    viewer.delete()
    assert Preferences.objects.count() == 0


def test_each_page_has_the_link(viewer_client: RawPathClient) -> None:
    assert 'href="/settings/"' in viewer_client.get("/writes/").content.decode()


def test_a_changed_password_keeps_the_settings(viewer: User, viewer_client: RawPathClient) -> None:
    store(viewer, theme="dark")
    post = {
        "old_password": "viewer-password",
        "new_password1": "a-long-new-passphrase",
        "new_password2": "a-long-new-passphrase",
    }
    page = viewer_client.post("/accounts/password/", post, follow=True).content.decode()
    assert "Your password was changed" in page
    assert 'data-theme="dark"' in page
