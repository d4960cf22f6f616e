"""Which rules ask for approval of a change."""

from __future__ import annotations

import pytest

from customers.approvals.rules import asks_for
from customers.models import ApprovalRule
from customers.writes.approving.policy import Change, changed_names, reasons

Field = ApprovalRule.Field


def change(*fields: str, tags: dict[str, str] | None = None, rows: int = 0) -> Change:
    return Change("c1", tags or {}, frozenset(fields), rows)


@pytest.mark.parametrize(
    ("rule", "asked_of", "asks"),
    [
        (ApprovalRule(fields=[Field.ANY]), change("phone"), True),
        (ApprovalRule(fields=[Field.ANY]), change(), False),
        (ApprovalRule(fields=[Field.NAME]), change("phone"), False),
        (ApprovalRule(fields=[Field.NAME]), change("phone", "customerName"), True),
        (ApprovalRule(fields=[Field.TAX_NUMBER]), change("taxNumber"), True),
        (ApprovalRule(fields=[Field.STATUS]), change("status"), True),
        (ApprovalRule(fields=[Field.ANY], company_id="c1"), change("phone"), True),
        (ApprovalRule(fields=[Field.ANY], company_id="c2"), change("phone"), False),
        (ApprovalRule(fields=[Field.ANY], tag_key="tier", tag_value="1"), change("phone"), False),
        (
            ApprovalRule(fields=[Field.ANY], tag_key="tier", tag_value="1"),
            change("phone", tags={"tier": "1"}),
            True,
        ),
        (
            ApprovalRule(fields=[Field.ANY], tag_key="tier", tag_value="1"),
            change("phone", tags={"tier": "2"}),
            False,
        ),
        # Accents apart, blanks, and what has no glyph.
        (
            ApprovalRule(fields=[Field.ANY], tag_key="r\u00e9gion", tag_value="Nord Est"),
            change("phone", tags={"re\u0301gion": "Nord\u00a0 Est\u200b"}),
            True,
        ),
        (ApprovalRule(larger_than=50), change("phone", rows=50), False),
        (ApprovalRule(larger_than=50), change("phone", rows=51), True),
        (ApprovalRule(larger_than=50), change("phone"), False),
    ],
)
def test_a_rule_asks_for_what_it_names(rule: ApprovalRule, asked_of: Change, asks: bool) -> None:
    assert bool(reasons([rule], asked_of)) == asks


@pytest.mark.parametrize(
    ("limit", "rows", "rule_says", "reason"),
    [
        (0, 1, "more than 0 rows", "1 row of one person in 24 hours is more than 0."),
        (1, 2, "more than 1 row", "2 rows of one person in 24 hours are more than 1."),
    ],
)
def test_one_row_is_said_in_the_singular(
    limit: int, rows: int, rule_says: str, reason: str
) -> None:
    rule = ApprovalRule(larger_than=limit)
    assert reasons([rule], change(rows=rows)) == [reason]
    assert asks_for(rule) == [f"Batches of {rule_says}"]


def test_two_rules_say_each_reason_once() -> None:
    rules = [ApprovalRule(fields=[Field.NAME]), ApprovalRule(fields=[Field.NAME, Field.STATUS])]
    found = reasons(rules, change("customerName", "status"))
    assert found == ["It changes the name.", "It changes the status."]


@pytest.mark.parametrize(
    ("before", "payload", "names"),
    [
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 3}', {"b"}),
        ("", '{"customerName": "New"}', {"customerName"}),
        ('{"a": null}', '{"a": ""}', set()),
        ('{"list": [{"x": 1}]}', '{"list": []}', {"list"}),
        ('{"a": 1.10}', '{"a": 1.1}', set()),
    ],
)
def test_the_changed_properties_of_a_payload(before: str, payload: str, names: set[str]) -> None:
    assert changed_names(before, payload) == names
