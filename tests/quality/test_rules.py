"""What each rule finds in a customer, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.index import rechecking, records
from customers.index.rules import checks, table
from customers.models import IndexedCompany, IndexedCustomer
from tests.support.index import indexed

GOOD = {
    "id": "1",
    "customerName": "Beacon Printers",
    "emailAddress": "orders@beacon.example",
    "phone": "+44 1632 960318",
    "taxNumber": "GB 980 7806 84",
    "defaultCurrency": "GBP",
    "addresses": [{"type": "Billing", "line1": "1 Quay", "city": "Hull", "country": "GB"}],
    "status": "Active",
}
ADDRESS = {"type": "Billing", "city": "Hull"}


def broken(**changes: Any) -> set[str]:
    """The names of the rules that a customer breaks: the good one with changes."""
    row = records.row(IndexedCompany(), "1", GOOD | changes)
    return {rule.name for rule in table.found(row.broken_rules)}


def test_a_good_customer_breaks_no_rule() -> None:
    assert broken() == set()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"emailAddress": None}, "no-email"),
        ({"emailAddress": " \u200b "}, "no-email"),
        ({"phone": ""}, "no-phone"),
        ({"taxNumber": None}, "no-tax-number"),
        ({"defaultCurrency": None}, "no-currency"),
        ({"addresses": []}, "no-address"),
        ({"addresses": [{"type": "Billing", "line1": " "}]}, "no-address"),
        ({"addresses": [ADDRESS]}, "no-country"),
        ({"emailAddress": "orders@beacon"}, "email"),
        ({"emailAddress": "orders.beacon.example"}, "email"),
        ({"emailAddress": "a@b.example; wrong"}, "email"),
        ({"contacts": [{"email": "a@@b.example"}]}, "email"),
        ({"phone": "+44 123"}, "phone"),
        ({"phone": "123"}, "phone"),
        ({"phone": "see the notes"}, "phone"),
        ({"contacts": [{"phone": [{"number": "0123456789012345678"}]}]}, "phone"),
        ({"taxNumber": "GB 980 7806 85"}, "tax-number"),
        ({"taxNumber": "DE136695977"}, "tax-number"),
        ({"taxNumber": "51 824 753 557", "addresses": [ADDRESS | {"country": "Australia"}]},
         "tax-number"),
        ({"registrationNumber": "732829321", "addresses": [ADDRESS | {"country": "FRA"}]},
         "registration-number"),
        ({"customerName": "Test customer 2"}, "test-name"),
        ({"customerName": "asdf"}, "test-name"),
        ({"customerName": "XXX"}, "test-name"),
        ({"customerName": "Harbour Ltd (DELETE ME)"}, "test-name"),
        ({"customerName": "Beacon\u200b Printers"}, "invisible"),
        ({"customerName": "Beacon  Printers"}, "invisible"),
        ({"customerName": "Beacon Printers "}, "invisible"),
        ({"emailAddress": "orders@beacon.example\t"}, "invisible"),
        ({"customerName": "Beacon\u00a0Printers"}, "invisible"),
    ],
)  # fmt: skip
def test_what_is_found(changes: dict[str, Any], rule: str) -> None:
    assert rule in broken(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"emailAddress": "a@b.example, c@d.example"},
        {"emailAddress": "jörg@bücher.example"},
        {"phone": "01632 960318"},
        {"phone": "+1 (555) 123-4567 ext. 12"},
        {"taxNumber": "1234567890"},  # of another form: nothing is known about it
        {"taxNumber": "DE136695976"},
        {"registrationNumber": "SC123456"},
        {"customerName": "Test Valley Borough Council"},
        {"customerName": "AAA Ltd"},
        {"customerName": "株式会社　山田"},
        {"customerName": "Family 👨‍👩‍👧 Shop"},
    ],
)
def test_what_is_left_alone(changes: dict[str, Any]) -> None:
    assert broken(**changes) == set()


@pytest.mark.parametrize(
    "changes",
    [{"status": "Archived"}, {"status": "InActive"}, {"metadata": {"isDeleted": True}}],
)
def test_archived_and_deleted_customers_break_no_rule(changes: dict[str, Any]) -> None:
    assert broken(emailAddress="wrong", **changes) == set()


def test_each_rule_has_a_bit_and_a_name_of_its_own() -> None:
    assert len({rule.bit for rule in table.RULES}) == len(table.BY_NAME) == len(table.RULES)
    assert all(rule.bit.bit_count() == 1 for rule in table.RULES)


@given(st.text(), st.sampled_from(sorted({*checks._TAX_NUMBERS, "", "ZZ"})))
def test_no_text_is_too_strange_for_the_checks(text: str, country: str) -> None:
    checks.has_malformed_email(text)
    checks.has_impossible_phone(text, country)
    checks.has_wrong_tax_number(text, country)
    checks.has_wrong_registration(text, country)


@pytest.mark.django_db
def test_rows_of_older_rules_are_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    indexed("one", GOOD, GOOD | {"id": "2", "emailAddress": None}, GOOD | {"id": "3"})
    IndexedCustomer.objects.filter(customer_id="3").update(rules_version=0)
    assert not rechecking.is_wanted()
    monkeypatch.setattr(table, "VERSION", 2)
    IndexedCustomer.objects.update(broken_rules=1 << 3)
    assert rechecking.recheck(lambda: True) == 0
    assert rechecking.recheck(lambda: False) == 2
    assert not rechecking.is_wanted()
    found = dict(IndexedCustomer.objects.values_list("customer_id", "broken_rules"))
    # The third has never been checked: Codat is asked for it first.
    assert found == {"1": 0, "2": table.BY_NAME["no-email"].bit, "3": 1 << 3}


@pytest.mark.django_db
def test_a_changed_customer_is_checked_when_it_is_filled() -> None:
    indexed("one", GOOD | {"emailAddress": None})
    assert IndexedCustomer.objects.get().broken_rules == table.BY_NAME["no-email"].bit
    indexed("one", GOOD)
    assert IndexedCustomer.objects.get().broken_rules == 0
