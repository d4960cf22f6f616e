"""Sentences on the screen are short: at most 20 words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
MAX_WORDS = 20

# What divides the text of a template: other branches, and tags that end a text.
_BRANCH = re.compile(r"\{%-?\s*(?:else|elif)\b.*?%\}", re.DOTALL)
_INLINE = re.compile(r"</?(?:a|abbr|bdi|code|em|kbd|q|span|strong)\b[^>]*>")
_END = re.compile(r"(?<=[.?!])\s+")


def template_texts(source: str) -> Iterator[str]:
    """The texts of a template; an expression counts as one word."""
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    source = _BRANCH.sub("<br>", source)
    source = re.sub(r"\{%.*?%\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{\{.*?\}\}", "X", source, flags=re.DOTALL)
    yield from re.split(r"<[^>]*>", _INLINE.sub("", source))


def python_texts(source: str) -> Iterator[str]:
    """The texts of a module that are sentences, docstrings left out."""
    tree = ast.parse(source)
    # A text that is a statement of its own is a docstring; a part of an f-string is read with the whole.
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            skipped.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        text = ""
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        if re.match(r"[A-Z“].*[.?!]$", text.strip(), re.DOTALL):
            yield text


def long_sentences(texts: Iterator[str]) -> list[str]:
    sentences = (" ".join(part.split()) for text in texts for part in _END.split(text))
    return [sentence for sentence in sentences if len(sentence.split()) > MAX_WORDS]


def test_a_long_sentence_is_found() -> None:
    words = " ".join(["Word", *["and"] * 20]) + "."
    assert long_sentences(template_texts(f"<p>{{# note #}}{words[:40]} <b>{words}</b></p>"))
    assert long_sentences(python_texts(f'TEXT = "{words}"'))
    assert not long_sentences(python_texts(f'"""{words}"""'))


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_the_sentences_of_a_template_are_short(path: Path) -> None:
    assert long_sentences(template_texts(path.read_text())) == []


def test_the_sentences_of_the_code_are_short() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {sentence}"
        for room in ("customers", "codatdash")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
        for sentence in long_sentences(python_texts(path.read_text()))
    ]
    assert found == []
