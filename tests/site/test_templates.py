"""Each template says at its top what it needs, and is written in lines that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

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
def test_no_line_of_a_template_is_too_long_to_read(name: str) -> None:
    for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
        assert len(line) <= LONGEST_LINE, f"{name}:{number}"
