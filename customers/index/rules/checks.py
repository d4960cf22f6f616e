"""Values that cannot be right: emails, phone numbers, tax and registration numbers. Nobody is asked, nor is the DNS.

The libraries are imported with the first value of their kind: pages import this module and do not check values.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from typing import Any

# One value may have several addresses, as QuickBooks accepts them.
_BETWEEN_EMAILS = re.compile(r"[,;]")
# Digits of a number whose country is not known (ITU-T E.164).
_FEWEST_DIGITS, _MOST_DIGITS = 5, 15

# Kinds of numbers with check digits by country, in python-stdnum's words. A number of any of them is right.
_TAX_NUMBERS: dict[str, tuple[str, ...]] = {
    "AT": ("uid",),
    "AU": ("abn", "acn", "tfn"),
    "BE": ("vat",),
    "BG": ("vat",),
    "BR": ("cnpj", "cpf"),
    "CA": ("bn",),
    "CH": ("uid", "vat"),
    "CN": ("uscc",),
    "CY": ("vat",),
    "CZ": ("dic",),
    "DE": ("vat",),
    "DK": ("cvr",),
    "EE": ("kmkr",),
    "ES": ("nif",),
    "FI": ("alv",),
    "FR": ("tva", "siren", "siret"),
    "GB": ("vat",),
    "GR": ("vat",),
    "HR": ("oib",),
    "HU": ("anum",),
    "IE": ("vat",),
    "IN": ("gstin",),
    "IT": ("iva", "codicefiscale"),
    "KR": ("brn",),
    "LT": ("pvm",),
    "LU": ("tva",),
    "LV": ("pvn",),
    "MT": ("vat",),
    "NL": ("btw", "bsn"),
    "NO": ("mva", "orgnr"),
    "NZ": ("ird",),
    "PL": ("nip",),
    "PT": ("nif",),
    "RO": ("cf",),
    "SE": ("vat", "orgnr"),
    "SG": ("uen",),
    "SI": ("ddv",),
    "SK": ("dph",),
    "TR": ("vkn",),
    "TW": ("ubn",),
    "ZA": ("tin",),
}
_REGISTRATION_NUMBERS: dict[str, tuple[str, ...]] = {
    "AU": ("acn", "abn"),
    "BE": ("vat",),
    "BR": ("cnpj",),
    "CA": ("bn",),
    "CH": ("uid",),
    "CN": ("uscc",),
    "DK": ("cvr",),
    "EE": ("registrikood",),
    "ES": ("nif",),
    "FI": ("ytunnus",),
    "FR": ("siren", "siret"),
    "HR": ("oib",),
    "IT": ("iva", "codicefiscale"),
    "KR": ("brn",),
    "LV": ("pvn",),
    "NO": ("orgnr",),
    "PL": ("regon",),
    "PT": ("nif",),
    "SE": ("orgnr",),
    "SG": ("uen",),
    "TW": ("ubn",),
}
# Prefixes of European tax numbers that are no code of a country.
_PREFIXES = {"EL": "GR", "XI": "GB"}


def has_malformed_email(lines: str) -> bool:
    """Whether one of the emails, a line each, cannot be delivered to as it is written."""
    parts = (part.strip() for line in lines.split("\n") for part in _BETWEEN_EMAILS.split(line))
    return any(not _is_email(part) for part in parts if part)


@functools.lru_cache(maxsize=4096)
def _is_email(text: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def has_impossible_phone(lines: str, country: str) -> bool:
    """Whether one of the phone numbers, a line each and as they are written, cannot be one.

    `country` is a code of two letters, "" where it is not known.
    """
    return any(not _is_phone(line, country) for line in lines.split("\n") if line)


def _is_phone(text: str, country: str) -> bool:
    import phonenumbers

    is_international = text.lstrip(" (").startswith("+")
    if not is_international and country not in phonenumbers.SUPPORTED_REGIONS:
        return _FEWEST_DIGITS <= sum(char.isdigit() for char in text) <= _MOST_DIGITS
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_possible_number(number))


def has_wrong_tax_number(number: str, country: str) -> bool:
    """Whether a tax number has the form of one of its country, and wrong check digits."""
    prefix = number[:2].upper()
    country = _PREFIXES.get(prefix, prefix if prefix in _TAX_NUMBERS else country)
    return _is_wrong(number, country, _TAX_NUMBERS.get(country, ()))


def has_wrong_registration(number: str, country: str) -> bool:
    """The same of a registration number."""
    return _is_wrong(number, country, _REGISTRATION_NUMBERS.get(country, ()))


def _is_wrong(number: str, country: str, kinds: Sequence[str]) -> bool:
    """Whether a number has the form of some kind and wrong check digits, and is of no other kind."""
    from stdnum.exceptions import InvalidChecksum, ValidationError

    is_wrong = False
    for module in _modules(country, kinds) if number else ():
        try:
            module.validate(number)
        except InvalidChecksum:
            is_wrong = True
        except ValidationError:
            continue
        else:
            return False
    return is_wrong


def _modules(country: str, kinds: Iterable[str]) -> Iterable[Any]:
    return (_module(country, kind) for kind in kinds)


@functools.cache
def _module(country: str, kind: str) -> Any:
    """The module of python-stdnum that checks a kind of number."""
    import stdnum

    module = stdnum.get_cc_module(country.lower(), kind)
    if module is None:
        raise LookupError(f"python-stdnum has no {kind} of {country}")
    return module
