"""Authenticator apps, recovery codes and passkeys."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.management import call_command
from pytest_django import Settings

from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.cases.bad_day import closed_port
from tests.support.pages.second_factor import APP, FACTOR, LOGIN, SECURITY, set_up, sign_in
from tests.support.totp import code

pytestmark = pytest.mark.django_db


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
    stored = Authenticator.objects.get(type="recovery_codes")
    stored.data["used_mask"] = 0b01_1111_1111
    stored.save()
    assert "1 code is left" in client.get(SECURITY).content.decode()
    new = client.get("/accounts/security/codes/new/").content.decode()
    assert "The code that is left becomes invalid." in new
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
    refused = anonymous_client.post(FACTOR, {"credential": credential})
    assert refused.status_code == 422
    assert "The passkey was not accepted. Try again." in refused.content.decode()
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
