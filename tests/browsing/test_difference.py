"""Two texts beside each other: the characters that differ are marked, and nothing of them is HTML."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.codat.text import marked_text
from customers.web.difference import difference


@pytest.mark.parametrize(
    ("old", "new", "sides"),
    [
        ("Bakery Ltd", "Bakery Ltd", ("Bakery Ltd", "Bakery Ltd")),
        ("Bakery Ltd", "Bakery Ltd.", ("Bakery Ltd", "Bakery Ltd<ins>.</ins>")),
        ("a@x.example", "a@y.example", ("a@<del>x</del>.example", "a@<ins>y</ins>.example")),
        ("Ann", "\u200bAnn", ("Ann", "<ins>[U+200B]</ins>Ann")),
        ("A\u00a0B", "A B", ("A<del>[U+00A0]</del>B", "A<ins> </ins>B")),
        ("x", "completely new", ("<del>x</del>", "<ins>completely new</ins>")),
        ("–", "<b>", ("<del>–</del>", "<ins>&lt;b&gt;</ins>")),
        ("<i>x", "<i>y", ("&lt;i&gt;<del>x</del>", "&lt;i&gt;<ins>y</ins>")),
    ],
)
def test_the_characters_that_differ_are_marked(old: str, new: str, sides: tuple[str, str]) -> None:
    assert difference(old, new) == sides


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from([1, 30]))
def test_each_side_holds_its_whole_text(one: str, other: str, times: int) -> None:
    old, new = one * times, other * times
    for side, text in zip(difference(old, new), (old, new), strict=True):
        plain = re.sub("</?(del|ins)>", "", side)
        assert "<" not in plain
        assert html.unescape(plain) == marked_text(text)


def test_a_very_long_text_is_marked_between_its_ends() -> None:
    text = "x" * 100_000
    assert difference(text, text + "y").new == text + "<ins>y</ins>"
