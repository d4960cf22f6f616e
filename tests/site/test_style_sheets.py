"""What a style sheet must not ask of a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from codatdash import settings

SHEETS = sorted((Path(settings.BASE_DIR) / "static").glob("*.css"))
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SELECTORS = re.compile(r"([^{};]+)\{")
# What holds everything that changes on a page.
_WHOLE_PAGE = re.compile(r"(^|[\s,])(html|body|main|:root|#main)(\.[\w-]+)*:has\(")
_EVERYTHING_IN_IT = re.compile(r":has\(.*\)[^,]*[ >~+]\*\s*(,|$)")
# The height of the bar that a form or an import has; what holds it comes and goes with its fragment.
_ALLOWED = {"html:has(.save-bar)", "main:has(.save-bar)"}


def selectors(style_sheet: str) -> list[str]:
    """The lists of selectors of a style sheet."""
    found = _SELECTORS.findall(_COMMENT.sub("", style_sheet))
    return [text for each in found if not (text := each.strip()).startswith("@")]


def is_costly(selector: str) -> bool:
    """Whether a browser styles the whole page again at each change of it."""
    found = _WHOLE_PAGE.search(selector) or _EVERYTHING_IN_IT.search(selector)
    return bool(found) and selector not in _ALLOWED


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_no_change_of_a_part_styles_the_whole_page(path: Path) -> None:
    assert not [each for each in selectors(path.read_text("utf-8")) if is_costly(each)]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("body:has(.toast)", True),
        ("a, main.wide:has(> .record) > h1", True),
        (".list:not(:has(> form)) > .results > *", True),
        (".cell:has(> form) > :not(h1)", False),
        ("tr:has(:checked)", False),
        ("body > *", False),
    ],
)
def test_costly_selectors_are_known(selector: str, expected: bool) -> None:
    assert is_costly(selector) is expected


# Parts of the frame: on another element their styles would make it as high as the window, or fixed.
_FRAME = {"side", "top-bar", "toasts", "waiting", "waiting-bar"}
_CLASSES = re.compile(r'class="([^"{]*)')


def test_the_classes_of_the_frame_are_used_in_the_frame_alone() -> None:
    templates = Path(settings.BASE_DIR) / "templates"
    found = {
        str(path.relative_to(templates)): sorted(names)
        for path in templates.rglob("*.html")
        for classes in _CLASSES.findall(path.read_text("utf-8"))
        if (names := _FRAME & set(classes.split()))
    }
    assert found
    assert {name for name in found if not name.startswith("web/")} <= {"base.html"}
