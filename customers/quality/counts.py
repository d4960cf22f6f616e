"""How many customers break each rule: of all companies, and of each one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count

from customers.index.rules import table
from customers.index.rules.table import RULES, Rule
from customers.models import IndexedCompany, IndexedCustomer


@dataclass(frozen=True, slots=True)
class Counts:
    """Customers by rule: those that are counted equal those that the search lists for the rule.

    `customers` break at least one rule.
    """

    by_rule: Mapping[Rule, int]
    customers: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """What the rules find in some companies, without those in which they find nothing. `total` is of all of them.

    `unchecked` customers were read before there were rules, and are read again.
    """

    total: Counts
    companies: Sequence[tuple[IndexedCompany, Counts]]
    unchecked: int


def quality(company_id: str = "") -> Quality:
    """The counts of one company, "" for all: the one with the most customers that break a rule first. Three queries."""
    rows = IndexedCustomer.objects.order_by()
    companies = IndexedCompany.objects.all()
    if company_id:
        companies = companies.filter(company_id=company_id)
        rows = rows.filter(source__company_id=company_id)
    # An index of the database alone answers this: each set of broken rules is one group.
    groups = (
        rows.exclude(broken_rules=0).values_list("source", "broken_rules").annotate(Count("pk"))
    )
    by_company: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for source, bits, number in groups:
        by_company[source].append((bits, number))
    found = [
        (company, _counts(by_company[company.pk]))
        for company in companies.filter(pk__in=by_company)
    ]
    found.sort(key=lambda pair: (-pair[1].customers, pair[0].name, pair[0].pk))
    everything = [group for groups in by_company.values() for group in groups]
    return Quality(_counts(everything), found, rows.filter(rules_version=0).count())


def _counts(groups: Sequence[tuple[int, int]]) -> Counts:
    by_rule: Counter[Rule] = Counter()
    customers = 0
    for bits, number in groups:
        broken = list(table.found(bits))
        customers += number if broken else 0
        for rule in broken:
            by_rule[rule] += number
    return Counts({rule: by_rule[rule] for rule in RULES if by_rule[rule]}, customers)
