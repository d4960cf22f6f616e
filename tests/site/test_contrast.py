"""The colours of static/tokens.css: enough contrast in both schemes, for text (4.5) and for edges (3), WCAG 2.2 AA."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "static" / "tokens.css").read_text()
GROUNDS = ("page", "frame", "sunken", "raised", "hover", "selected")
TEXT = [
    *((text, ground) for text in ("text", "muted", "accent") for ground in GROUNDS),
    *((text, "accent-soft") for text in ("text", "muted", "accent")),
    *((tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "info")),
    *((tone, "page") for tone in ("good", "warn", "bad", "info", "accent-strong")),
    *(("text", f"{tone}-soft") for tone in ("good", "warn", "bad", "info")),
    ("warn", "frame"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-bad", "bad"),
]
EDGES = [
    *(("field-line", ground) for ground in ("page", "frame", "raised")),
    *(("focus", ground) for ground in GROUNDS),
]


def colours(scheme: int) -> dict[str, str]:
    """The value of each role, 0 for light and 1 for dark."""
    found = re.findall(r"--([\w-]+): (light-dark\(([^,()]+), ([^,()]+)\)|#\w+);", TOKENS)
    return {name: (whole if whole[0] == "#" else pair[scheme]) for name, whole, *pair in found}


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula() -> None:
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_edges_have_enough_contrast(scheme: int) -> None:
    values = colours(scheme)
    found = {
        f"{one} on {other}": contrast(values[one], values[other])
        for pairs, least in ((TEXT, 4.5), (EDGES, 3.0))
        for one, other in pairs
        if contrast(values[one], values[other]) < least
    }
    assert found == {}


def test_initials_can_be_read_in_every_colour() -> None:
    values = colours(0)
    marks = [values[f"mark-{number}"] for number in range(8)]
    assert len(set(marks)) == 8
    assert min(contrast(mark, "#fff") for mark in marks) >= 4.5
