"""Authenticator apps, recovery codes, and the setting that requires a second factor."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from codatdash.signin.passkey_forms import ConfirmPasskeyForm
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.cases.bad_day import closed_port
from tests.support.totp import code

pytestmark = pytest.mark.django_db
LOGIN, SECURITY, APP = "/accounts/login/", "/accounts/security/", "/accounts/security/app/"
FACTOR = "/accounts/second-factor/"


@pytest.fixture(autouse=True)
def _no_guesses_yet() -> None:
    for alias in ("default", "process"):
        caches[alias].clear()


def sign_in(client: RawPathClient, name: str = "editor", **more: str) -> str:
    """The address to which a right password leads."""
    data = {"username": name, "password": f"{name}-password", **more}
    return str(client.post(LOGIN, data)["Location"])


def set_up(client: RawPathClient) -> str:
    """Set up an authenticator app; returns its key."""
    page = client.get(APP).content.decode()
    [secret] = re.findall(r'<code class="totp-key">([A-Z2-7]+)</code>', page)
    answer = client.post(APP, {"code": code(secret)})
    assert answer["Location"] == "/accounts/security/codes/"
    return str(secret)


@pytest.fixture
def secret(editor: User) -> str:
    """The key of the editor's authenticator app."""
    client = RawPathClient()
    sign_in(client)
    return set_up(client)


def test_an_app_is_asked_for_after_the_password(secret: str) -> None:
    client = RawPathClient()
    assert sign_in(client, next="/companies/?q=a") == FACTOR
    assert client.get("/companies/").status_code == 302
    page = client.get(FACTOR)
    assert "Enter the code of your authenticator app" in page.content.decode()
    wrong = client.post(FACTOR, {"code": "000000"})
    assert wrong.status_code == 422
    assert "The code is wrong" in wrong.content.decode()
    right = client.post(FACTOR, {"code": code(secret, steps=1)})
    assert right["Location"] == "/companies/?q=a"
    assert client.get(SECURITY).status_code == 200


def test_the_session_of_somebody_else_ends_before_the_second_factor(
    sandbox: Sandbox, secret: str, viewer_client: RawPathClient
) -> None:
    assert viewer_client.get("/companies/").status_code == 200
    assert sign_in(viewer_client, next="/companies/?q=a") == FACTOR
    assert viewer_client.get("/companies/").status_code == 302
    right = viewer_client.post(FACTOR, {"code": code(secret, steps=1)})
    assert right["Location"] == "/companies/?q=a"
    assert viewer_client.session["_auth_user_id"] == str(User.objects.get(username="editor").pk)


def test_the_picture_is_a_file_and_only_while_an_app_is_set_up(editor: User) -> None:
    client = RawPathClient()
    sign_in(client)
    assert client.get("/accounts/security/app/picture.svg").status_code == 404
    page = client.get(APP)
    assert 'src="/accounts/security/app/picture.svg"' in page.content.decode()
    assert "data:" not in page.content.decode()
    picture = client.get("/accounts/security/app/picture.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture["Cache-Control"]
    assert b"<svg" in picture.content
    client.logout()
    sign_in(client)
    set_up(client)
    assert client.get("/accounts/security/app/picture.svg").status_code == 404


def test_a_wrong_code_sets_up_nothing(editor: User) -> None:
    client = RawPathClient()
    sign_in(client)
    client.get(APP)
    answer = client.post(APP, {"code": "12"})
    assert answer.status_code == 422
    assert not Authenticator.objects.exists()


def test_a_code_is_accepted_once(secret: str) -> None:
    for expected in (302, 422):
        client = RawPathClient()
        sign_in(client)
        assert client.post(FACTOR, {"code": code(secret, steps=1)}).status_code == expected


def test_a_recovery_code_signs_in_once(secret: str) -> None:
    client = RawPathClient()
    sign_in(client)
    client.post(FACTOR, {"code": code(secret, steps=1)})
    page = client.get("/accounts/security/codes/").content.decode()
    codes = re.findall(r"<li><code>([0-9]+)</code>", page)
    assert len(codes) == 10
    download = client.get("/accounts/security/codes/download/")
    assert download.content.decode().split() == codes
    for expected in (302, 422):
        other = RawPathClient()
        sign_in(other)
        assert other.post(FACTOR, {"code": codes[0]}).status_code == expected
    assert "9 codes are left" in client.get(SECURITY).content.decode()
    assert client.post("/accounts/security/codes/new/").status_code == 302
    assert codes[1] not in client.get("/accounts/security/codes/").content.decode()


def test_guesses_of_codes_wait_and_lock_out_nobody_else(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacker = RawPathClient(REMOTE_ADDR="192.0.2.66")
    sign_in(attacker)
    statuses = [attacker.post(FACTOR, {"code": "000000"}).status_code for _ in range(10)]
    assert statuses == [422] * 6 + [429] * 4
    blocked = attacker.post(FACTOR, {"code": code(secret, steps=1)})
    assert blocked.status_code == 429
    assert "There were too many attempts" in blocked.content.decode()
    owner = RawPathClient(REMOTE_ADDR="198.51.100.7")
    sign_in(owner)
    assert owner.post(FACTOR, {"code": code(secret, steps=1)}).status_code == 302


def test_the_key_of_the_session_changes(editor: User) -> None:
    client = RawPathClient()
    before = client.session.session_key
    assert client.cookies["sessionid"].value == before
    sign_in(client)
    assert client.cookies["sessionid"].value != before


def test_an_old_session_confirms_before_it_changes_a_factor(editor: User, secret: str) -> None:
    client = RawPathClient()
    client.force_login(editor)
    answer = client.get("/accounts/security/app/remove/")
    assert answer["Location"].startswith("/accounts/confirm/?next=")
    page = client.get(answer["Location"]).content.decode()
    assert "Confirm that it is you" in page
    assert "Use a code of your authenticator app" in page
    wrong = client.post(answer["Location"], {"password": "wrong"})
    assert wrong.status_code == 422
    right = client.post(
        answer["Location"],
        {"password": "editor-password", "next": "/accounts/security/app/remove/"},
    )
    assert right["Location"] == "/accounts/security/app/remove/"
    assert client.post("/accounts/security/app/remove/").status_code == 302
    assert not Authenticator.objects.exists()


@pytest.fixture
def required(settings: Settings) -> None:
    """Editors and above need a second factor."""
    settings.REQUIRE_SECOND_FACTOR = True


def test_an_editor_without_one_reaches_only_its_set_up(
    sandbox: Sandbox, editor: User, required: None
) -> None:
    client = RawPathClient()
    sign_in(client)
    for path in ("/", "/companies/", "/settings/", "/accounts/sessions/", "/accounts/password/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, SECURITY)
    page = client.get(SECURITY).content.decode()
    assert "Your role needs a second factor" in page
    fragment = client.get("/writes/badge/", headers={"HX-Request": "true"})
    assert fragment["HX-Redirect"] == SECURITY
    automatic = client.get(
        "/writes/badge/", headers={"HX-Request": "true", "Automatic-Request": "1"}
    )
    assert (automatic.status_code, automatic.content) == (204, b"")
    set_up(client)
    assert client.get("/companies/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302


def test_a_viewer_needs_none(
    sandbox: Sandbox, viewer_client: RawPathClient, required: None
) -> None:
    assert viewer_client.get("/companies/").status_code == 200


def test_a_session_from_before_is_asked_for_the_factor(
    sandbox: Sandbox, editor: User, secret: str, required: None
) -> None:
    client = RawPathClient()
    client.force_login(editor)
    answer = client.get("/companies/?q=a")
    assert answer["Location"] == "/accounts/confirm/code/?next=%2Fcompanies%2F%3Fq%3Da"
    confirmed = client.post(
        answer["Location"], {"code": code(secret, steps=1), "next": "/companies/?q=a"}
    )
    assert confirmed["Location"] == "/companies/?q=a"
    assert client.get("/companies/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        SECURITY,
        APP,
        "/accounts/security/app/remove/",
        "/accounts/security/codes/",
        "/accounts/security/codes/download/",
        "/accounts/security/passkeys/add/",
        "/accounts/confirm/",
    ],
)
def test_a_session_from_before_does_not_reach_factors_with_the_password_alone(
    editor: User, required: None, path: str
) -> None:
    before = RawPathClient()
    sign_in(before)
    assert before.get(SECURITY).status_code == 200
    owner = RawPathClient()
    sign_in(owner)
    secret = set_up(owner)
    for answer in (before.get(path), before.post(path, {"password": "editor-password"})):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/confirm/code/?next=")
    assert Authenticator.objects.filter(type="totp").exists()
    # The password would lead back to this page.
    assert "Use your password" not in before.get("/accounts/confirm/code/").content.decode()
    confirmed = before.post(
        "/accounts/confirm/code/", {"code": code(secret, steps=1), "next": SECURITY}
    )
    assert confirmed["Location"] == SECURITY
    assert before.get(SECURITY).status_code == 200


def test_after_the_last_factor_is_removed_it_is_needed_again(
    sandbox: Sandbox, editor: User, required: None
) -> None:
    client = RawPathClient()
    sign_in(client)
    set_up(client)
    assert client.post("/accounts/security/app/remove/").status_code == 302
    assert client.get("/companies/")["Location"] == SECURITY


@pytest.mark.parametrize("factor", ["totp", "webauthn"])
def test_a_session_that_removed_the_last_factor_goes_on_with_one_from_elsewhere(
    sandbox: Sandbox,
    editor: User,
    required: None,
    factor: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, other = RawPathClient(), RawPathClient()
    sign_in(client)
    set_up(client)
    assert client.post("/accounts/security/app/remove/").status_code == 302
    sign_in(other)
    secret = set_up(other)
    posted, path = {"code": code(secret, steps=1)}, "/accounts/confirm/code/"
    if factor == "webauthn":
        Authenticator.objects.all().delete()
        passkey = Authenticator.objects.create(user=editor, type="webauthn", data={"name": "Mine"})
        monkeypatch.setattr(ConfirmPasskeyForm, "clean_credential", lambda self: passkey)
        posted, path = {"credential": '{"id": 1}'}, "/accounts/confirm/passkey/"
    asked = client.get("/companies/?q=a")
    assert asked["Location"] == f"{path}?next=%2Fcompanies%2F%3Fq%3Da"
    confirmed = client.post(path, posted | {"next": "/companies/?q=a"})
    assert confirmed["Location"] == "/companies/?q=a"
    assert client.get("/companies/?q=a").status_code == 200


def test_a_lost_factor_is_reset_by_a_command(
    editor: User, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client = RawPathClient()
    client.force_login(editor)
    call_command("reset_second_factor", "editor")
    assert "editor" in capsys.readouterr().out
    assert not Authenticator.objects.exists()
    assert client.get(SECURITY).status_code == 302
    assert sign_in(RawPathClient()) == "/"
    with pytest.raises(Exception, match="no user"):
        call_command("reset_second_factor", "nobody")


def test_an_old_code_is_refused(secret: str) -> None:
    client = RawPathClient()
    sign_in(client)
    assert client.post(FACTOR, {"code": code(secret, steps=-4)}).status_code == 422


def test_codes_guessed_from_many_addresses_wait_but_not_in_a_known_browser(secret: str) -> None:
    owner = RawPathClient()
    sign_in(owner)
    assert owner.post(FACTOR, {"code": code(secret, steps=1)}).status_code == 302
    caches["default"].clear()
    owner.post("/accounts/logout/")
    statuses = []
    for number in range(30):
        attacker = RawPathClient(REMOTE_ADDR=f"203.0.113.{number}")
        sign_in(attacker)
        statuses.append(attacker.post(FACTOR, {"code": "000000"}).status_code)
    assert statuses.count(422) < 15
    sign_in(owner)
    assert owner.post(FACTOR, {"code": code(secret, steps=1)}).status_code == 302


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", '"x"', "{", '{"id": 1}', '{"rawId": "\\u0000"}']
)
def test_a_passkey_that_is_none_is_refused(
    anonymous_client: RawPathClient, secret: str, credential: str
) -> None:
    path = "/accounts/login/passkey/"
    options = anonymous_client.get(path, headers={"Accept": "application/json"})
    assert "challenge" in options.json()["request_options"]["publicKey"]
    answer = anonymous_client.post(path, {"credential": credential})
    assert answer["Location"] == LOGIN
    assert 'role="alert"' in anonymous_client.get(LOGIN).content.decode()
    sign_in(anonymous_client)
    assert anonymous_client.post(FACTOR, {"credential": credential}).status_code == 422
    assert anonymous_client.get(SECURITY).status_code == 302


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", '{"id": 1}', '{"rawId": 5, "response": {}}']
)
def test_a_new_passkey_that_is_none_is_refused(editor: User, credential: str) -> None:
    client = RawPathClient()
    sign_in(client)
    path = "/accounts/security/passkeys/add/"
    client.get(path)
    answer = client.post(path, {"name": "Mine", "credential": credential, "passwordless": "on"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "The passkey was not added" in page
    assert 'value="Mine"' in page
    assert not Authenticator.objects.exists()


def test_the_setting_costs_no_query_of_its_own(
    sandbox: Sandbox, editor: User, settings: Settings
) -> None:
    client = RawPathClient()
    sign_in(client)
    set_up(client)

    def queries() -> int:
        client.get("/companies/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/companies/").status_code == 200
        return len(captured)

    before = queries()
    settings.REQUIRE_SECOND_FACTOR = True
    assert queries() == before


def test_each_attempt_is_a_line(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    client = RawPathClient()
    sign_in(client)
    client.post(FACTOR, {"code": "000000"})
    client.post(FACTOR, {"credential": '{"id": 1}'})
    client.post(FACTOR, {"code": code(secret, steps=1)})
    facts = [
        record.__dict__["facts"]
        for record in caplog.records
        if record.name == "codatdash.signin.guesses"
    ]
    assert [(fact["event"], fact["account"], fact["method"]) for fact in facts[-3:]] == [
        ("sign-in failed", "editor", "code"),
        ("sign-in failed", "editor", "passkey"),
        ("sign-in succeeded", "editor", "password+mfa"),
    ]


def test_without_the_shared_cache_a_recovery_code_signs_in(secret: str, settings: Settings) -> None:
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    settings.CACHES = {
        **settings.CACHES,
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{closed_port()}/0",
        },
    }
    client = RawPathClient()
    assert sign_in(client) == FACTOR
    answer = client.post(FACTOR, {"code": code(secret, steps=1)})
    assert answer.status_code == 422
    assert "Use a recovery code or a passkey" in answer.content.decode()
    assert client.post(FACTOR, {"code": codes[0]}).status_code == 302
