"""Two people, or two clicks, at the page of an import: each button does what its page showed, or nothing."""

from __future__ import annotations

import pytest
from django.db.models import F

from customers.models import Import, ImportRow
from tests.support.pages.controls import Controls
from tests.support.pages.import_page import Pages, text_of

pytestmark = pytest.mark.django_db(transaction=True)

HTMX = {"HX-Request": "true"}
State = Import.State


def test_who_comes_second_sees_that_it_was_changed_and_keeps_what_was_typed(checked: Pages) -> None:
    group = checked.group("Status is not in the list")
    opened = checked.fields(group)
    Import.objects.filter(pk=checked.source.pk).update(version=F("version") + 1)
    typed = opened | {"cell.7.2": "Archived", "action": "correct"}
    for headers in ({}, HTMX):
        answer = checked.client.post(checked.url, typed, headers=headers)
        assert answer.status_code == 409
        html = text_of(answer)
        assert "This import was changed meanwhile, so nothing was done." in html
        assert Controls(html, group).fields["cell.7.2"] == "Archived"
    assert checked.states()[7] == "invalid"


def test_a_correction_that_was_checked_at_once_is_not_undone_by_an_older_page(
    checked: Pages,
) -> None:
    group = checked.group("Status is not in the list")
    opened = checked.fields(group)
    mine = opened | {"cell.7.2": "Archived", "action": "correct"}
    theirs = opened | {"cell.8.2": "Active", "action": "correct"}
    assert checked.client.post(checked.url, mine).status_code == 303
    assert checked.now.state == State.CHECKED
    assert checked.client.post(checked.url, theirs).status_code == 409
    row = ImportRow.objects.get(source=checked.source, position=7)
    assert row.corrections == {"2": "Archived"}
    # The same page with nothing new is a double click.
    assert checked.client.post(checked.url, mine).status_code == 303
    assert checked.source.steps.filter(action="correct").count() == 1


def test_an_older_page_shows_what_a_colleague_has_corrected(checked: Pages) -> None:
    group = checked.group("Status is not in the list")
    opened = checked.fields(group)
    mine = opened | {"cell.7.2": "Actif", "action": "correct"}
    theirs = opened | {"cell.8.2": "Active", "action": "correct"}
    assert checked.client.post(checked.url, mine).status_code == 303
    html = text_of(checked.client.post(checked.url, theirs))
    shown = Controls(html, group).fields
    assert (shown["cell.7.2"], shown["cell.8.2"]) == ("Actif", "Active")
    # Pressed again, it changes what they typed and nothing else.
    assert checked.client.post(checked.url, shown | {"action": "correct"}).status_code == 303
    rows = ImportRow.objects.filter(source=checked.source, position__in=(7, 8))
    assert [row.corrections for row in rows] == [{"2": "Actif"}, {"2": "Active"}]


def test_a_row_that_was_left_out_is_not_sent_after_a_correction_on_an_older_page(
    checked: Pages,
) -> None:
    ImportRow.objects.filter(source=checked.source, state="twice").delete()
    group = checked.group("Status is not in the list")
    opened = checked.fields(group)
    out = opened | {"action": "leave_out:7"}
    assert checked.client.post(checked.url, out).status_code == 303
    assert checked.client.post(checked.url, out).status_code == 303
    assert checked.now.state == State.CHECKED
    assert checked.client.post(checked.url, opened | {"action": "leave_out:8"}).status_code == 409
    typed = opened | {"cell.7.2": "Archived", "action": "correct"}
    assert checked.client.post(checked.url, typed).status_code == 409
    assert (checked.states()[7], checked.states()[8]) == ("left_out", "invalid")


def test_a_double_click_does_nothing_twice(pages: Pages) -> None:
    fields = pages.fields("columns") | {"action": "columns"}
    first, second = (pages.client.post(pages.url, fields) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert pages.source.steps.filter(action="columns").count() == 1
