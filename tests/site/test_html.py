"""html-validate and vnu find nothing in any page as it is served; `make audit` has the other checkers."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit import tools
from audit.html_checkers import Findings, file_name, html_validate, save, vnu
from audit.pages import LARGE, PAGES
from audit.stack import running

# The servers start as in production, and npm may install the checkers first.
pytestmark = pytest.mark.timeout(tools.INSTALL_TIMEOUT + 200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the HTML of every page in its states."""
    if reason := tools.node_is_missing():
        pytest.skip(f"skipped: {reason}")
    folder = tmp_path_factory.mktemp("pages")
    wrong: Findings = {}
    with running() as stack:
        for page in PAGES:
            # What scripts do to a page is not seen here.
            if page.name != LARGE and not page.act:
                wrong[page.name] = save(stack, page, page.request(stack), folder)
    assert not lines(wrong)
    return folder


def lines(findings: Findings) -> str:
    """The findings as lines."""
    return "\n".join(f"{name}: {line}" for name, found in findings.items() for line in found)


def test_html_validate_finds_nothing(folder: Path) -> None:
    assert not lines(html_validate(folder))


def test_vnu_finds_nothing(folder: Path) -> None:
    if reason := tools.java_is_missing():
        pytest.skip(f"skipped: {reason}")
    assert not lines(vnu(folder))


def test_mistakes_are_found(tmp_path: Path) -> None:
    if reason := tools.node_is_missing() or tools.java_is_missing():
        pytest.skip(f"skipped: {reason}")
    body = '<img src="a.png"><p id="a" hx-get="/"></p><p id="a"></p>'
    page = (
        f'<!doctype html>\n<html lang="en"><head><title>A</title></head><body>{body}</body></html>'
    )
    (tmp_path / file_name("mistakes")).write_text(page)
    for check in (html_validate, vnu):
        found = check(tmp_path)["mistakes.html"]
        assert any("alt" in line for line in found)
        assert any("uplicate" in line for line in found)
        assert not any("“hx-get”" in line for line in found)
