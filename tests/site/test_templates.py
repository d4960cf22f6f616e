"""Each template states its contract and has no long lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import engines
from jinja2 import ChainableUndefined, UndefinedError

ROOT = Path(__file__).resolve().parents[2] / "templates"
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.html"))
LONGEST_LINE = 160


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_opens_with_its_contract(name: str) -> None:
    comment, closed, _ = (ROOT / name).read_text().partition("#}")
    assert comment.startswith("{#")
    assert closed
    assert len(comment.split()) > 5


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_page_begins_with_its_doctype(name: str) -> None:
    before, extends, _ = (ROOT / name).read_text().partition("{% extends")
    if extends:
        assert not re.sub(r"\{#.*?(-#\}\s*|#\})", "", before, flags=re.DOTALL)


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_line_of_a_template_is_too_long_to_read(name: str) -> None:
    for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
        assert len(line) <= LONGEST_LINE, f"{name}:{number}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_button_states_its_type(name: str) -> None:
    """A button without a type submits its form."""
    text = re.sub(r"\{[{%].*?[%}]\}", "", (ROOT / name).read_text(), flags=re.DOTALL)
    for tag in re.findall(r"<button\b[^>]*>", text):
        assert re.search(r'\stype="(submit|button)"', tag), tag


def test_a_name_that_is_not_in_the_context_fails_in_tests() -> None:
    template = engines["jinja2"].from_string("{{ page.name }}")
    with pytest.raises(UndefinedError, match="'page' is undefined"):
        template.render({})


def test_a_name_that_is_not_in_the_context_is_left_blank_in_production() -> None:
    templates: Any = settings.TEMPLATES
    [options] = [engine["OPTIONS"] for engine in templates if "jinja2" in engine["BACKEND"]]
    assert options["undefined"] is ChainableUndefined
