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


@pytest.mark.parametrize("char", ["\u200b", "\ufeff", "\u202e", "\u2066"])
def test_invisible_characters(char: str) -> None:
    assert text.is_invisible(char)


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
