"""docs/security.md names tests that exist, and every chapter of the standard."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
DEFENCES = TEXT.partition("## Defences")[2].partition("\n## ")[0]


def test_each_named_test_exists() -> None:
    named = re.findall(r"`(tests/[^`]+)`", TEXT)
    assert len(named) > 20
    for each in named:
        path, _, name = each.partition("::")
        source = (ROOT / path).read_text()
        assert re.search(rf"^def {re.escape(name)}\(", source, re.MULTILINE), each


def test_each_defence_names_a_test() -> None:
    rows = [row for row in DEFENCES.splitlines() if row.startswith("| ")][2:]
    assert len(rows) > 20
    for row in rows:
        assert "`tests/" in row, row


def test_each_chapter_of_the_standard_has_its_row() -> None:
    chapters = re.findall(r"^\| V(\d+) ", TEXT, re.MULTILINE)
    assert [int(chapter) for chapter in chapters] == list(range(1, 18))
