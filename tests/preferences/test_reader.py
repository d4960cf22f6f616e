"""The reader of a page: stored choices, defaults, and nothing that leaks to the next request."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from customers import formatting, localisation
from customers.models import Preferences
from customers.web.middleware import ReaderMiddleware
from customers.web.reader import Reader, reader_of, store
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.django_db

MOMENT = "2023-03-24T16:07:23Z"
DEFAULTS = Reader("system", "comfortable", True, "UTC", "en-GB")


def request_of(user: User | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


def test_nobody_and_somebody_without_a_row_have_the_defaults(viewer: User) -> None:
    assert reader_of(RequestFactory().get("/")) == DEFAULTS
    assert reader_of(request_of(AnonymousUser())) == DEFAULTS
    assert reader_of(request_of(viewer)) == DEFAULTS


def test_the_defaults_are_settings(viewer: User, settings: Settings) -> None:
    settings.DEFAULT_TIME_ZONE, settings.DEFAULT_LOCALE = "Europe/Paris", "fr-FR"
    reader = reader_of(request_of(viewer))
    assert (reader.time_zone, reader.locale) == ("Europe/Paris", "fr-FR")
    assert formatting.day_and_time(MOMENT) == "24 mars 2023, 17:07 CET"


def test_what_is_stored_is_in_force(viewer: User) -> None:
    store(viewer, theme="dark", density="compact", shortcuts=False, time_zone="Asia/Tokyo")
    store(viewer, locale="ja-JP", list_columns=["name", "city"])
    assert reader_of(request_of(viewer)) == Reader(
        "dark", "compact", False, "Asia/Tokyo", "ja-JP", ("name", "city")
    )


@pytest.mark.parametrize(
    "values",
    [
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"locale": "xx-YY"},
        {"locale": "en_GB"},
        {"theme": "sepia"},
        {"density": "none"},
        {"list_columns": {"a": 1}},
        {"list_columns": [None, 5, "", "x" * 65]},
        {"list_columns": 7},
    ],
    ids=str,
)
def test_a_stored_value_that_is_invalid_is_the_default(
    viewer: User, viewer_client: RawPathClient, values: dict[str, Any]
) -> None:
    Preferences.objects.create(user=viewer, **values)
    assert reader_of(request_of(viewer)) == DEFAULTS
    assert viewer_client.get("/writes/").status_code == 200
    assert viewer_client.get("/settings/").status_code == 200


def test_columns_are_kept_in_order_each_once_and_bounded(viewer: User) -> None:
    store(viewer, list_columns=["b", "a", "b", 3, *map(str, range(100))])
    columns = reader_of(request_of(viewer)).list_columns
    assert columns[:3] == ("b", "a", "0")
    assert len(columns) < 51


def test_one_query_a_request(
    viewer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = request_of(viewer)
    with django_assert_num_queries(1):
        assert reader_of(request) is reader_of(request)
    with django_assert_num_queries(0):
        reader_of(request_of(AnonymousUser()))


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_the_defaults(
    viewer: User, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(**_: object) -> None:
        raise error("gone")

    monkeypatch.setattr(Preferences.objects, "get", fail)
    assert reader_of(request_of(viewer)) == DEFAULTS


def test_a_page_has_the_readers_attributes_and_times(
    sandbox: Sandbox, viewer: User, viewer_client: RawPathClient
) -> None:
    store(viewer, theme="dark", density="compact", shortcuts=False, time_zone="Asia/Tokyo")
    page = viewer_client.get(f"/companies/{sandbox.company('qbo')}/customers/").content.decode()
    opening = re.search("<html[^>]+>", page)
    assert opening
    assert dict(re.findall(r'data-([a-z-]+)="([^"]+)"', opening[0])) == {
        "theme": "dark",
        "density": "compact",
        "shortcuts": "off",
        "time-zone": "Asia/Tokyo",
        "locale": "en-GB",
    }
    assert re.search(r'title="[^"]+ JST = [^"]+ UTC"', page)
    missing = viewer_client.get("/nothing/")
    assert missing.status_code == 404
    assert 'data-theme="dark"' in missing.content.decode()


def test_fragments_and_errors_of_codat_are_in_the_readers_time_too(
    sandbox: Sandbox, viewer: User, viewer_client: RawPathClient
) -> None:
    store(viewer, time_zone="Asia/Tokyo")
    url = f"/companies/{sandbox.company('qbo')}/customers/"
    assert " JST" in viewer_client.get(url, headers={"HX-Request": "true"}).content.decode()


def test_the_admin_site_is_in_the_readers_time(
    admin_site: None, admin_user: User, admin_client: RawPathClient
) -> None:
    store(admin_user, time_zone="Asia/Tokyo")
    User.objects.filter(pk=admin_user.pk).update(date_joined="2023-03-24T16:07:23Z")
    page = admin_client.get(f"/admin/auth/user/{admin_user.pk}/change/").content.decode()
    assert 'value="01:07:23"' in page


def test_the_formats_end_with_the_request_after_an_error_too(viewer: User) -> None:
    store(viewer, time_zone="Asia/Tokyo", locale="ja-JP")

    def view(request: HttpRequest) -> HttpResponse:
        raise AssertionError("never called")

    def respond(request: HttpRequest) -> HttpResponse:
        middleware.process_view(request, view, (), {})
        assert localisation.current().locale == "ja-JP"
        assert timezone.get_current_timezone_name() == "Asia/Tokyo"
        raise RuntimeError("a broken view")

    middleware = ReaderMiddleware(respond)
    with pytest.raises(RuntimeError):
        middleware(request_of(viewer))
    assert localisation.current().locale == "en-GB"
    assert timezone.get_current_timezone_name() == "UTC"


def test_two_readers_at_once_and_in_turn_on_one_worker_do_not_share_formats(
    viewer: User, editor: User
) -> None:
    store(viewer, time_zone="Asia/Tokyo", locale="ja-JP")
    store(editor, time_zone="America/New_York", locale="en-US")
    expected = {
        viewer: "2023/03/25, 1:07 JST",
        editor: "Mar 24, 2023, 12:07\u202fPM EDT",
        None: "24 Mar 2023, 16:07 UTC",
    }
    both = Barrier(2, timeout=PATIENCE)
    # Read here: the threads have no connection to the database of the test.
    readers = {person: reader_of(request_of(person or AnonymousUser())) for person in expected}

    def respond(request: HttpRequest) -> HttpResponse:
        middleware.process_view(request, lambda: None, (), {})
        both.wait()
        text = formatting.day_and_time(MOMENT)
        both.wait()
        return HttpResponse(text)

    middleware = ReaderMiddleware(respond)

    def page(person: User | None) -> str:
        request = request_of(person or AnonymousUser())
        vars(request)["reader"] = readers[person]
        return bytes(middleware(request).content).decode()  # type: ignore[attr-defined]

    # Two threads, each of which serves everybody in turn, always beside somebody else.
    people = [viewer, editor, None]
    turns = [(people[i % 3], people[(i + 1 + i // 3 % 2) % 3]) for i in range(12)]
    with ThreadPoolExecutor(2) as threads:
        for pair in turns:
            assert list(threads.map(page, pair)) == [expected[person] for person in pair]
    assert formatting.day_and_time(MOMENT) == expected[None]
