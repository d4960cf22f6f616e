"""SQLite and PostgreSQL find the same customers, in the same order, for whatever is searched."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings

from customers.index.filters import Filters
from customers.index.search import search
from tests.support.cases.index_cases import Case, cases
from tests.support.index import indexed
from tests.support.races import run_on_postgresql

pytestmark = pytest.mark.django_db

# Name the file of cases that a run on PostgreSQL reads, and the one that it writes its answers to.
CASES, ANSWERS = "INDEX_CASES", "INDEX_ANSWERS"
EXAMPLES = 100
# All companies, where trigrams are looked up, and one, which is small and read row by row.
FILTERS = (Filters(), Filters(companies=("company-0",)))


def generated() -> list[Case]:
    """Cases; the same ones in each run, as far as the code that is loaded is the same."""
    found: list[Case] = []

    @settings(
        derandomize=True,
        database=None,
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


def answers(found: list[Case]) -> list[Any]:
    """What the index of this database answers, as JSON has it: the search, the ID of each hit, how many there are."""
    answered = []
    for companies, searches in found:
        with transaction.atomic():
            for number, customers in enumerate(companies):
                indexed(f"company-{number}", *customers)
            answered.append([_answer(text, filters) for text in searches for filters in FILTERS])
            transaction.set_rollback(True)
    return answered


def _answer(text: str, filters: Filters) -> list[Any]:
    found = search(text, filters=filters)
    hits = [[hit.customer.source.company_id, hit.customer.customer_id] for hit in found.hits]
    return [text, hits, found.total]


@pytest.mark.timeout(600)
def test_the_answers_of_both_databases_are_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs again on PostgreSQL, where it answers the cases of this run."""
    if connection.vendor != "sqlite":
        if CASES not in os.environ:
            pytest.skip("skipped: no run on SQLite has asked for it")
        asked = json.loads(Path(os.environ[CASES]).read_text())
        Path(os.environ[ANSWERS]).write_text(json.dumps(answers(asked)))
        return
    found = generated()
    mine = answers(found)
    assert len(mine) >= EXAMPLES
    assert sum(bool(hits) for case in mine for _, hits, _ in case) > EXAMPLES
    asked, answered = tmp_path / "cases.json", tmp_path / "answers.json"
    asked.write_text(json.dumps(found))
    monkeypatch.setenv(CASES, str(asked))
    monkeypatch.setenv(ANSWERS, str(answered))
    run_on_postgresql("tests/index/test_same_answers.py", timeout=550)
    for case, on_sqlite, on_postgresql in zip(
        found, mine, json.loads(answered.read_text()), strict=True
    ):
        assert on_postgresql == on_sqlite, case
