"""README, `.env.example`, the requirements and the code agree."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from customers.service import CustomerService
from tests.support.documents import DOCUMENTS, TEXT

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = (ROOT / "codatdash" / "settings.py").read_text()
GUNICORN = (ROOT / "gunicorn.conf.py").read_text()

_READ = re.compile(r"""env\.\w+\(\s*['"]([A-Z_]+)['"]""")
_LINE = re.compile(r"^#?([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)
_COMPOSE = re.compile(r"\$\{([A-Z_]+)")


def settings_read() -> set[str]:
    """Every setting that the code reads from the environment."""
    return set(_READ.findall(SETTINGS)) | set(_READ.findall(GUNICORN))


def rows() -> dict[str, str]:
    """The README's table of settings: each name's row."""
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    return {
        name: row
        for row in table.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`([A-Z][A-Z_]+)`", row.split("|")[1])
    }


def test_every_setting_is_in_the_readme_and_in_the_example_and_no_other() -> None:
    assert len(settings_read()) > 20
    assert set(rows()) == settings_read()
    compose = set(_COMPOSE.findall((ROOT / "compose.yaml").read_text()))
    assert {name for name, _ in _LINE.findall(EXAMPLE)} == settings_read() | compose


def test_the_documented_defaults_are_those_of_the_code() -> None:
    example = dict(_LINE.findall(EXAMPLE))
    number = r"""env\.(?:whole|number)\(\s*['"]([A-Z_]+)['"],\s*([\d.]+)"""
    found = re.findall(number, SETTINGS) + re.findall(number, GUNICORN)
    assert len(found) > 9
    for name, default in found:
        short = default.removesuffix(".0")
        assert example[name] == short, name
        assert re.search(rf"(?<![\d.]){re.escape(short)}(?![\d.])", rows()[name]), name


REQUIREMENTS = ["requirements", "requirements-dev", "requirements-bench", "requirements-attack"]


def required(name: str) -> list[str]:
    """The packages that a requirements*.in file names."""
    lines = (
        line.partition("#")[0].strip() for line in (ROOT / f"{name}.in").read_text().splitlines()
    )
    return [re.split(r"[\[<>=~ ]", line)[0] for line in lines if line and not line.startswith("-")]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_dependency_has_its_line_in_the_readme(name: str) -> None:
    reasons = README.partition("## Dependencies")[2].lower()
    for package in required(name):
        if name == "requirements":
            assert re.search(rf"^\|[^|]*\b{re.escape(package)}\b[^|]*\| \S", reasons, re.M), package
        else:
            family = "stubs" if package.startswith("types-") or "stubs" in package else package
            family = "pytest" if package.startswith("pytest") else family
            assert re.search(rf"\b{re.escape(family)}\b", reasons), package


_PIN = re.compile(
    r"([\w.-]+)(?:\[[\w, -]+\])?==([\w.]+)(?: ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}"
)


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_dependency_is_pinned_with_hashes(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    entries = re.split(r"\n(?=\w)", "\n" + re.sub(r"^ *#.*\n", "", text, flags=re.M))[1:]
    pinned = {}
    for entry in entries:
        pin = _PIN.match(entry)
        assert pin, entry
        pinned[pin[1]] = pin[2]
    assert set(required(name)) <= set(pinned)
    assert "://" not in text


_VERSION = re.compile(r"^([\w.-]+)(?:\[[\w, -]+\])?==(\S+)", re.M)


# What attacks the dashboard has an environment of its own.
@pytest.mark.parametrize("name", REQUIREMENTS[1:3])
def test_tools_and_runtime_agree_on_versions(name: str) -> None:
    runtime = dict(re.findall(_VERSION, (ROOT / "requirements.txt").read_text()))
    tools = dict(re.findall(_VERSION, (ROOT / f"{name}.txt").read_text()))
    shared = runtime.keys() & tools.keys()
    assert shared
    assert {each: tools[each] for each in shared} == {each: runtime[each] for each in shared}


def test_the_readme_names_exactly_the_commands_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert {"run", "test", "bench"} <= set(re.findall(r"\bmake ([a-z]+)", TEXT)) <= targets
    ours = {path.stem for path in (ROOT / "customers/management/commands").glob("[a-z]*.py")}
    named = set(re.findall(r"manage\.py ([a-z_]+)", TEXT))
    django = {"check", "migrate", "collectstatic", "createsuperuser", "clearsessions"}
    assert named == (ours - {"demo_user", "first_user"}) | django


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert re.search(r"^exec make test$", script, re.MULTILINE)


def test_the_eight_operations_have_codats_names() -> None:
    for name in (
        "list",
        "get",
        "create",
        "update",
        "get_create_update_model",
        "list_attachments",
        "get_attachment",
        "download_attachment",
    ):
        assert callable(getattr(CustomerService, name)), name


def test_every_ignored_lint_rule_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    ignored = tomllib.loads(text)["tool"]["ruff"]["lint"]
    for rule in ignored["ignore"]:
        (line,) = [line for line in text.splitlines() if f'"{rule}"' in line]
        assert "#" in line, rule
    for path in ignored["per-file-ignores"]:
        (line,) = [line for line in text.splitlines() if line.startswith(f'"{path}"')]
        assert "#" in line, path


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_the_documents_link_exist(name: str) -> None:
    document = ROOT / name
    for path in re.findall(r"\]\(((?!https?:)[^)#]+)\)", document.read_text()):
        assert (document.parent / path).exists(), path


def test_the_readme_has_a_picture_of_the_list_a_customer_and_the_form() -> None:
    pictures = set(re.findall(r"!\[[^\]]+\]\(docs/pictures/(\w+)\.png\)", README))
    assert pictures == {"list", "customer", "form"}
    script = (ROOT / "scripts" / "pictures.py").read_text()
    assert pictures == set(re.findall(r'take\(page, "(\w+)"\)', script))


def test_the_roles_of_the_readme_are_the_groups() -> None:
    groups = import_module("customers.migrations.0021_roles").GROUPS
    heads, *rows = re.findall(
        r"^\|.*\|$", README.partition("## Roles")[2].partition("\n## ")[0], re.M
    )
    columns = [[cell.strip() for cell in row.strip("|").split("|")] for row in (heads, *rows[1:])]
    assert set(re.findall(r"\*(\w+)\*", heads)) == set(groups)
    allowed = {row[0]: row[1:] for row in columns[1:]}
    assert allowed["create and change customers, keep drafts"] == ["", *["yes"] * 4]
    for column, name in enumerate(groups):
        may_write = any(row[column] for task, row in allowed.items() if "change customers" in task)
        assert may_write == ("write_customers" in groups[name])
