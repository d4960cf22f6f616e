"""The table of rules, and which of them a row of the index breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from customers.codat import countries
from customers.index.rules import checks, names
from customers.models import IndexedCustomer

# Grows with each change of what a rule finds. The worker then checks the rows again that were checked by an older one.
VERSION = 1
# Customers that nobody corrects any more.
ARCHIVED = ("Archived", "InActive")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `name` is its name in addresses, `label` what it finds, `advice` what to do about it.

    `bit` is its place in the number of a row and never changes. `finds` is whether a row breaks the rule; it gets
    the country of the row as a code of two letters, "" where that is not known.
    """

    name: str
    bit: int
    label: str
    advice: str
    finds: Callable[[IndexedCustomer, str], bool]


# In the order of pages.
RULES: tuple[Rule, ...] = (
    Rule(
        "no-email",
        1 << 0,
        "No email",
        "Invoices and reminders cannot be sent by email.",
        lambda row, _: not row.emails,
    ),
    Rule(
        "email",
        1 << 1,
        "Malformed email",
        "No email can be delivered to it. Look for a typing error.",
        lambda row, _: checks.has_malformed_email(row.emails),
    ),
    Rule(
        "no-phone",
        1 << 2,
        "No phone",
        "The customer cannot be called.",
        lambda row, _: not row.phones,
    ),
    Rule(
        "phone",
        1 << 3,
        "Impossible phone number",
        "It has too few or too many digits for its country.",
        lambda row, country: checks.has_impossible_phone(row.written_phones, country),
    ),
    Rule(
        "no-tax-number",
        1 << 4,
        "No tax number",
        "Many invoices between businesses need it.",
        lambda row, _: not row.tax_number,
    ),
    Rule(
        "tax-number",
        1 << 5,
        "Tax number with wrong check digits",
        "At least one digit is wrong. Ask the customer for the number.",
        lambda row, country: checks.has_wrong_tax_number(row.tax_number, country),
    ),
    Rule(
        "registration-number",
        1 << 6,
        "Registration number with wrong check digits",
        "At least one digit is wrong. Look the company up in its register.",
        lambda row, country: checks.has_wrong_registration(row.registration_number, country),
    ),
    Rule(
        "no-currency",
        1 << 7,
        "No currency",
        "The accounting software uses its own default.",
        lambda row, _: not row.currency,
    ),
    Rule(
        "no-address",
        1 << 8,
        "No address",
        "Invoices have no postal address.",
        lambda row, _: not row.has_address,
    ),
    Rule(
        "no-country",
        1 << 9,
        "Address without a country",
        "Taxes and phone numbers depend on the country.",
        lambda row, _: row.has_address and not row.country,
    ),
    Rule(
        "test-name",
        1 << 10,
        "Name that looks like a test",
        "Archive it in the accounting software if nobody needs it.",
        lambda row, _: names.is_test(row.name),
    ),
    Rule(
        "invisible",
        1 << 11,
        "Invisible or doubled characters",
        "Such values look right but do not match when compared. Type the value again.",
        lambda row, _: row.has_invisible,
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}


def broken_rules(row: IndexedCustomer) -> int:
    """The bits of the rules that a row breaks. Deleted and archived customers break none."""
    if row.is_deleted or row.status in ARCHIVED:
        return 0
    country = next(iter(countries.spellings(row.country)), "")
    return sum(rule.bit for rule in RULES if rule.finds(row, country))


def found(bits: int) -> Iterator[Rule]:
    """The rules of some bits, in the order of pages. Bits of no rule are ignored."""
    return (rule for rule in RULES if bits & rule.bit)
