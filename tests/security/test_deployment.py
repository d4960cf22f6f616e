"""The documented deployment: Django's own check of the settings of compose.yaml has no warning."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()
# What .env contains: the names that the head of compose.yaml lists, without real secrets.
DOTENV = {
    "SECRET_KEY": uuid.uuid4().hex * 2,
    "CODAT_API_KEY": "k",
    "ALLOWED_HOSTS": "dashboard.example.com",
    "CSRF_TRUSTED_ORIGINS": "https://dashboard.example.com",
    "POSTGRES_PASSWORD": "p",
    "REDIS_PASSWORD": "r",
}


def container(**more: str) -> dict[str, str]:
    """The environment of a dashboard's container: .env, and what compose.yaml sets."""
    given = DOTENV | more

    def value(match: re.Match[str]) -> str:
        return given.get(match[1]) or match[2]

    block = COMPOSE.partition("environment: &environment\n")[2].partition("\n  restart:")[0]
    lines = re.findall(r"^    ([A-Z_]+): (.+)$", block, re.MULTILINE)
    assert len(lines) > 4
    composed = {
        name: re.sub(r"\$\{([A-Z_]+):[-?]([^}]*)\}", value, text.strip('"')) for name, text in lines
    }
    return given | composed


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_django_has_no_warning_about_the_settings_of_compose() -> None:
    checked = check(container())
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize("name", ["HTTPS_REDIRECT", "SECURE_COOKIES", "BEHIND_TLS_PROXY"])
def test_it_warns_where_one_of_them_is_off(name: str) -> None:
    checked = check(container(**{name: "false"}))
    assert checked.returncode != 0
    assert "security.W0" in checked.stderr


def test_guesses_are_counted_by_the_address_behind_both_proxies() -> None:
    """The proxy that terminates TLS, and nginx, which appends the address of that proxy."""
    assert container()["PROXY_COUNT"] == "2"
    assert "$proxy_add_x_forwarded_for" in (ROOT / "deploy" / "nginx.conf").read_text()
