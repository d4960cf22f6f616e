"""The page of a batch, as tests read it."""

from __future__ import annotations

import re

from customers.models import Batch
from customers.web import links
from tests.conftest import RawPathClient

HTMX = {"HX-Request": "true"}
BUTTON = re.compile(r'<button type="submit"[^>]* name="action" value="(\w+)"[^>]*>([^<]*)<')
State = Batch.State


def url_of(batch: Batch, query: str = "") -> str:
    return links.batch(batch.company_id, batch.pk) + query


def page(client: RawPathClient, batch: Batch, query: str = "") -> str:
    """The page without the frame."""
    answer = client.get(url_of(batch, query))
    assert answer.status_code == 200
    html: str = answer.content.decode()
    return html[html.index("<main") :]


def said(html: str) -> str:
    """The state in a sentence."""
    found = re.search(r'<h2 id="batch-state">([^<]*)</h2>', html)
    assert found
    return found[1]


def buttons(html: str) -> dict[str, str]:
    """The buttons of the batch by their action, and what they say."""
    return dict(BUTTON.findall(html.partition('id="batch-rows"')[0]))


def counts(html: str) -> dict[str, str]:
    """The numbers by group."""
    return dict(re.findall(r'id="count-(\w+)".*?<strong class="num">([\d,]+)<', html, re.DOTALL))


def seconds(html: str) -> int:
    """When the fragment asks again; 0 for never."""
    found = re.search(r'<div id="batch"[^>]*every (\d+)s', html)
    return int(found[1]) if found else 0
