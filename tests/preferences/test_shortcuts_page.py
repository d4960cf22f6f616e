"""The page of all keyboard shortcuts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from customers.preferences.shortcuts import SHORTCUTS
from customers.web.reader import store
from tests.conftest import RawPathClient

ROOT = Path(__file__).resolve().parents[2]
LISTED = {shortcut.key for _, shortcuts in SHORTCUTS for shortcut in shortcuts}


@pytest.mark.django_db
def test_the_page_lists_every_shortcut(viewer: User, viewer_client: RawPathClient) -> None:
    page = viewer_client.get("/shortcuts/").content.decode()
    assert "<kbd>Alt</kbd> + <kbd>↑</kbd></dt><dd>Move the row up" in page
    assert "<kbd>?</kbd></dt><dd>List the shortcuts of the page" in page
    assert "are off for you" not in page
    store(viewer, shortcuts=False)
    assert "are off for you" in viewer_client.get("/shortcuts/").content.decode()


def test_every_key_of_a_template_is_listed() -> None:
    """A new `data-key` gets a line in customers/preferences/shortcuts.py."""
    text = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    keys = set(re.findall(r'data-key="([^"{]+)"', text))
    assert "/" in keys
    assert keys <= LISTED


def test_the_shortcuts_of_rows_are_listed() -> None:
    script = (ROOT / "static" / "form" / "row_shortcuts.js").read_text()
    keys = dict(re.findall(r'\["((?:Alt|Control)[^"]+)", "([^"]+)"\]', script))
    listed = {each.key: each.action for _, shortcuts in SHORTCUTS for each in shortcuts}
    assert len(keys) == 5
    assert keys.items() <= listed.items()
