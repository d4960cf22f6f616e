"""The text cleaners, one table per medium."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.codat import text


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), ("a\0b", "ab"), (7, "7"), ("x" * 9, "x" * 8), ("\0" * 8 + "a", "")],
)
def test_db_safe(value: object, expected: str) -> None:
    assert text.db_safe(value, 8) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\r\nb\rc\nd\te", "a\nb\nc\nd\te"),
        ("bell\x07, delete\x7f, \x00", "bell�, delete�, �"),
        ("half \ud83d", "half �"),
        ("Ärger & Söhne 😀", "Ärger & Söhne 😀"),
    ],
)
def test_page_text(value: str, expected: str) -> None:
    assert text.page_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (Decimal("1E+2"), "100"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+40"), "1E+40"),
        ("a\rb", "a\nb"),
    ],
)
def test_input_text(value: object, expected: str) -> None:
    assert text.input_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  a\n b\u2003c ", "a b c"),
        ("e\u0301", "é"),
        ("abc\u202edef\u200b\ufeff", "abcdef"),
        ("\u200b", ""),
    ],
)
def test_single_line(value: str, expected: str) -> None:
    assert text.single_line(value) == expected


def test_visible_text_marks_what_cannot_be_seen() -> None:
    assert text.visible_text("a\u202eb\u200b\nc d") == "a�b��c d"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"etag"', '"etag"'),
        ("x" * 200, "x" * 200),
        ("x" * 201, ""),
        ("a\r\nSet-Cookie: b", ""),
        ("ä", ""),
        ("", ""),
    ],
)
def test_header_text(value: str, expected: str) -> None:
    assert text.header_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a<b>:c.pdf", "a_b__c.pdf"),
        ("con.txt", "_con.txt"),
        ("contract.txt", "contract.txt"),
        ("aux .pdf", "_aux.pdf"),
        ("COM¹.pdf", "_COM¹.pdf"),
        ("conout$", "_conout$"),
        (" . ", ""),
        ("in\u202egpj.exe", "ingpj.exe"),
    ],
)
def test_file_name_text(value: str, expected: str) -> None:
    assert text.file_name_text(value) == expected


def test_log_text_is_one_line_of_ascii() -> None:
    assert text.log_text("a\nb ä") == r"a\nb \xe4"
    assert len(text.log_text("x" * 1000)) == 200


INVISIBLE = (
    "\u200b\ufeff\u202e\u2066\u00ad\u3164\u2800\u115f\uffa0\u180e\u2060\u2063\u206a"
    "\u034f\ufff9\ufe0f\u200d\U000e0041\U0001d173"
)


@pytest.mark.parametrize("char", INVISIBLE)
def test_invisible_characters(char: str) -> None:
    assert text.is_invisible(char)


@given(st.text(st.sampled_from(INVISIBLE + " \n\u00a0")))
def test_text_of_invisible_characters_and_blanks_is_blank(value: str) -> None:
    assert text.is_blank(value)
    assert not text.without_invisible(value).strip()


@given(st.text(st.sampled_from("ab é\n")), st.text(st.sampled_from("ab" + INVISIBLE)))
def test_invisible_characters_are_removed_and_nothing_else(head: str, tail: str) -> None:
    value = head + tail
    expected = "".join(char for char in value if char not in INVISIBLE)
    assert text.without_invisible(value) == expected
    assert text.without_invisible(expected) == expected


@pytest.mark.parametrize(
    "value",
    [
        "می\u200cخواهم",  # Persian: ZWNJ between letters
        "क्\u200dष",  # Hindi: ZWJ after a virama
        "ന്\u200d",  # Malayalam: ZWJ ends the word
        "👩\u200d👩\u200d👧",
        "❤\ufe0f\u200d🔥",
        "🧑🏽\u200d🚀",
        "1\ufe0f\u20e3",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
        "葛\U000e0100",
    ],
)
def test_joiners_that_a_script_or_an_emoji_needs_stay(value: str) -> None:
    assert text.without_invisible(value) == value
    assert text.marked_text(value) == value


@pytest.mark.parametrize(
    ("value", "marked"),
    [
        ("Ann", "Ann"),
        ("a\n b\tc", "a\n b\tc"),
        ("\u200bSurname,\u00a0 Name", "[U+200B]Surname,[U+00A0] Name"),
        ("Pay\u200cPal\u200d", "Pay[U+200C]Pal[U+200D]"),
        ("abc\u202edef", "abc[U+202E]def"),
        ("x\x07\x85", "x[U+0007][U+0085]"),
        ("\U000e0041", "[U+E0041]"),
    ],
)
def test_what_cannot_be_seen_is_marked_in_a_difference(value: str, marked: str) -> None:
    assert text.marked_text(value) == marked


def test_what_html_forbids_never_reaches_a_page() -> None:
    for code in (
        *range(9),
        0x0B,
        0x1F,
        0x7F,
        0x85,
        0x9F,
        0xD800,
        0xFDD0,
        0xFFFE,
        0x1FFFF,
        0x10FFFE,
    ):
        assert text.page_text(f"a{chr(code)}b") == "a\ufffdb"


def test_a_long_text_of_invisible_characters_takes_no_time() -> None:
    assert text.without_invisible("\u200d" * 1_000_000) == ""


@pytest.mark.parametrize("char", ["a", " ", "\t", "é", "\u3000"])
def test_characters_that_are_not_invisible(char: str) -> None:
    assert not text.is_invisible(char)


@pytest.mark.parametrize(
    "name",
    [
        "Café du Lac",
        "CAFÉ DU LAC",
        "Cafe\u0301 du Lac",
        "cafe du lac",
        "  Café \u00a0 du\tLac ",
        "\u200bCafé du\u202c Lac\ufeff",
        "Ca\u00adfé du Lac",
        "\uff23\uff41\uff46\uff45 du Lac",
    ],
)
def test_spellings_of_one_name_have_one_folded_form(name: str) -> None:
    assert text.folded_name(name) == "cafe du lac"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cafe du Lac", "Café du Lac 2"),
        ("Müller", "Mueller"),
        # Voiced and unvoiced, and two vowel signs: other names, not other accents.
        ("がとう", "かとう"),
        ("कि", "कु"),
    ],
)
def test_other_names_have_another_folded_form(one: str, other: str) -> None:
    assert text.folded_name(one) != text.folded_name(other)


@given(st.text(st.characters(codec="utf-8")))
def test_folding_a_name_twice_changes_nothing(name: str) -> None:
    folded = text.folded_name(name)
    assert text.folded_name(folded) == folded
