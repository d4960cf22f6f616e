"""The upkeep of the index: dropping it, forgetting words, tidying, and the commands that read it again."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from customers.index import companies, filling, store
from customers.index.search import search
from customers.models import IndexedCompany, IndexedCustomer, IndexedWord
from sandbox import Sandbox
from tests.support.index import fill, indexed, indexed_company, look, shown, stored, sweep

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_setting_drops_the_index(sandbox: Sandbox, settings: Settings) -> None:
    indexed_company(sandbox, "xero")
    settings.INDEX_CUSTOMERS = False
    assert filling.due_companies() == []
    assert companies.drop_where_off()
    assert not companies.drop_where_off()
    assert not IndexedCustomer.objects.exists()
    assert not IndexedWord.objects.exists()
    assert search("x").coverage.is_off
    look()
    assert not IndexedCompany.objects.exists()
    # The table of trigrams is empty, too, and follows the rows again.
    settings.INDEX_CUSTOMERS = True
    indexed_company(sandbox, "xero")
    assert search("bakery").total == sum("Bakery" in name for name in stored_names(sandbox))


def stored_names(sandbox: Sandbox) -> list[str]:
    return list(stored()[sandbox.company("xero")].values())


def test_words_that_no_customer_has_are_forgotten(sandbox: Sandbox) -> None:
    one = indexed("one", {"id": "1", "customerName": "Bluebell Bakery"})
    indexed("two", {"id": "1", "customerName": "Bluebell Dairy"})
    store.remove_company(one)
    assert store.forget_words() == 1
    words = {word.strip() for word in IndexedWord.objects.values_list("word", flat=True)}
    assert words == {"bluebell", "dairy"}


def test_tidying_changes_nothing_that_is_found(sandbox: Sandbox) -> None:
    sweep()
    before = search("bakery").total
    store.tidy()
    assert search("bakery").total == before


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_a_company_is_read_again_on_demand(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "xero")
    IndexedCustomer.objects.filter(source=source).update(name="Changed here")
    assert "1 company will be read." in run("reindex", "--company", source.company_id.upper())
    assert fill() == 1
    assert stored()[source.company_id] == shown(sandbox)[source.company_id]


def test_all_companies_are_read_again_on_demand(sandbox: Sandbox) -> None:
    assert "No worker is running" in run("reindex")
    fill()
    assert stored() == shown(sandbox)
    assert f"{IndexedCompany.objects.count()} companies will be read." in run("reindex")
    assert fill() >= IndexedCompany.objects.count()


def test_an_unknown_company_cannot_be_read_again(sandbox: Sandbox, settings: Settings) -> None:
    with pytest.raises(CommandError, match=r"does not exist|not found|no longer|Codat"):
        run("reindex", "--company", "unknown")
    settings.INDEX_CUSTOMERS = False
    with pytest.raises(CommandError, match="There is no index"):
        run("reindex")


def test_the_index_is_dropped_on_demand(sandbox: Sandbox) -> None:
    indexed_company(sandbox, "xero")
    assert "INDEX_CUSTOMERS=false prevents that" in run("drop_index")
    assert not IndexedCompany.objects.exists()
    assert not IndexedCustomer.objects.exists()
    assert not IndexedWord.objects.exists()
