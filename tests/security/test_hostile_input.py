"""Hostile input gets a clear response and changes nothing. Each test is a fault that was found."""

from __future__ import annotations

import time
from dataclasses import replace
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import msgspec
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import QueryDict

from codatdash.wsgi import RawPathRequest
from customers.editing import save
from customers.forms import Form
from customers.forms.post_data import MAX_NEW_INPUTS
from customers.models import Draft, Write
from customers.web import links
from customers.writes import journal
from customers.writes.journal import WriteRequest
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import fields
from tests.support.pages.forms import array, form_page, node, obj

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    return sandbox.company("xero")


def two_customers(sandbox: Sandbox) -> tuple[str, str]:
    one, other, *_ = sandbox.state("xero").copy
    return one, other


# -- the form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "timeout", ["000000001" + "9" * 30, "000000001" + "9" * 5000, "0000000010", "1441", "٣", "1e3"]
)
def test_every_digit_of_a_timeout_is_read(
    company: str, editor_client: RawPathClient, timeout: str
) -> None:
    """Only the first nine digits were read: a longer number was a 500, or a wrong time-out."""
    url = links.new(company)
    typed = fields(editor_client.get(url)) | {"f.customerName": "Ada", "timeout": timeout}
    answer = editor_client.post(url, typed | {"action": "save"})
    assert answer.status_code == 422
    assert "Enter 1 to 1,440 minutes" in answer.content.decode()
    assert not Write.objects.exists()


@pytest.mark.parametrize("asked", ["write", "revert"])
def test_a_form_is_not_filled_from_another_customers_write(
    sandbox: Sandbox, company: str, editor_client: RawPathClient, asked: str
) -> None:
    """`?write=` and `?revert=` accepted any write of the company, and could mix up two customers."""
    one, other = two_customers(sandbox)
    url = links.edit(company, one)
    typed = fields(editor_client.get(url)) | {
        "f.customerName": "Only Of The First",
        "action": "save",
    }
    assert editor_client.post(url, typed).status_code == 303
    write = Write.objects.get()
    query = f"?{asked}={write.pk}"
    assert editor_client.get(url + query).status_code == 200
    assert editor_client.get(links.edit(company, other) + query).status_code == 404
    assert editor_client.get(links.new(company) + query).status_code == 404


def wide(count: int) -> dict[str, Any]:
    """A model whose rows have so many properties."""
    properties: dict[str, Any] = {f"p{number}": node() for number in range(count)}
    return obj(rows=array(**properties))


def test_rows_of_a_wide_model_are_bounded_by_their_inputs() -> None:
    """A post of four kilobytes produced a million inputs, in ten seconds of CPU time."""
    model = wide(1000)
    data = form_page(model).post().copy()
    data["r.rows"] = ",".join(f"n{number}" for number in range(1, 1001))
    began = time.process_time()
    form = Form(model, data=data)
    assert time.process_time() - began < 5
    assert not form.is_valid()
    assert "at most" in form.summary[0]["text"]


def test_as_many_new_inputs_as_a_post_may_hold_are_read() -> None:
    model = wide(100)
    data = form_page(model).post().copy()
    keys = [f"n{number}" for number in range(1, MAX_NEW_INPUTS // 100 + 1)]
    data["r.rows"] = ",".join(keys)
    for key in keys:
        data[f"f.rows.{key}.p7"] = key
    sent = Form(model, data=data).payload()["rows"]
    assert [row["p7"] for row in sent] == keys


# -- two saves of one customer before Codat shows the first ------------------------------------------


def test_a_save_does_not_revert_a_pending_change(
    sandbox: Sandbox, company: str, editor_client: RawPathClient
) -> None:
    """Codat's copy has a write only after the next refresh: a form opened before sent the old name again."""
    url = links.edit(company, two_customers(sandbox)[0])
    first, second = fields(editor_client.get(url)), fields(editor_client.get(url))
    saved = editor_client.post(url, first | {"f.customerName": "Renamed", "action": "save"})
    assert saved.status_code == 303

    post = second | {"f.emailAddress": "new@example.com", "action": "save"}
    assert editor_client.post(url, post).status_code == 303
    payload = msgspec.json.decode(Write.objects.latest("created_at").payload)
    assert payload["customerName"] == "Renamed"
    assert payload["emailAddress"] == "new@example.com"


def test_a_form_opened_after_a_save_contains_the_saved_values(
    sandbox: Sandbox, company: str, editor_client: RawPathClient
) -> None:
    url = links.edit(company, two_customers(sandbox)[0])
    opened_first = fields(editor_client.get(url))
    editor_client.post(url, opened_first | {"f.customerName": "Renamed", "action": "save"})

    page = editor_client.get(url)
    assert "the change that editor saved" in page.content.decode()
    assert fields(page)["f.customerName"] == "Renamed"
    changed = fields(page) | {"f.emailAddress": "new@example.com", "action": "save"}
    assert editor_client.post(url, changed).status_code == 303
    assert (
        msgspec.json.decode(Write.objects.latest("created_at").payload)["customerName"] == "Renamed"
    )


def test_a_pending_change_can_be_reverted(
    sandbox: Sandbox, company: str, editor_client: RawPathClient
) -> None:
    """The form compared the old name with itself and had nothing to save."""
    url = links.edit(company, two_customers(sandbox)[0])
    old = fields(editor_client.get(url))
    editor_client.post(url, old | {"f.customerName": "Renamed", "action": "save"})
    back = fields(editor_client.get(f"{url}?revert={Write.objects.get().pk}"))
    assert back["f.customerName"] == old["f.customerName"]
    assert editor_client.post(url, back | {"action": "save"}).status_code == 303
    payload = msgspec.json.decode(Write.objects.latest("created_at").payload)
    assert payload["customerName"] == old["f.customerName"]
    # And the next form goes by the last of the three.
    assert fields(editor_client.get(url))["f.customerName"] == old["f.customerName"]


def test_saving_other_values_with_the_same_form_asks_once(
    sandbox: Sandbox, company: str, editor_client: RawPathClient
) -> None:
    url = links.edit(company, two_customers(sandbox)[0])
    post = fields(editor_client.get(url)) | {"action": "save"}
    assert editor_client.post(url, post | {"f.customerName": "One"}).status_code == 303
    again = editor_client.post(url, post | {"f.customerName": "Two"})
    assert again.status_code == 409
    assert fields(again)["f.customerName"] == "Two"
    assert editor_client.post(url, fields(again) | {"action": "save"}).status_code == 303
    assert msgspec.json.decode(Write.objects.latest("created_at").payload)["customerName"] == "Two"


def test_concurrent_saves_of_one_form_lose_nothing(
    company: str, editor_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second save was reported with the values of the first, and its draft was deleted."""
    url = links.new(company)
    post = fields(editor_client.get(url)) | {"action": "save"}
    editor_client.post(links.draft(company, ""), post | {"f.customerName": "Two"})

    def overtaken(request: WriteRequest, user: User) -> tuple[Write, bool]:
        journal.create_write(replace(request, payload='{"customerName": "One"}'), user)
        return journal.create_write(request, user)

    monkeypatch.setattr(save, "create_write", overtaken)
    answer = editor_client.post(url, post | {"f.customerName": "Two"})
    assert answer.status_code == 409
    assert fields(answer)["f.customerName"] == "Two"
    assert fields(answer)["submission"] != post["submission"]
    assert Draft.objects.exists()


# -- NUL: SQLite takes it, PostgreSQL raises an error on it ----------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/companies/%00/writes/",
        "/companies/a%00b/customers/",
        "/companies/%00/writes/00000000-0000-0000-0000-000000000000/",
        "/companies/x/customers/a%00/edit/",
    ],
)
def test_an_id_with_a_nul_has_no_page(
    sandbox: Sandbox, editor_client: RawPathClient, path: str
) -> None:
    sandbox.clear_calls()
    assert editor_client.get(path).status_code == 404
    assert not sandbox.calls
    assert not links.is_addressable("a\0b")


def test_filters_of_the_history_reach_the_database_without_nul(
    company: str, viewer_client: RawPathClient
) -> None:
    if connection.vendor == "sqlite":  # PostgreSQL cannot even hold such a row
        Write.objects.create(company_id=company, username="a\0b", connection_id="c", kind="create")
    names = ("state", "kind", "by", "customer")
    for name in names:
        answer = viewer_client.get(links.writes(company), {name: "a\0b"})
        assert answer.status_code == 200
        assert not answer.context["rows"]


def test_a_drafts_name_is_kept_without_nul(company: str, editor_client: RawPathClient) -> None:
    post = fields(editor_client.get(links.new(company))) | {"f.customerName": "A\0da"}
    assert editor_client.post(links.draft(company, ""), post).status_code == 204
    draft = Draft.objects.get()
    assert draft.customer_name == "Ada"
    assert QueryDict(draft.body)["f.customerName"] == "A\0da"


# -- files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/webhooks/codat/", "/companies/x/customers/new/"]
)
def test_uploaded_files_are_rejected(
    settings: Any, path: str, anonymous_client: RawPathClient, tmp_path: Any
) -> None:
    """Django wrote a file of any size to the disk, without sign-in, while it looked for the CSRF token."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    checking = RawPathClient(enforce_csrf_checks=True)
    file = SimpleUploadedFile("a.bin", b"x" * 4_000_000)
    for client in (anonymous_client, checking):
        answer = client.post(path, {"username": "a", "file": file})
        assert answer.status_code in (400, 401)
        file.seek(0)
    assert not list(tmp_path.iterdir())


def test_an_invalid_company_id_is_not_logged(
    sandbox: Sandbox, editor_client: RawPathClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        editor_client.get("/companies/jane.doe%40example.com/customers/")
        editor_client.get(links.customers(sandbox.company("qbo")))
    said = "".join(
        str(vars(record))
        for record in caplog.records
        if record.name == "customers.codat.http.tracing"
    )
    assert "jane.doe" not in said
    assert f"/companies/{sandbox.company('qbo')}/data/customers" in said


# -- the charset of a request -----------------------------------------------------------------------


def request_of(content_type: str, body: bytes = b"") -> RawPathRequest:
    """A request with a lone surrogate in its address, in the words of a codec of Python."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": "q=%5Cud800",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    setup_testing_defaults(environ)
    return RawPathRequest(environ)


@pytest.mark.parametrize("charset", ["unicode_escape", "zlib", "undefined", "idna", "utf-16"])
@pytest.mark.parametrize("name", ["charset", "CharSet", "charset*", "other*"])
def test_the_charset_of_a_request_decodes_nothing(charset: str, name: str) -> None:
    """A Content-Type with another codec of Python was a 500, for some of them before any page was asked."""
    value = f"{charset}''x" if name.endswith("*") else charset
    request = request_of(f"text/plain; {name}={value}")
    assert request.GET["q"] == "\\ud800"
    assert not request.POST
    form = request_of(f"application/x-www-form-urlencoded; {name}={value}", b"name=%5Cud800")
    assert form.POST["name"] == "\\ud800"


def test_a_form_of_several_parts_keeps_its_boundary() -> None:
    part = b'Content-Disposition: form-data; name="name"\r\n\r\n\\ud800\r\n'
    body = b"--a b=c\r\n" + part + b"--a b=c--\r\n"
    form = request_of('multipart/form-data; charset=unicode_escape; boundary="a b=c"', body)
    assert form.POST["name"] == "\\ud800"
