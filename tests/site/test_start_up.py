"""What a server imports before it serves: all views, and no large library that few pages need."""

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
