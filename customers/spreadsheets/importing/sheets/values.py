"""The text of a cell as the text of an input: what a form would take, or the problem with it.

A sheet writes values in its own way: labels of options, yes and no, thousands, days in local order. What has one
meaning is taken; what has two is asked; what the spreadsheet program has damaged is named. The form's own rules decide
the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from customers.codat import countries
from customers.codat.text import REPLACEMENT, page_text
from customers.formatting import counted
from customers.forms.model import Node, NodeType
from customers.forms.presentation.display import CompiledModel
from customers.forms.values import parse_input
from customers.spreadsheets.files import tables
from customers.spreadsheets.importing.fields import ImportField
from customers.spreadsheets.importing.problems import Problem, kind_of_cell

# In place of a remark of the file: a person has said that the text is right as it is.
ACCEPTED = "accepted"
_AS_IT_IS = "Use as it is"

_YES = frozenset({"true", "yes", "y", "1", "on", "x", "ja", "oui", "si", "sí", "✓", "✔"})
_NO = frozenset({"false", "no", "n", "0", "off", "nein", "non"})
# Codes of which a number has lost something: what stands before the first digit that is not zero.
_CODE = re.compile(
    r"phone|fax|mobile|number|post|zip|tax|vat|code|reference|iban|account|^id$", re.I
)
# Of a field of countries, more words name an option.
_COUNTRY = re.compile(r"country|countries|nation", re.I)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")

# Texts of a column whose values are remembered: most columns have few, some have a text of its own in each row.
_MAX_REMEMBERED = 2_000

# Numbers with one meaning: a pattern, what separates thousands, what stands before decimals.
_THOUSANDS = (
    # 1,234,567.89 and 1,234.5
    (re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+", re.ASCII), ",", "."),
    (re.compile(r"[+-]?\d{1,3}(?:,\d{3}){2,}", re.ASCII), ",", "."),
    # 1.234.567,89 and 1.234,5
    (re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", re.ASCII), ".", ","),
    (re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}", re.ASCII), ".", ","),
    # 1 234 567,89 and 1'234.50
    (re.compile(r"[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?", re.ASCII), " ", ","),
    (re.compile(r"[+-]?\d{1,3}(?:['’]\d{3})+(?:\.\d+)?", re.ASCII), "'", "."),
    # 12,5 and 1234,50: not three digits behind the comma, or too many before it
    (re.compile(r"[+-]?\d+,(?:\d{1,2}|\d{4,})", re.ASCII), "", ","),
    (re.compile(r"[+-]?(?:\d{4,}|0),\d{3}", re.ASCII), "", ","),
)
_UNCLEAR_NUMBER = re.compile(r"[+-]?\d{1,3},\d{3}", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[/\-](\d{1,2})[/\-](\d{4}|\d{2})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})", re.ASCII)
_NAMED_MONTH = (
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d %Y",
)


@dataclass(frozen=True, slots=True)
class Value:
    """The text that the form's input gets. `problem` says what is wrong with it, None for nothing."""

    text: str
    problem: Problem | None = None


class Column:
    """A column of a sheet with the field that it means. The values of its cells are made once for each text."""

    def __init__(self, index: int, field: ImportField, compiled: CompiledModel) -> None:
        self.index = index
        self.field = field
        self._display = compiled.displays[field.node] if field.node else None
        self._values: dict[tuple[str, str], Value] = {}

    def value(self, text: str, remark: str = "") -> Value:
        """The value of a cell's text. `remark` is that of the file (`files.tables`), or ACCEPTED."""
        known = self._values.get((text, remark))
        if known is None:
            if len(self._values) >= _MAX_REMEMBERED:
                self._values.clear()
            known = self._values[text, remark] = self._value(text, remark)
        return known

    def _value(self, text: str, remark: str) -> Value:
        node = self.field.node
        if node is None:
            return Value(text)
        if remark == tables.ERROR:
            return self._wrong("was_error", text, f"The sheet has the error {text} here.")
        damaged = self._damage(text, remark)
        if damaged is not None:
            return damaged
        posted = page_text(text)
        if REPLACEMENT in posted:
            return self._wrong("character", text, parse_input(node, posted)[1])
        if node.options:
            return self._option(node, posted)
        if node.type is NodeType.BOOLEAN:
            return self._boolean(posted)
        if node.type is NodeType.NUMBER:
            return self._number(node, posted)
        if node.type is NodeType.DATETIME:
            return self._date(node, posted)
        error = parse_input(node, posted)[1]
        if error:
            return self._wrong("other", posted, error)
        return Value(posted) if remark == ACCEPTED else self._limited(posted)

    # -- what a spreadsheet program has done ----------------------------------------------------------

    def _damage(self, text: str, remark: str) -> Value | None:
        """What the program has made of a text; None where it has made nothing of it."""
        node = self.field.node
        is_text = node is not None and node.type in (NodeType.STRING, NodeType.UNKNOWN)
        if not is_text or (node and node.options):
            return None
        as_it_is = ((text, _AS_IT_IS),)
        if remark == tables.EXPONENT:
            sentence = "The sheet has a long number here, so digits may be lost. Enter it as text."
            return self._wrong("was_exponent", text, sentence, as_it_is)
        if remark == tables.DATE:
            sentence = "The sheet has a date here, where text may have been."
            return self._wrong("was_date", text, sentence, as_it_is)
        if remark == tables.NUMBER and _CODE.search(str(self.field.path[-1])):
            sentence = "The sheet has a number here, so zeros or a plus in front may be lost."
            return self._wrong("was_number", text, sentence, as_it_is)
        return None

    # -- the types ------------------------------------------------------------------------------------

    def _option(self, node: Node, text: str) -> Value:
        words = [text, *(countries.spellings(text) if self._is_country else ())]
        for word in words:
            found = self._options.get(word) or self._options.get(_folded(word))
            if found is not None:
                return Value(found)
        return self._wrong("option", text, parse_input(node, text)[1])

    @property
    def _is_country(self) -> bool:
        return bool(_COUNTRY.search(str(self.field.path[-1])))

    @cached_property
    def _options(self) -> Mapping[str, str]:
        """The text of an option by itself, and by its text and its label without case; not by what two have."""
        node = self.field.node
        found: dict[str, str] = {}
        ambiguous: set[str] = set()
        if node is None or self._display is None:
            return found
        labels = self._display.option_labels
        for option in node.options:
            for name in {_folded(option.text), _folded(option.label), _folded(labels[option.text])}:
                if found.setdefault(name, option.text) != option.text:
                    ambiguous.add(name)
        for name in ambiguous:
            del found[name]
        return found | {option.text: option.text for option in node.options}

    def _boolean(self, text: str) -> Value:
        word = _folded(text)
        if word in _YES or word in _NO:
            return Value("true" if word in _YES else "false")
        return self._wrong("boolean", text, "Enter yes or no.", (("true", "Yes"), ("false", "No")))

    def _number(self, node: Node, text: str) -> Value:
        stripped = text.strip()
        if not parse_input(node, stripped)[1]:
            return Value(stripped)
        if _UNCLEAR_NUMBER.fullmatch(stripped):
            choices = tuple(
                (each, each) for each in (stripped.replace(",", ""), stripped.replace(",", "."))
            )
            return self._wrong("number_unclear", text, f"{stripped} could be two numbers.", choices)
        for pattern, thousands, point in _THOUSANDS:
            if pattern.fullmatch(stripped):
                return Value(_plain_number(stripped, thousands, point))
        return self._wrong("number", text, parse_input(node, stripped)[1])

    def _date(self, node: Node, text: str) -> Value:
        stripped = text.strip()
        error = parse_input(node, stripped)[1]
        if not error:
            return Value(stripped)
        days = possible_days(stripped)
        if len(days) == 1:
            return Value(days[0])
        if len(days) > 1:
            choices = tuple((day, day) for day in days)
            return self._wrong("date_unclear", text, f"{stripped} could be two days.", choices)
        return self._wrong("date", text, error)

    def _limited(self, text: str) -> Value:
        """A text within the limits that the model's notes state. A note may be misread, so a person can insist."""
        display, length, field = self._display, len(text), self.field
        if display is None:
            return Value(text)
        as_it_is = ((text, _AS_IT_IS),)
        if display.max_length is not None and length > display.max_length:
            codes = countries.spellings(text) if self._is_country else ()
            fitting = tuple((code, code) for code in codes if len(code) == display.max_length)
            choices = (*fitting[:1], *as_it_is)
            most = counted(display.max_length, "character")
            sentence = f"{field.label}: use at most {most}; this has {length}."
            return self._wrong("long", text, sentence, choices)
        if display.min_length is not None and length < display.min_length:
            least = counted(display.min_length, "character")
            sentence = f"{field.label} needs at least {least}; this has {length}."
            return self._wrong("short", text, sentence, as_it_is)
        if display.input_mode == "email" and not _EMAIL.fullmatch(text.strip()):
            return self._wrong(
                "email", text, "Enter an email address, such as name@example.com.", as_it_is
            )
        return Value(text)

    def _wrong(
        self, rule: str, text: str, sentence: str, choices: tuple[tuple[str, str], ...] = ()
    ) -> Value:
        kind = kind_of_cell(rule, self.field.bulk_key)
        return Value(text, Problem(kind, sentence, self.index, choices))


def possible_days(text: str) -> list[str]:
    """The days that a text may mean, as `2026-03-31`: none, one, or two where day and month could change places."""
    match = _SLASHED.fullmatch(text)
    if match:
        one, other, year = (int(part) for part in match.groups())
        return list(dict.fromkeys([*_day(year, other, one), *_day(year, one, other)]))
    match = _DOTTED.fullmatch(text)
    if match:
        day, month, year = (int(part) for part in match.groups())
        return _day(year, month, day)
    for pattern in _NAMED_MONTH:
        try:
            return [datetime.strptime(text, pattern).date().isoformat()]  # noqa: DTZ007  only its day is used
        except ValueError:
            continue
    return []


def _day(year: int, month: int, day: int) -> list[str]:
    """One day as a list, [] where there is none. Two digits of a year are of this century."""
    try:
        return [date(year if year > 99 else 2000 + year, month, day).isoformat()]
    except ValueError:
        return []


def _plain_number(text: str, thousands: str, point: str) -> str:
    """A number without separators of thousands, with a point before its decimals."""
    for blank in ("\u00a0", "\u202f") if thousands == " " else ():
        text = text.replace(blank, " ")
    text = text.replace("’", "'") if thousands == "'" else text
    return (text.replace(thousands, "") if thousands else text).replace(point, ".")


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
