"""The options of a save: the time-out and force."""

from __future__ import annotations

import html

import pytest

from customers.models import Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import calls
from tests.support.pages.controls import fields, press

pytestmark = pytest.mark.django_db


def test_save_options_are_validated_and_sent(
    company: str, customer_id: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.edit(company, customer_id)
    page = editor_client.get(url)
    for bad in ("0", "-1", "1.5", "ten", "99999999999", "٣"):
        answer = press(editor_client, url, page, "save", **{"f.phone": "+44 1", "timeout": bad})
        assert answer.status_code == 422, bad
        assert fields(answer)["timeout"] == bad
    answer = press(
        editor_client, url, page, "save", **{"f.phone": "+44 1", "timeout": "15", "force": "1"}
    )
    assert answer.status_code == 303
    (call,) = [call for call in sandbox.calls if call.method == "PUT"]
    assert call.query == {"timeoutInMinutes": "15", "forceUpdate": "true"}


def test_a_newer_record_is_overwritten_only_with_force(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("odd"), "changed-since")
    page = editor_client.get(url)
    assert "has a newer record" in page.content.decode()
    refused = editor_client.post(url, fields(page) | {"f.phone": "+45 1", "timeout": "30"})
    first = Write.objects.get()
    assert first.state == Write.State.FAILED
    assert refused["Location"] == f"{url}?write={first.pk}"

    again = editor_client.get(refused["Location"])
    assert "was modified in the accounting software" in html.unescape(again.content.decode())
    assert fields(again)["f.phone"] == "+45 1"
    assert fields(again)["timeout"] == "30"
    assert "force" not in fields(again)
    saved = editor_client.post(url, fields(again) | {"force": "1"})
    second = Write.objects.exclude(pk=first.pk).get()
    assert second.force_update
    assert [call.query.get("forceUpdate") for call in calls(sandbox, "PUT")] == [None, "true"]
    sandbox.settle()
    assert "Accepted" in editor_client.get(f"{saved['Location']}?check=1").content.decode()
    assert sandbox.state("odd").source["changed-since"]["phone"] == "+45 1"


def test_a_reopened_form_has_the_options_that_were_sent(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    url = links.edit(sandbox.company("qbo"), "39")
    sandbox.faults.add("PUT", "status", status=400, count=1)
    posted = fields(editor_client.get(url)) | {"f.phone": "1", "timeout": "7", "force": "1"}
    again = fields(editor_client.get(editor_client.post(url, posted)["Location"]))
    assert (again["timeout"], again["force"]) == ("7", "1")
