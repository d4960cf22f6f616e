"""Sentences on the screen are short, at most 20 words, and have the words of the glossary."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
MAX_WORDS = 20
# What docs/glossary.md has another word for, and turns of phrase for which there are plain words.
OTHER_WORDS = re.compile(
    r"\b(shall|whoever|nobody knows|on its way|makes no sense|by itself|by themselves|my writes|a write"
    r"|refresh|pull operation|integration)\b",
    re.IGNORECASE,
)

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
        elif isinstance(node, ast.keyword) and node.arg == "help_text":
            # Of a column, for those who read the models.
            skipped |= {id(part) for part in ast.walk(node.value)}
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


def unfit(texts: Iterator[str]) -> list[str]:
    """The sentences that are too long, or have another word."""
    sentences = (" ".join(part.split()) for text in texts for part in _END.split(text))
    return [
        sentence
        for sentence in sentences
        if len(sentence.split()) > MAX_WORDS or OTHER_WORDS.search(sentence)
    ]


def test_a_long_sentence_and_another_word_are_found() -> None:
    words = " ".join(["Word", *["and"] * 20]) + "."
    assert unfit(template_texts(f"<p>{{# note #}}{words[:40]} <b>{words}</b></p>"))
    assert unfit(python_texts(f'TEXT = "{words}"'))
    assert not unfit(python_texts(f'"""{words}"""'))
    assert unfit(template_texts("<p>It is on its way.</p>"))
    assert not unfit(template_texts("<p>It was sent.</p>"))


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_the_sentences_of_a_template_are_short_and_plain(path: Path) -> None:
    assert unfit(template_texts(path.read_text())) == []


def test_the_sentences_of_the_code_are_short_and_plain() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {sentence}"
        for room in ("customers", "codatdash")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
        for sentence in unfit(python_texts(path.read_text()))
    ]
    assert found == []
