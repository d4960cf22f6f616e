"""Somebody else changed the customer while it was edited."""

from __future__ import annotations

import html
import re

import pytest
import simplejson

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.controls import fields
from tests.support.journal import calls

pytestmark = pytest.mark.django_db


def radios(page: str) -> dict[str, set[str]]:
    """Each conflict's choices: the values of its two radio buttons, those that are on with a star."""
    found: dict[str, set[str]] = {}
    for name, value, rest in re.findall(
        r'<input type="radio" name="([^"]+)" value="(\w+)"([^>]*)>', page
    ):
        found.setdefault(name, set()).add(value + ("*" if "checked" in rest else ""))
    return found


def test_a_conflict_is_resolved_without_javascript(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    company, customer = sandbox.company("qbo"), "39"
    url = links.edit(company, customer)
    opened = editor_client.get(url)
    before = fields(opened)
    typed = before | {"f.phone": "mine phone", "f.emailAddress": "mine@my.example"}
    copy = sandbox.state("qbo").copy
    copy[customer] = copy[customer] | {"phone": "their phone", "taxNumber": "THEIRS-1"}

    asked = editor_client.post(url, typed | {"action": "save"})
    page = asked.content.decode()
    assert asked.status_code == 409
    for column in ("Before", "Theirs", "Mine"):
        assert f'<th scope="col">{column}</th>' in page
    # What both changed waits for a choice; what they alone changed is theirs unless somebody says otherwise.
    assert radios(page) == {
        "m.phone": {"theirs", "mine"},
        "m.taxNumber": {"theirs*", "mine"},
    }
    for value in (before["f.phone"], "their phone", "mine phone", "THEIRS-1"):
        assert html.escape(value) in page
    assert fields(asked)["f.emailAddress"] == "mine@my.example"
    assert "Not chosen yet" not in page

    # Without a choice for each nothing is sent, and the choice that was made is kept.
    half = editor_client.post(url, fields(asked) | {"m.taxNumber": "mine"})
    assert half.status_code == 409
    assert "Not chosen yet: Phone." in half.content.decode()
    assert radios(half.content.decode())["m.taxNumber"] == {"theirs", "mine*"}
    assert not calls(sandbox, "PUT")

    # Somebody changes it again meanwhile: a choice about what was seen before does not count.
    copy[customer] = copy[customer] | {"phone": "their newer phone"}
    stale = editor_client.post(url, fields(half) | {"m.phone": "theirs", "m.taxNumber": "theirs"})
    assert stale.status_code == 409
    assert "their newer phone" in stale.content.decode()
    assert "Not chosen yet" not in stale.content.decode()
    assert not calls(sandbox, "PUT")

    saved = editor_client.post(url, fields(stale) | {"m.phone": "theirs", "m.taxNumber": "mine"})
    assert saved.status_code == 303
    (call,) = calls(sandbox, "PUT")
    sent = simplejson.loads(call.body)
    assert sent["phone"] == "their newer phone"
    assert sent["emailAddress"] == "mine@my.example"
    assert sent.get("taxNumber", "") == before["f.taxNumber"]
    assert simplejson.loads(Write.objects.get().before)["phone"] == "their newer phone"
