"""Probable duplicates: which pairs are found, what a person says of them, and how they close."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.access.people import grant, set_sees_all
from customers.index import store
from customers.models import DuplicatePair, Grant, IndexedCompany
from customers.quality import comparing
from customers.quality.deciding import decide
from customers.quality.likeness import Compared, alike, candidates, compared
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.index import indexed
from tests.support.people import person as somebody

Decision = DuplicatePair.Decision

ONE = {"id": "1", "customerName": "Harbour Lights Ltd", "emailAddress": "a@b.example"}
TWIN = {"id": "2", "customerName": "Harbor Lights Limited", "emailAddress": "A@b.example"}
OTHER = {"id": "3", "customerName": "Cedar Labs", "phone": "01632 960318"}


def person(customer_id: str, name: str, **more: str) -> Compared:
    values = {"emails": "", "phones": "", "tax_number": "", "registration": ""} | more
    return compared(customer_id, name, **values)


@pytest.mark.parametrize(
    ("first", "second", "more", "reasons"),
    [
        ("Harbour Lights Ltd", "Harbour Lights Limited", {}, ("same_name",)),
        ("Harbour Lights", "Lights, Harbour", {}, ("same_name",)),
        ("Müller & Söhne GmbH", "Muller Sohne", {}, ("same_name",)),
        ("Harbour Lights", "Harbuor Lights", {}, ("similar_name",)),
        ("Harbour Light Shop", "Harbour Lights", {"emails": "a@b.example"}, ("email",)),
        ("Umber Bakery", "Ember Bakery", {}, None),
        ("Harbour Lights Ltd", "Harbour Lights GmbH", {}, None),
        ("Harbour Lights Ltd", "Harbour Lights GmbH", {"phones": "+441632960318"},
         ("same_name", "phone")),
        ("Cobalt Opticians & Sons", "Opal Opticians & Sons", {}, None),
        ("The Harbour Lights Company", "Harbour Lights Ltd", {}, ("same_name",)),
        ("Bluebell Bakery", "Blue Bell Bakery", {}, ("same_name",)),
        ("Anything", "Else", {"tax_number": "GB 123 4567 89"}, ("tax_number",)),
        ("Anything", "Else", {"registration": "SC123456"}, ("registration_number",)),
        ("Anything", "Else", {"emails": "a@b.example", "phones": "+441632960318"},
         ("email", "phone")),
        ("Store 12", "Store 13", {}, None),
        ("Cedar Labs", "Harbour Lights", {"emails": "books@firm.example"}, None),
        ("Cedar Labs", "Harbour Lights", {"phones": "+441632960318"}, None),
        ("Jo", "Jon", {}, None),
    ],
)  # fmt: skip
def test_which_customers_look_alike(
    first: str, second: str, more: dict[str, str], reasons: tuple[str, ...] | None
) -> None:
    found = alike([person("1", first, **more), person("2", second, **more)])
    assert [each.reasons for each in found] == ([reasons] if reasons else [])


def test_two_people_of_one_name_with_other_tax_numbers_are_not_alike() -> None:
    one = person("1", "John Smith", tax_number="123456789")
    assert alike([one, person("2", "John Smith", tax_number="987654321")]) == []
    assert len(alike([one, person("2", "John Smith")])) == 1


def test_a_phone_is_the_same_with_and_without_its_country() -> None:
    one = person("1", "Harbour", phones="+441632960318")
    assert alike([one, person("2", "Harbour Ltd", phones="01632960318")])[0].reasons == (
        "same_name",
        "phone",
    )


def test_of_thousands_of_customers_few_pairs_are_compared() -> None:
    """Also where most of them share words, an email and a phone."""
    names = random.Random(5)
    words = ["harbour", "beacon", "north", "cedar", "marine", "street", "bakery"]
    customers = [
        person(
            str(number),
            f"{names.choice(words)} {names.choice(words)} {names.getrandbits(64):x} services",
            emails="info@all.example",
            phones="+441632960000",
            tax_number=str(10**8 + number),
        )
        for number in range(5_000)
    ]
    assert len(set(candidates(customers))) < 100 * len(customers)


def pairs(**limits: Any) -> list[tuple[str, str]]:
    rows = DuplicatePair.objects.filter(**limits).order_by("first_id", "second_id")
    return list(rows.values_list("first_id", "second_id"))


def read(source: IndexedCompany, *customers: dict[str, Any]) -> None:
    """Have a company's customers be these, as after a pass that has just ended; then compare them."""
    now = timezone.now()
    IndexedCompany.objects.filter(pk=source.pk).update(pass_number=source.pass_number + 1)
    source.refresh_from_db()
    indexed(source.company_id, *customers, read_at=now)
    store.remove_unseen(source)
    comparing.work(lambda: False)


@pytest.fixture
def source(db: None) -> IndexedCompany:
    """A company with two customers that look alike, and another one."""
    found = indexed(
        "one", ONE, TWIN, OTHER, read_at=timezone.now(), platform_name="QuickBooks Online"
    )
    assert comparing.is_wanted()
    assert comparing.work(lambda: False) == 1
    return found


def only() -> DuplicatePair:
    return DuplicatePair.objects.get()


def test_each_company_is_compared_once_after_each_reading(source: IndexedCompany) -> None:
    assert pairs(company_id="one") == [("1", "2")]
    assert only().reasons == ["similar_name", "email"]
    assert not comparing.is_wanted()
    later = timezone.now() + timedelta(minutes=1)
    IndexedCompany.objects.update(read_at=later)
    assert comparing.is_wanted()
    assert comparing.work(lambda: True) == 0
    assert comparing.work(lambda: False) == 0
    assert not comparing.is_wanted()


def test_a_large_company_is_not_compared_anew_after_each_change(source: IndexedCompany) -> None:
    now = timezone.now()
    large = IndexedCompany.objects.filter(pk=source.pk)
    large.update(
        customers=comparing.SMALL + 1, compared_at=now - timedelta(minutes=50), read_at=now
    )
    assert not comparing.is_wanted()
    large.update(compared_at=now - timedelta(minutes=70))
    assert comparing.is_wanted()


def test_a_pair_that_is_no_longer_alike_goes_unless_somebody_decided(
    source: IndexedCompany, editor: User
) -> None:
    changed = TWIN | {"customerName": "Anchor", "emailAddress": None}
    read(source, ONE, changed, OTHER)
    assert pairs() == []
    read(source, ONE, TWIN, OTHER)
    decide(only(), Decision.DIFFERENT, editor)
    read(source, ONE, changed, OTHER)
    assert only().decision == Decision.DIFFERENT


def test_what_was_decided_outlasts_the_index(source: IndexedCompany, editor: User) -> None:
    decide(only(), Decision.DIFFERENT, editor)
    indexed("two", ONE, TWIN, read_at=timezone.now())
    comparing.work(lambda: False)
    for company in IndexedCompany.objects.all():
        store.remove_company(company)
    assert comparing.forget() == 1
    again = indexed("one", ONE, TWIN, read_at=timezone.now())
    comparing.work(lambda: False)
    assert again.company_id == "one"
    assert only().decision == Decision.DIFFERENT
    assert only().decided_by_name == "editor"


@pytest.mark.parametrize(
    "customers",
    [(ONE, OTHER), (ONE, TWIN | {"status": "Archived"}), (ONE | {"metadata": {"isDeleted": True}}, TWIN)],
)  # fmt: skip
def test_the_same_customer_closes_when_one_is_gone_or_archived(
    source: IndexedCompany, editor: User, customers: tuple[dict[str, Any], ...]
) -> None:
    decide(only(), Decision.SAME, editor)
    read(source, ONE, TWIN, OTHER)
    assert only().closed_at is None
    read(source, *customers)
    assert only().closed_at is not None
    read(source, ONE, TWIN, OTHER)
    assert only().closed_at is None


# -- the pages ---------------------------------------------------------------------------------------

URL = "/companies/one/duplicates/"


def page(client: RawPathClient, url: str = URL) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_list_says_why_and_leads_to_both(
    source: IndexedCompany, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    text = page(editor_client)
    assert "Similar name, same email" in text
    assert '<a href="/companies/one/customers/1/"><bdi>Harbour Lights Ltd</bdi></a>' in text
    assert "/customers/compare/?id=1&amp;id=2&amp;first=differences" in text
    assert 'To decide <span class="num">1</span>' in text
    assert 'name="decision" value="same"' in text
    assert sandbox.calls == []


def test_a_decision_is_remembered_and_can_be_taken_back(
    source: IndexedCompany, editor_client: RawPathClient
) -> None:
    place = f"{URL}{only().pk}/"
    answer = editor_client.post(place, {"decision": "different"})
    assert (answer.status_code, answer["Location"]) == (303, URL)
    assert "Harbour" not in re.sub("<h1>.*?</h1>", "", page(editor_client))
    assert 'Different <span class="num">1</span>' in page(editor_client, f"{URL}?show=different")
    assert "<bdi>editor</bdi>, " in page(editor_client, f"{URL}?show=different")
    editor_client.post(place, {"decision": "", "shown": "different"})
    assert 'To decide <span class="num">1</span>' in page(editor_client)
    editor_client.post(place, {"decision": "perhaps"})
    assert only().decision == Decision.OPEN


def test_the_later_of_two_decisions_about_a_pair_is_told_of_the_earlier(
    source: IndexedCompany, editor: User, editor_client: RawPathClient
) -> None:
    place = f"{URL}{only().pk}/"
    decide(only(), Decision.DIFFERENT, somebody("colleague"))
    answer = editor_client.post(place, {"decision": "same", "shown": ""})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "colleague said meanwhile: different customers. Nothing was changed." in text
    assert 'name="shown" value="different"' in text
    assert (only().decision, only().decided_by_name) == (Decision.DIFFERENT, "colleague")
    assert editor_client.post(place, {"decision": "different", "shown": ""}).status_code == 303
    decide(only(), Decision.OPEN, editor)
    answer = editor_client.post(place, {"decision": "same", "shown": "different"})
    assert "Somebody took the decision back meanwhile." in answer.content.decode()
    assert only().decision == Decision.OPEN


def test_a_decision_leads_back_to_the_page_of_its_list(
    monkeypatch: pytest.MonkeyPatch, editor_client: RawPathClient
) -> None:
    monkeypatch.setattr("customers.quality.pages.duplicates_view.PAGE_SIZE", 1)
    read(indexed("one"), ONE, TWIN, TWIN | {"id": "4"})
    text = page(editor_client, f"{URL}?page=2")
    [action] = re.findall(r'action="(/companies/one/duplicates/\d+/\?page=2)"', text)
    answer = editor_client.post(action, {"decision": "different", "shown": ""})
    assert answer["Location"] == f"{URL}?page=2"
    text = page(editor_client, f"{URL}?page=2")
    [action] = re.findall(r'action="(/companies/one/duplicates/\d+/\?page=2)"', text)
    answer = editor_client.post(action, {"decision": "same", "shown": ""})
    assert answer["Location"] == action
    assert f'href="{URL}?page=2"' in page(editor_client, action)
    text = page(editor_client, f"{URL}?show=different")
    assert '/?show=different" aria-label=' in text


@pytest.mark.parametrize(
    ("state", "label"),
    [("complete", "Gone"), ("filling", "Not read yet"), ("waiting", "Not read yet")],
)
def test_a_customer_is_gone_only_where_the_whole_company_was_read(
    source: IndexedCompany, editor: User, viewer_client: RawPathClient, state: str, label: str
) -> None:
    decide(only(), Decision.SAME, editor)
    source.rows.all().delete()
    IndexedCompany.objects.update(state=state)
    for url in (f"{URL}?show=same", f"{URL}{only().pk}/"):
        assert f">{label}</span>" in page(viewer_client, url)
    is_over = "Nothing is left to do" in page(viewer_client, f"{URL}{only().pk}/")
    assert is_over is (state == "complete")


def test_the_same_customer_leads_to_the_guide(
    source: IndexedCompany, editor_client: RawPathClient
) -> None:
    place = f"{URL}{only().pk}/"
    answer = editor_client.post(place, {"decision": "same"})
    assert (answer.status_code, answer["Location"]) == (303, place)
    guide = page(editor_client, place)
    assert "Codat cannot merge customers. Do it in QuickBooks Online:" in guide
    assert "It cannot be undone." in guide
    assert (
        '<td dir="auto">Harbour Lights Ltd</td><td dir="auto">Harbor Lights Limited</td>' in guide
    )
    read(source, ONE, OTHER)
    closed = page(editor_client, place)
    assert "One of the two is gone or archived." in closed
    assert 'Merged <span class="num">1</span>' in page(editor_client)


def test_a_viewer_reads_and_does_not_decide(
    source: IndexedCompany, viewer_client: RawPathClient
) -> None:
    assert "decision" not in page(viewer_client)
    place = f"{URL}{only().pk}/"
    assert "decision" not in page(viewer_client, place)
    assert viewer_client.post(place, {"decision": "same"}).status_code == 403
    assert only().decision == Decision.OPEN


def test_pairs_are_counted_with_the_rules(
    source: IndexedCompany, viewer_client: RawPathClient, editor: User
) -> None:
    link = '<a href="/companies/one/duplicates/">Probable duplicates: 1</a>'
    assert link in page(viewer_client, "/quality/")
    own = page(viewer_client, "/quality/?company=one")
    assert '<a href="/companies/one/duplicates/">1 pair</a>' in own
    decide(only(), Decision.SAME, editor)
    assert link not in page(viewer_client, "/quality/")


def test_a_person_who_may_not_see_a_company_does_not_see_its_pairs(
    source: IndexedCompany, viewer_client: RawPathClient, viewer: User
) -> None:
    set_sees_all(viewer, sees_all=False)
    indexed("two", ONE)
    grant(viewer, Grant.Kind.COMPANY, "two")
    place = f"{URL}{only().pk}/"
    assert viewer_client.get(URL).status_code == 404
    assert viewer_client.get(place).status_code == 404
    text = page(viewer_client, "/quality/")
    assert "/companies/one/" not in text
    assert "0 pairs" in text
    assert "1 customer to look at" in text


def test_a_pair_of_another_company_is_not_found(
    source: IndexedCompany, viewer_client: RawPathClient
) -> None:
    indexed("two", ONE)
    assert viewer_client.get(f"/companies/two/duplicates/{only().pk}/").status_code == 404
    assert viewer_client.get("/companies/nobody/duplicates/").status_code == 404
