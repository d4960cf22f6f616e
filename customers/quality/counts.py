"""How many customers break each rule: of all companies, and of each one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Count, Q

from customers.index.rules import table
from customers.index.rules.table import RULES, Rule
from customers.models import DuplicatePair, IndexedCompany, IndexedCustomer


@dataclass(frozen=True, slots=True)
class Counts:
    """Customers by rule: those that are counted equal those that the search lists for the rule.

    `customers` break at least one rule. `pairs` are probable duplicates that nobody decided about.
    """

    by_rule: Mapping[Rule, int]
    customers: int = 0
    pairs: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """What the rules find in some companies, without those in which they find nothing. `total` is of all of them.

    `unchecked` customers were read before there were rules, and are read again.
    """

    total: Counts
    companies: Sequence[tuple[IndexedCompany, Counts]]
    unchecked: int


def quality(company_id: str = "") -> Quality:
    """The counts of one company, "" for all: the one with the most customers that break a rule first. Four queries."""
    rows = IndexedCustomer.objects.order_by()
    companies = IndexedCompany.objects.all()
    if company_id:
        companies = companies.filter(company_id=company_id)
        rows = rows.filter(source__company_id=company_id)
    # An index of the database alone answers this, counting rows and no column: each set of broken rules is one group.
    groups = (
        rows.exclude(broken_rules=0).values_list("source", "broken_rules").annotate(n=Count("*"))
    )
    by_company: dict[int, list[tuple[int, int]]] = defaultdict(list)
    everything: Counter[int] = Counter()
    for source, bits, number in groups:
        by_company[source].append((bits, number))
        everything[bits] += number
    pairs = _pairs(company_id)
    listed = companies.filter(Q(pk__in=by_company) | Q(company_id__in=pairs))
    found = [
        (company, _counts(by_company[company.pk], pairs.get(company.company_id, 0)))
        for company in listed
    ]
    found.sort(key=lambda pair: (-pair[1].customers, pair[0].name, pair[0].pk))
    total = _counts(everything.items(), sum(counts.pairs for _, counts in found))
    return Quality(total, found, rows.filter(rules_version=0).count())


def _pairs(company_id: str) -> dict[str, int]:
    """The probable duplicates that nobody decided about, by the ID of their company."""
    pairs = DuplicatePair.objects.filter(decision=DuplicatePair.Decision.OPEN).order_by()
    if company_id:
        pairs = pairs.filter(company_id=company_id)
    return dict(pairs.values_list("company_id").annotate(Count("pk")))


def _counts(groups: Iterable[tuple[int, int]], pairs: int) -> Counts:
    # A large index has ten thousands of groups: numbers are added up by bits, which are hashed quicker than rules.
    by_bit: Counter[int] = Counter()
    customers = 0
    for bits, number in groups:
        broken = _bits_of_rules(bits)
        customers += number if broken else 0
        for bit in broken:
            by_bit[bit] += number
    by_rule = {rule: by_bit[rule.bit] for rule in RULES if by_bit[rule.bit]}
    return Counts(by_rule, customers, pairs)


@lru_cache(maxsize=4096)
def _bits_of_rules(bits: int) -> tuple[int, ...]:
    return tuple(rule.bit for rule in table.found(bits))
