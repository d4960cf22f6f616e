"""Many posts for a saved view in the same instant: a name is used once, and the limit holds.

On PostgreSQL, tests/writes/test_races.py runs them.
"""

from __future__ import annotations

from functools import partial

import pytest
from django.contrib.auth.models import User

from customers.browsing.customer_list import saved_views
from customers.models.readers import SavedView
from customers.web import links
from customers.web.lists.list_states import read_customers
from tests.conftest import RawPathClient
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS, POSTS = 5, 8


def create(user: User, name: str, words: str, *, is_team: bool) -> bool:
    """Whether a view was stored."""
    made = saved_views.create(user, name, read_customers({"q": words}), is_team=is_team)
    return isinstance(made, SavedView)


@pytest.mark.parametrize("is_team", [False, True], ids=["own", "team"])
def test_a_name_is_used_once(editor: User, viewer: User, is_team: bool) -> None:
    for number in range(ROUNDS):
        name = f"View {number}"
        made = all_at_once(
            partial(create, editor, name, str(words), is_team=is_team) for words in range(POSTS)
        )
        assert made.count(True) == 1
        assert SavedView.objects.filter(name=name).count() == 1


def test_the_limit_holds(editor: User) -> None:
    for number in range(saved_views.MAX_VIEWS - 1):
        SavedView.objects.create(owner=editor, name=f"View {number}", query="", columns="")
    for _ in range(ROUNDS):
        made = all_at_once(
            partial(create, editor, f"New {words}", str(words), is_team=False)
            for words in range(POSTS)
        )
        assert made.count(True) == 1
        SavedView.objects.filter(name__startswith="New").delete()


def rename(person: User, view: SavedView, name: str) -> int:
    """The status of the page that renames a view."""
    client = RawPathClient()
    client.force_login(person)
    return client.post(links.view(view.pk, ""), {"action": "change", "name": name}).status_code


def test_two_views_cannot_take_one_name(editor: User) -> None:
    for number in range(ROUNDS):
        views = [
            SavedView.objects.create(owner=editor, name=f"{letter}{number}", query="", columns="")
            for letter in "abcd"
        ]
        statuses = all_at_once(partial(rename, editor, view, f"One {number}") for view in views)
        assert sorted(statuses) == [302, 422, 422, 422]
