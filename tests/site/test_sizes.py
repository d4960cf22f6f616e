"""Files, functions and folders are small enough to be read at once: CONTRIBUTING.md has the numbers."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ("audit", "bench", "codatdash", "customers", "sandbox", "scripts", "tests")
FOLDERS = (*PYTHON, "static", "templates")
# As others made or generated them. Migrations are a sequence, in one folder for ever.
NOT_OURS = {"vendor", "migrations", "java", "node_modules"}


def limit(of: str) -> int:
    """A number of CONTRIBUTING.md."""
    found = re.search(rf"{of} (?:have )?at most (\d+)", (ROOT / "CONTRIBUTING.md").read_text())
    assert found, of
    return int(found[1])


def files(*suffixes: str) -> Iterator[Path]:
    """Our files with these suffixes."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in suffixes and not NOT_OURS & set(path.relative_to(ROOT).parts):
                yield path


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function below its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_file_is_too_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in files(".py", ".html", ".js", ".css")
    }
    assert len(lengths) > 1000
    assert {path: length for path, length in lengths.items() if length > limit("files")} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": lines(node)
        for path in files(".py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(lengths) > 5000
    assert {name: length for name, length in lengths.items() if length > limit("Functions")} == {}


def test_no_folder_has_too_many_modules() -> None:
    modules = Counter(str(path.parent.relative_to(ROOT)) for path in files(".py"))
    assert len(modules) > 50
    assert {folder: count for folder, count in modules.items() if count > limit("folders")} == {}
