"""Settings: what stops the start, and the headers of every response."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import simplejson
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from codatdash import environment
from customers.codat.client import default_client
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of its own; an empty value counts as missing."""
    given = {"SECRET_KEY": "s", "CODAT_API_KEY": "k", "CODAT_AUTH_HEADER": ""} | environment
    return subprocess.run(
        [sys.executable, "-c", "import codatdash.settings"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | given,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_two_secrets_suffice_to_start() -> None:
    assert start().returncode == 0
    assert start(CODAT_API_KEY="", CODAT_AUTH_HEADER="Basic abc").returncode == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "CODAT_API_KEY"])
@pytest.mark.parametrize("value", ["", "  "])
def test_a_missing_secret_stops_the_start(name: str, value: str) -> None:
    stopped = start(**{name: value})
    assert stopped.returncode != 0
    assert f"{name} is not set: " in stopped.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ALLOWED_HOSTS", "a.example; b.example", "host names, separated by commas"),
        ("CSRF_TRUSTED_ORIGINS", "dashboard.example.com", "origins such as"),
        ("CODAT_API_KEY", "“abc”", "cannot be sent"),
        ("CODAT_AUTH_HEADER", "Basic a\u00a0b", "cannot be sent"),
        ("CODAT_WEBHOOK_SECRET", "whsec_%%", "is not a webhook secret"),
        ("CODAT_READ_TIMEOUT", "abc", "must be a number from"),
        ("CODAT_READ_TIMEOUT", "-1", "must be a number from"),
        ("CODAT_READ_TIMEOUT", "nan", "must be a number from"),
        ("CODAT_PAGE_DEADLINE", "0", "must be a number from"),
        ("CODAT_QUOTA_RESERVE", "10", "must be a number from 0 to 1"),
        ("CODAT_CALLS_AT_ONCE", "2.5", "must be a whole number"),
        ("CODAT_WORKER_CALLS_AT_ONCE", "0", "must be a whole number from 1"),
        ("CODAT_WORKER_CALLS_AT_ONCE", "10", "must be less than CODAT_CALLS_AT_ONCE, which is 10"),
        ("CODAT_WORKER_PACE", "0", "must be a number from 0.1"),
        ("WEB_THREADS", "0", "must be a whole number"),
        ("WEB_THREADS", "many", "must be a whole number"),
        ("KEEP_PAYLOADS_DAYS", "-5", "must be a whole number"),
        ("KEEP_IMPORTS_DAYS", "0", "must be a whole number"),
        ("AUDIT_DAYS_READS", "0", "must be a whole number"),
        ("AUDIT_DAYS", "for ever", "must be a whole number"),
        ("SECURE_COOKIES", "maybe", "must be true or false"),
        ("DEBUG", "2", "must be true or false"),
        ("LOG_LEVEL", "loud", "must be one of"),
        ("LOG_FORMAT", "xml", "must be one of AUTO, TEXT, JSON"),
        ("DEFAULT_TIME_ZONE", "CET", "such as Europe/Berlin"),
        ("DEFAULT_TIME_ZONE", "../../etc/passwd", "such as Europe/Berlin"),
        ("DEFAULT_LOCALE", "en_GB", "must be one of"),
        ("SECURITY_CONTACT", "security@example.com", "such as mailto:security@example.com"),
        ("SECURITY_CONTACT", "http://example.com", "such as mailto:security@example.com"),
        ("SECURITY_CONTACT", "mailto:a b@c.example “x”", "such as mailto:"),
        ("CODAT_PROXY", "proxy:8080", "must be an http or https address"),
        ("CODAT_BASE_URL", "https://host:99999", "must be an http or https address"),
        ("DATABASE_URL", "nonsense", "is not an address that begins with"),
        ("DATABASE_URL", "mysql://a/b", "is not an address that begins with"),
        ("CACHE_URL", "nonsense://x", "is not an address that begins with"),
        ("EMAIL_URL", "mail.example.com", "is not an address that begins with"),
        ("OIDC_ISSUER", "login.example.com", "must be an http or https address"),
        ("OIDC_ISSUER", "http://login.example.com", "must be https"),
        ("OIDC_ROLES", "staff=Boss", "must be pairs such as staff=Viewer"),
        ("OIDC_ROLES", "staff", "must be pairs such as staff=Viewer"),
        ("LOCAL_PASSWORDS", "off", "is off and OIDC_ISSUER is not set"),
        ("REQUIRE_SECOND_FACTOR", "sometimes", "must be true or false"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(
    name: str, value: str, sentence: str
) -> None:
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "s", "CODAT_API_KEY": "k"}
    stopped = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=environment | {name: value},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert stopped.returncode != 0
    assert stopped.stderr.startswith(f"Not started. {name} ")
    assert sentence in stopped.stderr
    assert len(stopped.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "setting", "read"),
    [
        ("SECRET_KEY", "$abc", "SECRET_KEY", "$abc"),
        ("SECRET_KEY", " a b ", "SECRET_KEY", "a b"),
        ("ALLOWED_HOSTS", " a.example , b.example,", "ALLOWED_HOSTS", ["a.example", "b.example"]),
        ("ALLOWED_HOSTS", "[::1],.example.com,*", "ALLOWED_HOSTS", ["[::1]", ".example.com", "*"]),
        ("SECURE_COOKIES", " No ", "SECURE_COOKIES", False),
        ("CODAT_READ_TIMEOUT", "7.5", "CODAT_READ_TIMEOUT", 7.5),
        ("BEHIND_TLS_PROXY", "true", "SECURE_HSTS_SECONDS", 31_536_000),
        ("BEHIND_TLS_PROXY", "true", "SECURE_SSL_REDIRECT", True),
        ("BEHIND_TLS_PROXY", "false", "SECURE_HSTS_SECONDS", 0),
        ("BEHIND_TLS_PROXY", "false", "SECURE_SSL_REDIRECT", False),
        ("CODAT_BASE_URL", "https://codat.example/", "CODAT_BASE_URL", "https://codat.example"),
        (
            "OIDC_ROLES",
            "a b = Viewer,c=d=Editor",
            "OIDC_ROLES",
            [("a b", "Viewer"), ("c=d", "Editor")],
        ),
        (
            "CSRF_TRUSTED_ORIGINS",
            "https://a.example/",
            "CSRF_TRUSTED_ORIGINS",
            ["https://a.example"],
        ),
    ],
)
def test_settings_are_parsed(name: str, value: str, setting: str, read: object) -> None:
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "s", "CODAT_API_KEY": "k"}
    answer = subprocess.run(
        [sys.executable, "-c", f"from codatdash.settings import *; print(repr({setting}))"],
        cwd=ROOT,
        env=environment | {name: value},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.stdout.strip() == repr(read)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbfSECRET_KEY=from-file\r\nPORT=9\r\n", "from-file"),
        (b"# a comment\n\nexport SECRET_KEY='from file'\n", "from file"),
        (b"SECRET_KEY=$a$b#c\n", "$a$b#c"),
        (b"SECRET_KEY = abc\n", ".env, line 1 is not NAME=value."),
        (b"SECRET_KEY=\xff\n", ".env is not UTF-8 text. Save it as UTF-8."),
    ],
)
def test_a_dotenv_file_is_read_whole_or_refused(
    content: bytes, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / ".env"
    path.write_bytes(content)
    program = (
        "import pathlib, sys; from codatdash import environment as env\n"
        "from django.core.exceptions import ImproperlyConfigured\n"
        "try:\n    env.load(pathlib.Path(sys.argv[1])); print(env.text('SECRET_KEY'))\n"
        "except ImproperlyConfigured as error:\n    print(error)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.stdout.strip() == expected


@pytest.mark.parametrize(
    "command", [("manage.py", "migrate"), ("-m", "gunicorn", "codatdash.wsgi"), ("scripts/run.py",)]
)
def test_wrong_settings_lead_to_no_traceback(command: tuple[str, ...], tmp_path: Path) -> None:
    for name, value in {"CODAT_READ_TIMEOUT": "abc", "PORT": "abc"}.items():
        if (name, command[0]) == ("PORT", "manage.py"):
            continue
        stopped = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "SECRET_KEY": "s", "CODAT_API_KEY": "k", name: value}
            | {"DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert stopped.returncode != 0
        assert "Traceback" not in stopped.stdout + stopped.stderr
        assert name in stopped.stderr


def test_an_unavailable_database_leads_to_one_sentence(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'missing' / 'db.sqlite3'}"
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "s", "CODAT_API_KEY": "k"}
    stopped = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=ROOT,
        env=environment | {"DATABASE_URL": address},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert stopped.stderr.startswith("The database cannot be used: ")
    assert "Check DATABASE_URL." in stopped.stderr
    assert "Traceback" not in stopped.stderr


@pytest.mark.parametrize("address", ["http://api.codat.io", "ftp://x", "api.codat.io", "https://"])
def test_the_key_is_never_sent_unencrypted(address: str) -> None:
    stopped = start(CODAT_BASE_URL=address)
    assert stopped.returncode != 0
    assert "CODAT_BASE_URL must be" in stopped.stderr.splitlines()[-1]
    assert start(CODAT_BASE_URL="http://127.0.0.1:8001").returncode == 0


def test_an_issuer_needs_the_client_that_it_knows() -> None:
    issuer = "https://login.example.com"
    stopped = start(OIDC_ISSUER=issuer)
    assert stopped.returncode != 0
    assert "OIDC_CLIENT_ID is not set: " in stopped.stderr.splitlines()[-1]
    assert start(OIDC_ISSUER=issuer, OIDC_CLIENT_ID="a", LOCAL_PASSWORDS="off").returncode == 0


def test_the_pool_is_as_large_as_the_servers_threads() -> None:
    told = (
        "import runpy, codatdash.settings as settings;"
        "print(settings.CODAT_POOL_SIZE, runpy.run_path('gunicorn.conf.py')['threads'])"
    )
    for threads in ("64", "7"):
        answer = subprocess.run(
            [sys.executable, "-c", told],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "SECRET_KEY": "s", "CODAT_API_KEY": "k"}
            | {"WEB_THREADS": threads},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert answer.stdout.split() == [threads, threads]
    assert default_client() is default_client()


def test_sqlite_is_in_wal_mode_and_survives_a_power_cut() -> None:
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("skipped: DATABASE_URL names another database")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(
    sandbox: Sandbox, viewer_client: RawPathClient, anonymous_client: RawPathClient
) -> None:
    answers = [
        anonymous_client.get("/accounts/login/"),
        viewer_client.get(links.companies()),
        viewer_client.get(links.customers(sandbox.company("qbo"))),
        viewer_client.get("/nowhere/"),
    ]
    for answer in answers:
        policy = dict(
            part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";")
        )
        assert policy.pop("default-src") == policy.pop("frame-ancestors") == "'none'"
        assert policy.pop("base-uri") == "'none'"
        assert set(policy.values()) == {"'self'"}
        assert {"script-src", "style-src", "form-action", "connect-src"} <= set(policy)
    # Responses of other middleware have it as well.
    assert configured.MIDDLEWARE[0] == "codatdash.middleware.SecurityHeadersMiddleware"


def test_all_calls_of_a_page_share_its_deadline(
    sandbox: Sandbox, editor_client: RawPathClient, settings: Settings
) -> None:
    settings.CODAT_PAGE_DEADLINE = 1.0
    default_client.cache_clear()
    # The company, its model and the customer, one after the other: each is quick enough, all of them are not.
    sandbox.faults.add("GET", "delay", seconds=0.6, count=-1)
    answer = editor_client.get(links.edit(sandbox.company("qbo"), "39"))
    assert answer.status_code == 504
    assert "Codat did not respond in time" in answer.content.decode()


def test_every_page_names_the_sandbox(
    sandbox: Sandbox, viewer_client: RawPathClient, settings: Settings
) -> None:
    page = viewer_client.get("/companies/").content.decode()
    assert ">Sandbox</span>" in page
    assert f'<a href="{sandbox.url}/"' in page
    settings.CODAT_IS_LOCAL = False
    assert ">Sandbox</span>" not in viewer_client.get("/companies/").content.decode()


def test_the_demo_user_exists_only_with_the_sandbox(settings: Settings, groups: None) -> None:
    settings.CODAT_IS_LOCAL = False
    with pytest.raises(CommandError):
        call_command("demo_user")
    assert not User.objects.exists()
    settings.CODAT_IS_LOCAL = True
    call_command("demo_user")
    assert User.objects.get().has_perm("customers.write_customers")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil", 7, None])
def test_only_a_web_address_becomes_the_link_to_reauthorise(
    sandbox: Sandbox, editor_client: RawPathClient, link: object
) -> None:
    company = sandbox.company("deauthorized")
    connection = {"id": "c", "sourceType": "Accounting", "status": "Deauthorized", "linkUrl": link}
    body = simplejson.dumps({"id": company, "name": "A", "dataConnections": [connection]})
    sandbox.faults.add(f"GET /companies/{company}$", "json", body=body, count=-1)
    for url in (links.customers(company), links.new(company)):
        page = editor_client.get(url).content.decode()
        assert "deauthorised" in page
        assert "its link at Codat</a>" not in page
        assert "alert(1)" not in page


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", {}),
        (
            "smtp+tls://dash%40x.example:a%2Fb@mail.example:587",
            {
                "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "EMAIL_HOST": "mail.example",
                "EMAIL_PORT": 587,
                "EMAIL_HOST_USER": "dash@x.example",
                "EMAIL_HOST_PASSWORD": "a/b",
                "EMAIL_USE_TLS": True,
            },
        ),
        (
            "smtp://mail.example:25",
            {
                "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "EMAIL_HOST": "mail.example",
                "EMAIL_PORT": 25,
            },
        ),
    ],
)
def test_the_server_that_sends_mail(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: dict[str, object]
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    assert environment.mail("EMAIL_URL") == expected
