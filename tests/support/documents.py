"""The commands that README.md and docs/operation.md show."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "docs/operation.md")
TEXT = "\n".join((ROOT / name).read_text() for name in DOCUMENTS)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CRON = re.compile(r"(?:[\d*/]+ ){5} *(?=\S)")


def blocks() -> list[tuple[str, str]]:
    """The language and the text of every fenced block."""
    return _BLOCK.findall(TEXT)


def commands() -> list[str]:
    """Every command of the shell blocks, without its comment and the times of cron."""
    lines = "\n".join(text for language, text in blocks() if language == "sh").splitlines()
    commented = (re.sub(r"\s+#.*", "", line) for line in lines)
    return [_CRON.sub("", line, count=1) for line in commented if line.strip()]


def inline_commands() -> list[str]:
    """Every command that stands in a sentence or in a table."""
    pattern = r"`((?:[A-Z_]+=\S+ )*(?:make|\.venv/bin/\S+|docker) [^`]+)`"
    return re.findall(pattern, _BLOCK.sub("", TEXT))
