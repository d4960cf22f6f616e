"""Imports point one way: urls -> views -> writes, forms, query -> service, models -> client -> errors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Each room and the floor it stands on; it may import its own floor and those below. A new module of
# `customers` has to be given its floor here.
FLOORS = (
    # What knows nothing of the rest: types, errors, texts.
    "errors codat_types formatting notes guesses addresses tracing shared credentials outgoing kinds pulls",
    "answers transport reading shapes push_model comparing quota slots breaker",
    "client",
    "service models",
    "forms query htmx record rows files transfers archive drafts writes confirming",
    "following",
    "webhooks",
    "views context middleware templating",
    "urls admin apps management",
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names.split()}


def modules() -> list[Path]:
    """Every module of the application but the stand-in, which is a world of its own, and migrations."""
    return [
        path
        for path in sorted((ROOT / "customers").rglob("*.py"))
        if not {"sandbox", "migrations"} & set(path.parts) and path.name != "sandbox.py"
    ]


def room(dotted: str) -> str:
    """`customers.forms.form` -> `forms`; "" for what is outside the application."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "customers" and len(parts) > 1 else ""


def imports(path: Path) -> Iterator[str]:
    """The rooms that a module imports, also those it imports inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (room(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "customers":
                yield from (alias.name for alias in node.names)
            else:
                yield room(node.module)


def packages(path: Path) -> set[str]:
    """The packages that a module imports something from; of the standard library's `http` only its client counts."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return {name.partition(".")[0] for name in found if name != "http"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    here = path.relative_to(ROOT / "customers").parts[0].removesuffix(".py")
    if here == "__init__":
        return
    assert here in FLOOR, f"give {here} a floor"
    for there in filter(None, imports(path)):
        assert FLOOR.get(there, 99) <= FLOOR[here], f"{here} must not import {there}"


def test_only_the_client_talks_http() -> None:
    talkers = {path.name for path in modules() if {"requests", "urllib3", "http"} & packages(path)}
    # reading.py has the type of an answer, following.py and the sandbox's fellow the numbers of statuses.
    assert talkers == {"client.py", "transport.py", "reading.py"}


def test_nothing_of_the_product_imports_the_stand_in() -> None:
    for path in [*modules(), *(ROOT / "codatdash").glob("*.py")]:
        assert "customers.sandbox" not in path.read_text(), path
