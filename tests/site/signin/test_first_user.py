"""`make run` against Codat offers to create the first user; it never makes the demo user there."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from sandbox import Sandbox
from tests.support.cases.bad_day import closed_port
from tests.support.programs.processes import running
from tests.support.programs.terminal import Terminal
from tests.support.servers import databases

ROOT = Path(__file__).resolve().parents[3]
RUN = [sys.executable, str(ROOT / "scripts" / "run.py")]
OFFER = "Create the first user now? [Y/n]"
SENTENCE = (
    "Nobody can sign in yet: create the first user with .venv/bin/python manage.py createsuperuser"
)
# The first of these tests collects and compresses the static files.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def codat() -> Iterator[Sandbox]:
    """Codat itself, as far as the dashboard knows: a key and an address are set."""
    with Sandbox() as box:
        yield box


@pytest.fixture
def database(tmp_path: Path, django_db_setup: None) -> Path:
    """A database that is migrated and has nobody."""
    place = tmp_path / "db.sqlite3"
    databases.copy_to(place)
    return place


def environment(codat: Sandbox, database: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "for-tests-only",
        "CODAT_API_KEY": codat.api_key,
        "CODAT_BASE_URL": codat.url,
        "DATABASE_URL": f"sqlite:///{database}",
        "PORT": str(closed_port()),
        "TERM": "dumb",
    }


def users(database: Path) -> dict[str, str]:
    """Each user's name and password hash."""
    connection = sqlite3.connect(database)
    try:
        return dict(connection.execute("SELECT username, password FROM auth_user"))
    finally:
        connection.close()


def test_on_a_terminal_it_asks_for_a_name_and_a_password(codat: Sandbox, database: Path) -> None:
    with Terminal(RUN, cwd=ROOT, env=environment(codat, database)) as terminal:
        terminal.wait_for(OFFER)
        terminal.type("\n")
        terminal.wait_for("Username")
        terminal.type("maren\n")
        terminal.wait_for("Email address:")
        terminal.type("\n")
        terminal.wait_for("Password:")
        terminal.type("plum-lantern-42\n")
        terminal.wait_for("Password (again):")
        terminal.type("plum-lantern-42\n")
        terminal.wait_for("Customers come from Codat.")
        assert "plum-lantern" not in terminal.output
        assert "demo" not in terminal.output
    found = users(database)
    assert list(found) == ["maren"]
    assert PBKDF2PasswordHasher().verify("plum-lantern-42", found["maren"])
    with Terminal(RUN, cwd=ROOT, env=environment(codat, database)) as terminal:
        terminal.wait_for("Customers come from Codat.")
        assert "Nobody can sign in" not in terminal.output


def test_the_offer_can_be_declined(codat: Sandbox, database: Path) -> None:
    with Terminal(RUN, cwd=ROOT, env=environment(codat, database)) as terminal:
        terminal.wait_for(OFFER)
        terminal.type("n\n")
        terminal.wait_for(SENTENCE)
        terminal.wait_for("Customers come from Codat.")
    assert users(database) == {}


@pytest.mark.parametrize("question", [OFFER, "Username"])
def test_ctrl_c_at_a_question_ends_it_without_a_traceback(
    codat: Sandbox, database: Path, question: str
) -> None:
    with Terminal(RUN, cwd=ROOT, env=environment(codat, database)) as terminal:
        terminal.wait_for(OFFER)
        if question != OFFER:
            terminal.type("\n")
            terminal.wait_for(question)
        terminal.type("\x03")
        output = terminal.rest()
    assert "Traceback" not in output
    assert "Dashboard:" not in output
    assert terminal.process.returncode


def test_without_a_terminal_one_sentence_names_the_command(
    codat: Sandbox, database: Path, tmp_path: Path
) -> None:
    with running(RUN, tmp_path / "log", "Customers come from Codat.", environment(codat, database)):
        output = (tmp_path / "log").read_text()
    assert SENTENCE in output
    assert OFFER not in output
    assert users(database) == {}
