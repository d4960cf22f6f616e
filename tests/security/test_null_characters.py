"""A null character in a field of a page or of an address: PostgreSQL refuses it, so no query may get it."""

from __future__ import annotations

import re

import pytest

from customers.access.roles import Role
from tests.conftest import RawPathClient
from tests.support.people import person

pytestmark = pytest.mark.django_db

NAME = re.compile(r'name="([\w.-]+)"')
BUTTON = re.compile(r'<button[^>]*name="([\w.-]+)" value="([\w.-]+)"')
# Parameters of addresses that no form of the page has.
MORE = ("q", "page", "company", "customer", "person", "before", "edit", "show", "done", "tag")
PAGES = (
    "/people/",
    "/people/invite/",
    "/people/<id>/",
    "/access/",
    "/approvals/",
    "/approvals/rules/",
    "/audit/",
    "/notifications/",
    "/settings/notifications/",
    "/settings/channels/",
    "/quality/",
)


@pytest.mark.parametrize("page", PAGES)
def test_no_field_fails(groups: None, page: str) -> None:
    manager = person("manager", Role.ADMINISTRATOR)
    client = RawPathClient()
    client.force_login(manager)
    url = page.replace("<id>", str(manager.pk))
    html = client.get(url).content.decode().partition("<main")[2]
    names = {*NAME.findall(html), *MORE} - {"csrfmiddlewaretoken"}
    buttons: list[dict[str, str]] = [{}, *({name: value} for name, value in BUTTON.findall(html))]
    everything = dict.fromkeys(names, "a\0b")
    assert html
    for data in ({name: "a\0b"} for name in names):
        assert client.get(url, data).status_code < 500, data
    for button in buttons:
        for data in (everything, *({name: "a\0b"} for name in names)):
            assert client.post(url, data | button).status_code < 500, data | button
