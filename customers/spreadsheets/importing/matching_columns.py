"""Which field each column of a sheet means, suggested from its heading. A person confirms or corrects it.

Headings of our own export, keys and labels are recognised at once; what was chosen for the same headings before is
remembered; other headings are looked up as synonyms, then compared letter by letter. A field is suggested once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process

from customers.codat.text import folded_name
from customers.codat.types import Customer
from customers.forms.presentation.display import CompiledModel
from customers.models import ColumnMapping
from customers.spreadsheets.columns import MAX_POSITION, heading_of, key_of
from customers.spreadsheets.importing.fields import ID, ImportField, field_of, fields
from customers.spreadsheets.importing.remembered import is_added

Origin = Literal["", "known", "remembered", "suggested"]

# Of 100: how alike a heading and a name of a field have to be.
_THRESHOLD = 87
# Headings of our own export. One that this model has no field for is no other field.
_OWN_HEADINGS = frozenset(heading_of((name,)) for name in Customer.__annotations__)
_WORDS = re.compile(r"[^\W_]+")
_KEY_BEHIND = re.compile(r".*\(([^()]+)\)\s*")

# Other words for fields, by the name of the property. Compared without case, blanks and punctuation.
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "id": ("customerid", "codatid", "recordid", "customernumber", "accountreference", "accountref"),
    "customerName": (
        *("name", "customer", "customername", "company", "companyname", "firm", "firmname"),
        *("client", "clientname", "business", "businessname", "organisation"),
        *("displayname", "accountname", "kunde", "firma"),
    ),
    "emailAddress": ("email", "mail", "emailaddress", "mailaddress", "emailid"),
    "phone": ("phone", "telephone", "tel", "telno", "phoneno", "phonenumber", "telephonenumber"),
    "contactName": (
        "contact",
        "contactname",
        "contactperson",
        "primarycontact",
        "attention",
        "attn",
    ),
    "taxNumber": (
        *("vat", "vatno", "vatnumber", "vatid", "vatregno", "vatregistrationnumber", "taxid"),
        *("taxno", "taxnumber", "taxregistrationnumber", "tin", "gstin", "gst", "abn"),
    ),
    "registrationNumber": (
        *("companynumber", "companyno", "companyregistrationnumber", "registrationno", "regno"),
        *("regnumber", "registrationnumber", "crn"),
    ),
    "defaultCurrency": ("currency", "currencycode", "defaultcurrency", "ccy"),
    "status": ("status", "customerstatus", "active"),
    "line1": ("address", "addressline1", "line1", "street", "streetaddress", "street1", "address1"),
    "line2": ("addressline2", "line2", "street2", "address2"),
    "city": ("city", "town", "towncity", "citytown", "place", "locality"),
    "region": ("region", "state", "county", "province", "stateprovince", "countystate"),
    "postalCode": ("postcode", "postalcode", "zip", "zipcode", "zippostalcode", "zippostcode"),
    "countryCode": ("countrycode", "countryiso", "isocountry"),
    "country": ("country", "countrycode", "countryname", "nation"),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the columns probably mean.

    `mapping` has for each column the key of its field, "" where none fits. `origins` says how each was found: "known"
    from a heading of our own, "remembered" from the last sheet with these headings, "suggested" from a similar name.
    `match_by` is the key of the field that names a customer, "" where no column can.
    """

    mapping: list[str]
    origins: list[Origin]
    match_by: str = ""


def suggest(
    headings: Sequence[str], compiled: CompiledModel, remembered: ColumnMapping | None = None
) -> Suggestion:
    """What the columns with these headings probably mean. `remembered` is what they meant last, if they did."""
    matcher = _Matcher(headings, compiled)
    if remembered is not None:
        matcher.remember(remembered.mapping)
    matcher.find_known()
    matcher.find_synonyms()
    matcher.find_similar()
    mapping = matcher.mapping
    match_by = remembered.match_by if remembered and remembered.match_by in mapping else ""
    return Suggestion(mapping, matcher.origins, match_by or _match_by(mapping))


def key_fields(mapping: Iterable[str], compiled: CompiledModel) -> list[ImportField]:
    """The fields of a mapping that can name a customer: the ID, and texts of the customer itself. The best first."""
    found = [field_of(compiled, key) for key in mapping if key]
    usable = [one for one in found if one and (one.is_id or (not one.row and not one.options))]
    return sorted(usable, key=lambda one: _rank(one.key))


def _match_by(mapping: Sequence[str]) -> str:
    """The ID, else an email address, else a number, else the name."""
    ranked = sorted((key for key in mapping if key in _KEYS), key=_rank)
    return ranked[0] if ranked else ""


_KEYS = (ID, "emailAddress", "taxNumber", "registrationNumber", "customerName")


def _rank(key: str) -> int:
    return _KEYS.index(key) if key in _KEYS else len(_KEYS)


class _Matcher:
    """Headings that are matched step by step; a field that is taken is not suggested again."""

    def __init__(self, headings: Sequence[str], compiled: CompiledModel) -> None:
        self.headings = headings
        self.compiled = compiled
        self.mapping = [""] * len(headings)
        self.origins: list[Origin] = [""] * len(headings)
        self.is_added = [is_added(heading) for heading in headings]
        self.choices = fields(compiled)
        # The properties at the top of the record first: `Email` is the customer's, not a contact's.
        self.choices.sort(key=lambda one: len(one.path))

    def remember(self, mapping: Sequence[str]) -> None:
        """Take what the same headings meant before, where the model still has those fields."""
        for index, key in enumerate(mapping[: len(self.headings)]):
            if key and field_of(self.compiled, key):
                self._take(index, key, "remembered")

    def find_known(self) -> None:
        """Recognise keys, headings of our own export, and labels."""
        names: dict[str, str] = {}
        for one in self.choices:
            # A label alone names a field of the customer itself: `Name` is not that of a contact.
            own = () if one.row else (one.label,)
            for name in (one.key, one.heading, f"{one.group} {one.label}", *own):
                names.setdefault(_plain(name), one.key)
        for index, heading in enumerate(self.headings):
            key = _key_in(heading, self.compiled) or names.get(_plain(heading), "")
            self._take(index, key or self._numbered(heading), "known")

    def find_synonyms(self) -> None:
        """Look up other words for a field: `Firm`, `Post code`, `VAT no.`."""
        for index, heading in self._open():
            word = _plain(heading)
            for name, synonyms in _SYNONYMS.items():
                key = self._free(name) if word in synonyms else ""
                if key:
                    self._take(index, key, "suggested")
                    break

    def find_similar(self) -> None:
        """Compare what is left letter by letter, the most similar pair first."""
        names = {one.key: _words(one.name) for one in self.choices if not self._is_taken(one.key)}
        names |= {
            key: _words(name)
            for name in _SYNONYMS
            if (key := self._free(name)) and key not in names
        }
        pairs = []
        for index, heading in self._open():
            found = process.extract(
                _words(heading), names, scorer=fuzz.ratio, score_cutoff=_THRESHOLD, limit=3
            )
            pairs += [(score, index, key) for _, score, key in found]
        for _, index, key in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
            self._take(index, key, "suggested")

    def _open(self) -> Iterable[tuple[int, str]]:
        for index, heading in enumerate(self.headings):
            is_left_out = self.is_added[index] or heading.strip() in _OWN_HEADINGS
            if not self.mapping[index] and heading.strip() and not is_left_out:
                yield index, heading

    def _take(self, index: int, key: str, origin: Origin) -> None:
        if key and not self.mapping[index] and not self._is_taken(key):
            self.mapping[index], self.origins[index] = key, origin

    def _is_taken(self, key: str) -> bool:
        return key in self.mapping

    def _free(self, name: str) -> str:
        """The key of the first field with this property name that no column has; "" for none."""
        for one in self.choices:
            if one.path[-1] == name and not self._is_taken(one.key):
                return one.key
        return ""

    def _numbered(self, heading: str) -> str:
        """The key of a heading of our own export that names a position that is not offered: `Address 12 city`."""
        numbers = [int(word) for word in _WORDS.findall(heading) if word.isdecimal()]
        if not numbers or max(numbers) > MAX_POSITION:
            return ""
        wanted, most = _plain(heading), max(numbers)
        lists = {one.path[: one.path.index(0)] for one in self.choices if 0 in one.path}
        for path in lists:
            for one in fields(self.compiled, [f"{key_of(path)}.#{most}"]):
                if _plain(heading_of(one.path)) == wanted:
                    return one.key
        return ""


def _key_in(heading: str, compiled: CompiledModel) -> str:
    """The key that a heading is, or that our export has put behind it."""
    behind = _KEY_BEHIND.fullmatch(heading)
    for text in (heading.strip(), behind[1] if behind else ""):
        if text and field_of(compiled, text):
            return text
    return ""


def _plain(text: str) -> str:
    """A heading without case, accents, blanks and punctuation."""
    return "".join(_WORDS.findall(folded_name(text)))


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(folded_name(text)))
