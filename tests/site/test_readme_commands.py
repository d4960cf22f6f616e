"""The commands of README.md and docs/operation.md work as they stand there, in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from sandbox import Sandbox
from tests.support.cases.bad_day import closed_port
from tests.support.documents import blocks, commands, inline_commands
from tests.support.patience import wait_for
from tests.support.programs.processes import running
from tests.support.programs.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = [path.name for path in ROOT.glob("requirements*")]
COPIED = ("codatdash", "customers", "sandbox", "scripts", "static", "templates")
FILES = ("manage.py", "gunicorn.conf.py", "Makefile", ".env.example", *REQUIREMENTS)
# Seconds for a command that collects and compresses the static files, on a busy machine.
TIMEOUT = 240
pytestmark = pytest.mark.timeout(600)

# Commands that are not run here, each with the reason.
NOT_RUN = {
    "make test": "it runs these tests",
    "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt": "it downloads packages;"
    " `make` has made the environment of these tests in the same way",
    ".venv/bin/pip install -r requirements.txt": "the same",
    "git pull": "it needs a repository to pull from",
    "docker compose up --build": "it needs a container engine and images;"
    " test_nginx_accepts_its_configuration and test_wire.py check the parts",
}
RUN: set[str] = set()


def documented(line: str) -> str:
    """A command that a test runs. That it stands in the documents is checked below."""
    RUN.add(line)
    return line


MAKE_RUN = documented("make run")
COPY_SETTINGS = documented("cp .env.example .env")
CREATE_USER = documented(".venv/bin/python manage.py createsuperuser")
MIGRATE = documented(".venv/bin/python manage.py migrate")
COLLECT = documented(".venv/bin/python manage.py collectstatic --noinput")
GUNICORN = documented(".venv/bin/gunicorn codatdash.wsgi")
WORKER = documented(".venv/bin/python manage.py work")
CRON = documented(".venv/bin/python manage.py work --once")
CHECK = documented(".venv/bin/python manage.py check --deploy --fail-level WARNING")
SANDBOX = documented(
    "SECRET_KEY=any CODAT_API_KEY=any .venv/bin/python manage.py sandbox --port 8001"
)
BACK_UP_SQLITE = documented(
    """.venv/bin/python -c "import sqlite3; sqlite3.connect('var/db.sqlite3')"""
    """.execute('VACUUM INTO \\'var/backup.sqlite3\\'')\""""
)
RESTORE_SQLITE = [
    documented("rm -f var/db.sqlite3-wal var/db.sqlite3-shm"),
    documented("cp var/backup.sqlite3 var/db.sqlite3"),
]
BACK_UP_POSTGRESQL = documented(
    'pg_dump --format=custom --no-owner --file=var/backup.dump "$DATABASE_URL"'
)
RESTORE_POSTGRESQL = documented(
    "pg_restore --clean --if-exists --no-owner --single-transaction"
    ' --dbname="$DATABASE_URL" var/backup.dump'
)


def test_every_command_is_run_here_or_has_a_reason_not_to() -> None:
    assert set(commands()) == RUN | set(NOT_RUN)
    assert {language for language, _ in blocks()} == {"sh", "text"}


def management_commands() -> list[str]:
    found = re.findall(r"manage\.py ([a-z_]+)", "\n".join([*commands(), *inline_commands()]))
    return sorted(set(found))


def copy_repository(folder: Path) -> Path:
    """What `git clone` brings, as far as the commands need it, with the environment of these tests."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name not in ("runtime", "development", "measuring"):
            (folder / ".venv" / path.name).symlink_to(path)
    for name in ("runtime", "development"):  # What make installs is there already.
        (folder / ".venv" / name).touch()
    return folder


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A fresh clone."""
    return copy_repository(tmp_path)


@pytest.fixture(scope="module")
def codat() -> Iterator[Sandbox]:
    """Codat itself, as far as the dashboard knows."""
    with Sandbox() as box:
        yield box


@pytest.fixture(scope="module")
def installed(codat: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dashboard with its settings in `.env` and a migrated database."""
    folder = copy_repository(tmp_path_factory.mktemp("installed"))
    write_settings(folder, codat)
    run(folder, MIGRATE)
    return folder


def write_settings(folder: Path, codat: Sandbox) -> None:
    """Copy the example as README says, and fill in what it asks for."""
    run(folder, COPY_SETTINGS)
    path = folder / ".env"
    text = path.read_text()
    for name, value in {
        "SECRET_KEY": uuid.uuid4().hex * 2,
        "CODAT_API_KEY": codat.api_key,
        "#CODAT_BASE_URL": codat.url,
    }.items():
        text, count = re.subn(
            rf"^{name}=.*$", f"{name.lstrip('#')}={value}", text, flags=re.MULTILINE
        )
        assert count == 1, name
    path.write_text(text)


def environment(**more: str) -> dict[str, str]:
    """Nothing of the test's own settings."""
    return {"PATH": os.environ["PATH"], "TERM": "dumb", **more}


def run(folder: Path, line: str, **more: str) -> str:
    """What a command prints, given to a shell as it stands. Fails where it fails, and on a traceback."""
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def server(line: str) -> list[str]:
    """A command that serves, as it stands; signals reach the server and not a shell."""
    return ["sh", "-c", f"exec env {line}"]


def test_make_knows_every_target_of_the_readme(scratch: Path) -> None:
    targets = set(re.findall(r"\bmake ([a-z]+)", "\n".join([*commands(), *inline_commands()])))
    assert {"run", "test", "bench"} <= targets
    for target in targets:
        run(scratch, f"make --dry-run {target}")


@pytest.mark.parametrize("name", management_commands())
def test_every_command_of_the_readme_says_how_it_is_used(name: str, installed: Path) -> None:
    line = f".venv/bin/python manage.py {name} --help"
    assert f"manage.py {name}" in run(installed, line)


def test_make_run_starts_the_dashboard_and_the_sandbox(scratch: Path) -> None:
    ports = {"PORT": str(closed_port()), "SANDBOX_PORT": str(closed_port())}
    log = scratch / "output"
    with running(server(MAKE_RUN), log, "Stop with Ctrl-C", environment(**ports), scratch):
        for port in ports.values():
            with urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
                assert page.status == 200
            assert f"http://127.0.0.1:{port}" in log.read_text()
        wait_for(lambda: re.search(r"Worker \S+ started", log.read_text()), 60)
    assert re.search(r"Worker \S+ ended", log.read_text())


def test_the_sandbox_runs_alone(scratch: Path) -> None:
    port = closed_port()
    command = server(f"{SANDBOX} --port {port}")
    with (
        running(command, scratch / "output", "Sandbox for", environment(), scratch),
        urlopen(f"http://127.0.0.1:{port}/", timeout=30) as response,
    ):
        assert b"Try it" in response.read()


def test_connecting_to_codat(scratch: Path, codat: Sandbox) -> None:
    """Two lines of `.env`, `make run`, then the user: the key that `make run` adds serves the next command."""
    write_settings(scratch, codat)
    path = scratch / ".env"
    path.write_text(re.sub(r"^SECRET_KEY=.*", "SECRET_KEY=", path.read_text(), flags=re.MULTILINE))
    variables = environment(PORT=str(closed_port()))
    ready = "Customers come from Codat."
    with running(server(MAKE_RUN), scratch / "output", ready, variables, scratch):
        assert "SECRET_KEY was not set" in (scratch / "output").read_text()
        create_user(scratch, "first")
    assert re.search(r"^SECRET_KEY=\S{40,}$", path.read_text(), re.MULTILINE)
    assert users(scratch / "var" / "db.sqlite3") == {"first"}


def create_user(folder: Path, name: str) -> None:
    """Create a user as a person does, on a terminal."""
    with Terminal(["sh", "-c", CREATE_USER], cwd=folder, env=environment()) as terminal:
        for question, answer in (
            ("Username", name),
            ("Email address:", ""),
            ("Password:", "plum-lantern-42"),
            ("Password (again):", "plum-lantern-42"),
        ):
            terminal.wait_for(question)
            terminal.type(f"{answer}\n")
        assert "Superuser created" in terminal.rest()


def users(database: Path) -> set[str]:
    connection = sqlite3.connect(database)
    try:
        return {name for (name,) in connection.execute("SELECT username FROM auth_user")}
    finally:
        connection.close()


def test_gunicorn_serves_the_pages(installed: Path) -> None:
    run(installed, COLLECT)
    port = closed_port()
    variables, ready = environment(PORT=str(port), LOG_FORMAT="text"), "Listening at"
    with (
        running(server(GUNICORN), installed / "output", ready, variables, installed),
        urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=30) as page,
    ):
        assert page.status == 200


def test_the_worker_runs_until_it_is_stopped(installed: Path) -> None:
    log = installed / "worker-output"
    with running(server(WORKER), log, "started", environment(), installed):
        pass
    assert "ended" in log.read_text()


def test_the_command_for_cron(installed: Path) -> None:
    assert "0 failed" in run(installed, CRON)


def test_django_has_nothing_to_add_to_the_settings(installed: Path) -> None:
    settings = {"BEHIND_TLS_PROXY": "true", "SECURE_COOKIES": "true"}
    assert "no issues" in run(installed, CHECK, **settings)


def test_back_up_and_restore_sqlite(scratch: Path, codat: Sandbox) -> None:
    write_settings(scratch, codat)
    run(scratch, MIGRATE)
    database = scratch / "var" / "db.sqlite3"
    create_user(scratch, "kept")
    run(scratch, BACK_UP_SQLITE)
    create_user(scratch, "later")
    assert users(database) == {"kept", "later"}
    for line in RESTORE_SQLITE:
        run(scratch, line)
    run(scratch, MIGRATE)
    assert users(database) == {"kept"}


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The address of a database of its own."""
    if not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("skipped: pg_dump and pg_restore are not installed")
    address = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    name = f"test_{uuid.uuid4().hex}"
    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        pytest.skip(f"skipped: no PostgreSQL at TEST_POSTGRES_URL ({type(error).__name__})")
    with connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield address.rpartition("/")[0] + f"/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_back_up_and_restore_postgresql(installed: Path, postgresql: str) -> None:
    def names() -> set[str]:
        with psycopg.connect(postgresql) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM auth_group")}

    run(installed, MIGRATE, DATABASE_URL=postgresql)
    run(installed, BACK_UP_POSTGRESQL, DATABASE_URL=postgresql)
    assert names() == {"Viewers", "Editors", "Approvers", "Administrators"}
    with psycopg.connect(postgresql) as connection:
        connection.execute("UPDATE auth_group SET name = 'Lost' WHERE name = 'Editors'")
    run(installed, RESTORE_POSTGRESQL, DATABASE_URL=postgresql)
    run(installed, MIGRATE, DATABASE_URL=postgresql)
    assert names() == {"Viewers", "Editors", "Approvers", "Administrators"}


def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    nginx = shutil.which("nginx")
    if not nginx:
        pytest.skip("skipped: nginx is not installed")
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    # The name is one of the containers'.
    text = text.replace("server dashboard:8000;", "server 127.0.0.1:8000;")
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nerror_log stderr;\n{text}")
    done = subprocess.run(
        [nginx, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
