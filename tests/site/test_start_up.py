"""The Python of the environment, and what a server imports before it serves: no large library that few pages need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Libraries, and what needs them.
HEAVY = {
    "email_validator": "a rule of data quality",
    "phonenumbers": "a rule of data quality",
    "pygal": "the pictures of the home page",
    "qrcode": "the picture for an authenticator app",
    "redis": "a shared cache",
    "stdnum": "a rule of data quality",
    "xlsxwriter": "a workbook",
}
# Programs by version, each with whether it can make an environment.
INSTALLED = {"9.3": False, "9.2": True, "9.1": True}
_PROGRAM = """
import runpy, sys
import codatdash.wsgi
runpy.run_path("gunicorn.conf.py")["post_worker_init"](None)
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """The modules of a process that has started as gunicorn's do and served no page."""
    given = {"SECRET_KEY": "s", "CODAT_API_KEY": "k", "CODAT_AUTH_HEADER": ""}
    started = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | given,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=60,
    )
    return set(started.stdout.split())


@pytest.mark.parametrize("library", HEAVY)
def test_a_large_library_is_imported_where_it_is_used(imported: set[str], library: str) -> None:
    assert library not in imported


def test_views_are_imported_before_the_first_request(imported: set[str]) -> None:
    assert {"codatdash.urls", "customers.urls"} <= imported


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["9.3", "9.2", "9.1"], "/usr/bin/python9.2\n"),
        (["9.1", "9.2"], "/usr/bin/python9.1\n"),
        (["9.4", "9.1"], "/usr/bin/python9.1\n"),
        (["9.3"], ""),
        (["9.4"], ""),
        ([], ""),
    ],
)
def test_the_first_python_that_can_make_an_environment_is_chosen(
    tmp_path: Path, asked: list[str], expected: str
) -> None:
    for version, works in INSTALLED.items():
        program = tmp_path / f"python{version}"
        program.write_text(
            f"#!/bin/sh\necho /usr/bin/python{version}\n" if works else "#!/bin/sh\nexit 1\n"
        )
        program.chmod(0o755)
    run = subprocess.run(
        [ROOT / "scripts" / "python.sh", *asked],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == expected
    assert run.returncode == (0 if expected else 1)
