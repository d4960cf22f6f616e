"""The icons of pages stand in one file, which a browser loads once."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from django.template import engines

from customers.home.problem import KINDS
from tests.conftest import RawPathClient

ROOT = Path(__file__).resolve().parents[2]
SPRITE = ROOT / "static" / "icons.svg"
# How templates name an icon: as an argument of one of these macros.
NAMED = re.compile(
    r"""\bicon\("([a-z0-9-]+)"\)|icon_name="([a-z0-9-]+)"|nav_link\("[^"]+", "([a-z0-9-]+)"|"(chevron-\w+)"\)"""
)


def names() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text()))


def run(script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, script, *arguments], capture_output=True, text=True, timeout=60
    )


def test_the_file_is_what_the_script_makes() -> None:
    assert run(ROOT / "scripts" / "icons.py", "--check").returncode == 0


def test_a_file_that_differs_is_named(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "static").mkdir()
    script = tmp_path / "scripts" / "icons.py"
    script.write_text((ROOT / "scripts" / "icons.py").read_text())
    (tmp_path / "static" / "icons.svg").write_text("<svg/>")
    answer = run(script, "--check")
    assert answer.returncode == 1
    assert "icons.svg is out of date" in answer.stderr


def test_it_has_the_icons_that_templates_name_and_no_other() -> None:
    used = {
        next(filter(None, match))
        for path in (ROOT / "templates").rglob("*.html")
        for match in NAMED.findall(path.read_text())
    }
    used |= {kind.icon for kind in KINDS.values()}
    assert used == names() - {"sign"}


def test_an_icon_refers_to_the_file_and_is_hidden_from_screen_readers() -> None:
    html = engines["jinja2"].from_string('{{ icon("plus") }}').render({})
    assert html == (
        '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#plus"/></svg>'
    )


def test_a_page_has_no_shapes_of_icons(viewer_client: RawPathClient) -> None:
    page = viewer_client.get("/accounts/password/").content.decode()
    assert "icons.svg#" in page
    assert not re.search(r'class="icon"[^>]*>\s*<path', page)
