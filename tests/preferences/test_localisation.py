"""Dates and numbers in a time zone and a locale."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest

from customers import formatting, localisation

# 24 March 2023, 16:07 UTC: summer time in New York, not yet in Berlin.
MOMENT = "2023-03-24T16:07:23Z"


@pytest.mark.parametrize(
    ("zone", "locale", "text"),
    [
        ("UTC", "en-GB", "24 Mar 2023, 16:07 UTC"),
        ("Europe/London", "en-GB", "24 Mar 2023, 16:07 GMT"),
        ("Europe/Berlin", "en-GB", "24 Mar 2023, 17:07 CET"),
        ("Europe/Berlin", "de-DE", "24.03.2023, 17:07 CET"),
        ("America/New_York", "en-US", "Mar 24, 2023, 12:07\u202fPM EDT"),
        ("America/Sao_Paulo", "pt-BR", "24 de mar. de 2023, 13:07 UTC-03:00"),
        ("Asia/Calcutta", "en-IN", "24 Mar 2023, 9:37\u202fpm IST"),
        ("Asia/Kathmandu", "en-GB", "24 Mar 2023, 21:52 UTC+05:45"),
        ("Pacific/Auckland", "en-NZ", "25 Mar 2023, 5:07\u202fam NZDT"),
        ("Pacific/Kiritimati", "sv-SE", "25 mars 2023, 06:07 UTC+14:00"),
        ("Asia/Tokyo", "ja-JP", "2023/03/25, 1:07 JST"),
    ],
)
def test_a_moment_reads_in_the_time_zone_and_the_locale(zone: str, locale: str, text: str) -> None:
    with localisation.using(zone, locale):
        assert formatting.day_and_time(MOMENT) == text
        element = str(formatting.when(MOMENT))
    assert 'datetime="2023-03-24T16:07:23Z"' in element
    assert re.search(r'title="[^"]+ UTC">', element)
    assert f">{text}</time>" in element


def test_the_title_has_the_readers_time_and_the_one_in_utc() -> None:
    with localisation.using("Europe/Berlin", "en-GB"):
        title = "17:07 CET = 24 Mar 2023, 16:07 UTC"
        assert f'title="24 Mar 2023, {title}"' in formatting.since(MOMENT)
        assert f'title="{title}">24 Mar 2023<' in formatting.when_day(MOMENT), "the day is the text"
        now = datetime(2023, 3, 24, 17, 7, tzinfo=UTC)
        assert ">1 hour ago</time>" in formatting.since(MOMENT, now), "the words are English"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2023-03-24", "24 Mar 2023"),
        ("2023-03-24T00:00:00", "24 Mar 2023"),
        ("2023-03-24T00:00:00.0000000", "24 Mar 2023"),
        ("2023-03-24T00:00:00Z", "23 Mar 2023, 20:00 EDT"),
        ("2023-03-24T00:00:00+02:00", "23 Mar 2023, 18:00 EDT"),
    ],
)
def test_a_day_without_a_time_is_the_same_day_everywhere(value: str, text: str) -> None:
    with localisation.using("America/New_York", "en-GB"):
        assert formatting.day_and_time(value) == text
        assert f">{text}</time>" in formatting.when(value)


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59Z", "0002-01-01T00:00:01Z"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_the_ends_of_the_calendar_break_no_page(zone: str, value: str) -> None:
    with localisation.using(zone, "en-GB"):
        assert value[:4].lstrip("0") in formatting.when(value)


@pytest.mark.parametrize(
    ("locale", "number", "size"),
    [
        ("en-GB", "1,234,567", "1.2 MB"),
        ("de-DE", "1.234.567", "1,2 MB"),
        ("fr-FR", "1\u202f234\u202f567", "1,2 MB"),
        ("en-IN", "12,34,567", "1.2 MB"),
        ("de-CH", "1’234’567", "1.2 MB"),
    ],
)
def test_numbers_and_sizes(locale: str, number: str, size: str) -> None:
    with localisation.using("UTC", locale):
        assert formatting.thousands(1_234_567) == number
        assert formatting.size(1_200_000) == size
        assert formatting.thousands(7) == "7"


@pytest.mark.parametrize("locale", localisation.LOCALES)
def test_texts_of_a_locale_need_no_escaping(locale: str) -> None:
    """The element of a date is put together without it."""
    for month in range(1, 13):
        for day in range(1, 29):
            text = localisation.day(2023, month, day, locale)
            assert "23" in text
            assert html.escape(text) == text
    for hour in range(24):
        text = localisation.clock(hour, 7, locale)
        assert html.escape(text) == text


def test_the_time_zones_to_choose_from_are_valid_and_grouped() -> None:
    zones = dict(localisation.time_zones())
    assert ("America/Argentina/Buenos_Aires", "Argentina, Buenos Aires") in zones["America"]
    names = [name for places in zones.values() for name, _ in places]
    assert len(names) > 400
    assert all(map(localisation.is_time_zone, names))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "Europe",
        "../../etc/passwd",
        "Europe/../../etc",
        "utc",
        "x" * 5000,
        "a\0b",
    ],
)
def test_what_is_no_time_zone(name: str) -> None:
    assert not localisation.is_time_zone(name)
    assert not localisation.is_locale(name)


def test_the_formats_end_with_their_block_after_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), localisation.using("Asia/Tokyo", "ja-JP"):
        _ = 1 / 0
    assert formatting.day_and_time(MOMENT) == "24 Mar 2023, 16:07 UTC"
