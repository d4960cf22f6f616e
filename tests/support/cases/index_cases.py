"""Random customers and searches for them, with what makes searching hard: accents, typing errors, signs of SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Customer = dict[str, Any]
# The customers of each company, and the searches.
Case = tuple[list[list[Customer]], list[str]]

# Words of names. Some are near each other, some are words, signs or patterns of SQL, LIKE, FTS5 and tsquery.
WORDS = (
    "Müller", "Mueller", "muller", "Söhne", "Sohne", "Café", "cafe", "Beacon", "Bacon", "Harbour", "Harbor", "Bluebell",
    "Blue", "Bell", "Łukasz", "O'Brien", "O’Brien", "Smith-Jones", "J.", "P.", "GmbH", "Ltd", "100%", "_", "a_b", "%",
    '"Wool"', "'", "\\", "NEAR(", "AND", "OR", "NOT", "*", "^", "-", "(", ")", ":", "&", "|", "!", "<->", "searched:",
    "😀", "👩‍👧", "株式会社", "山田", "กรุงเทพ", "Ελλάς", "Москва", "İstanbul", "ß", "ﬁne", "Ⅷ", "é", "e\u0301",
    "\u200b", "x" * 60, "Donaudampfschifffahrtsgesellschaft", "42", "007", "1234567",
)  # fmt: skip
PHONES = (
    "+44 (0)20 7946-0999", "020 7946 0999", "0044 20 7946 0999", "442079460999", "(555) 123-4567", "555.123.4567",
    "7946", "+1 555 123 4567", "١٢٣٤٥٦٧", "",
)  # fmt: skip
EMAILS = (
    "info@mueller-soehne.example",
    "o'brien@x.example",
    "a_b%c@y.example",
    "INFO@Z.example",
    "",
)
NUMBERS = ("GB 123 4567 89", "gb123456789", "12-34-56", "DE136695976", "")
CITIES = ("Zürich", "ZURICH", "São Paulo", "Hull", "")
IDS = st.sampled_from(["7", "70", "700", "cust-1234-abcd", "CUST-1234", "a/b?c", "%", "ü"])

_names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@st.composite
def customers(draw: st.DrawFn) -> list[Customer]:
    """The customers of one company; their IDs differ."""
    return [
        {
            "id": customer_id,
            "customerName": draw(_names),
            "contactName": draw(st.sampled_from(["", "J. P. O’Brien", "Ada Beacon"])),
            "emailAddress": draw(st.sampled_from(EMAILS)),
            "phone": draw(st.sampled_from(PHONES)),
            "taxNumber": draw(st.sampled_from(NUMBERS)),
            "addresses": [{"type": "Billing", "city": draw(st.sampled_from(CITIES))}],
        }
        for customer_id in draw(st.lists(IDS, min_size=1, max_size=6, unique=True))
    ]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Customers of two companies, and searches: for what they have, changed as people change it, and for anything."""
    companies = [draw(customers()), draw(customers())]
    values = [
        str(each[field])
        for company in companies
        for each in company
        for field in ("customerName", "emailAddress", "phone", "taxNumber", "id", "contactName")
        if each[field]
    ]
    searches = draw(st.lists(_searches(values), min_size=2, max_size=5))
    return companies, searches


@st.composite
def _searches(draw: st.DrawFn, values: list[str]) -> str:
    text = draw(st.one_of(st.sampled_from(values), _names, st.text(max_size=12)))
    for change in draw(st.lists(st.sampled_from(sorted(_CHANGES)), max_size=2)):
        place = draw(st.integers(0, max(len(text) - 1, 0)))
        text = _CHANGES[change](text, place)
    return text


def _swap(text: str, at: int) -> str:
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


_CHANGES: dict[str, Callable[[str, int], str]] = {
    "a letter is missing": lambda text, at: text[:at] + text[at + 1 :],
    "a letter is too many": lambda text, at: f"{text[:at]}q{text[at:]}",
    "two letters changed places": _swap,
    "capitals": lambda text, _: text.upper(),
    "small letters": lambda text, _: text.lower(),
    "the words turned round": lambda text, _: " ".join(reversed(text.split())),
    "the beginning": lambda text, at: text[: at + 1],
    "the end": lambda text, at: text[at:],
    "without blanks": lambda text, _: text.replace(" ", ""),
    "with a sign": lambda text, at: f"{text[:at]}%{text[at:]}",
    "in quotes": lambda text, _: f'"{text}"',
    "with a star": lambda text, _: f"{text}*",
}
