"""The list of attachments, and files passed through."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote, unquote

import pytest

from customers.attachments.filenames import file_name
from sandbox import Sandbox
from sandbox.files import attachment
from tests.conftest import RawPathClient

HTMX = {"HX-Request": "true"}


def listing(sandbox: Sandbox, customer_id: str, key: str = "files") -> str:
    return f"/companies/{sandbox.company(key)}/customers/{customer_id}/attachments/"


def download(sandbox: Sandbox, customer_id: str, attachment_id: str) -> str:
    return f"{listing(sandbox, customer_id)}{quote(attachment_id, safe='')}/download/"


def asked(sandbox: Sandbox) -> list[str]:
    return [
        call.path.rpartition("/customers/")[2]
        for call in sandbox.calls
        if "/attachments" in call.path
    ]


def test_lists_thirty(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.get(listing(sandbox, "thirty"))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count("/download/") == 30
    assert "Invoice 0030.pdf" in text
    assert "651 bytes" in text
    assert "17 May 2024, 11:42 UTC" in text
    assert asked(sandbox) == ["thirty/attachments"]


def test_fragment_and_page(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = viewer_client.get(listing(sandbox, "one")).content.decode()
    fragment = viewer_client.get(listing(sandbox, "one"), headers=HTMX)
    assert "<html" not in fragment.content.decode()
    assert fragment.content.decode().strip() in page
    assert "HX-Request" in fragment["Vary"]


@pytest.mark.parametrize("customer_id", ["none", "null"])
def test_nothing_there(sandbox: Sandbox, viewer_client: RawPathClient, customer_id: str) -> None:
    text = viewer_client.get(listing(sandbox, customer_id)).content.decode()
    assert "Nothing is attached" in text


def test_names_of_strangers_are_text(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(listing(sandbox, "names")).content.decode()
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert text.count("no name, attachment") == 3


def test_every_listed_file_comes(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = viewer_client.get(listing(sandbox, "ids"))
    rows = page.context["attachments"]
    assert len(rows) == 10
    for row in rows:
        answer = viewer_client.get(row["download_url"])
        wanted = attachment("files", "ids", unquote(row["download_url"].split("/")[-3]))
        assert wanted
        assert wanted.make
        assert b"".join(answer) == wanted.make()


@pytest.mark.parametrize("key", ["deauthorized", "unlinked", "no_connections", "no_accounting"])
def test_without_a_linked_connection_nothing_is_asked(
    sandbox: Sandbox, viewer_client: RawPathClient, key: str
) -> None:
    answer = viewer_client.get(listing(sandbox, "1", key), headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "come live from" in text
    assert asked(sandbox) == []
    file = viewer_client.get(f"{listing(sandbox, '1', key)}1/download/")
    assert file.status_code == 409
    assert asked(sandbox) == []


def test_a_file_comes_as_it_is_and_is_saved_not_shown(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    answer = viewer_client.get(download(sandbox, "kinds", "pdf"))
    wanted = attachment("files", "kinds", "pdf")
    assert wanted
    assert wanted.make
    assert answer.streaming
    assert b"".join(answer) == wanted.make()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="contract.pdf"'
    assert answer["Content-Length"] == str(wanted.length)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("customer_id", "attachment_id"),
    [("kinds", "html"), ("kinds", "svg"), ("kinds", "no-type"), ("lies", "type-is-bad")],
)
def test_what_a_browser_might_run_is_bytes(
    sandbox: Sandbox, viewer_client: RawPathClient, customer_id: str, attachment_id: str
) -> None:
    answer = viewer_client.get(download(sandbox, customer_id, attachment_id))
    answer.close()
    assert answer["Content-Type"] == "application/octet-stream"
    assert "X-Injected" not in answer


@pytest.mark.parametrize(
    ("attachment_id", "disposition"),
    [
        ("quotes", 'attachment; filename="Jane _JJ_ O\'Neil.txt"'),
        ("newline", 'attachment; filename="first line X-Injected_ yes.txt"'),
        ("path", 'attachment; filename="_.._etc_passwd"'),
        ("windows-path", 'attachment; filename="C__Users_jane_scan.txt"'),
        (
            "cyrillic",
            "attachment; filename*=utf-8''%D0%94%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80%20%E2%84%967.txt",
        ),
        ("rtl-override", 'attachment; filename="annualtxt.exe"'),
        ("percent", 'attachment; filename="100%25 off; filename=evil.txt"'),
        ("dots", 'attachment; filename="attachment-dots.txt"'),
        ("reserved", 'attachment; filename="_CON.txt"'),
        ("empty", 'attachment; filename="attachment-empty.txt"'),
        ("none", 'attachment; filename="attachment-none.txt"'),
        ("bare", 'attachment; filename="attachment-bare"'),
    ],
)
def test_a_name_is_safe_to_save_under(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, disposition: str
) -> None:
    answer = viewer_client.get(download(sandbox, "names", attachment_id))
    assert b"".join(answer)
    assert answer["Content-Disposition"] == disposition


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("a" * 500 + ".pdf", "a" * 196 + ".pdf"),
        ("я" * 500 + ".pdf", "я" * 98 + ".pdf"),
        ("...hidden", "hidden"),
        ("x\ud800y.txt", "xy.txt"),
        ("\u2066a\u2069.txt", "a.txt"),
        ("e\u0301.txt", "é.txt"),
        ("nul", "_nul"),
        ("/", "_"),
    ],
)
def test_names(name: str, saved: str) -> None:
    made = file_name({"name": name}, "7")
    assert made == saved
    assert not any(unicodedata.category(char)[0] == "C" for char in made)


def test_head_costs_no_transfer(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.head(download(sandbox, "large", "300mb"))
    assert answer.status_code == 200
    assert answer["Content-Length"] == str(300 * 1024 * 1024)
    assert answer["Content-Disposition"] == 'attachment; filename="archive.zip"'
    assert asked(sandbox) == ["large/attachments/300mb"]


def test_missing(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert viewer_client.get(download(sandbox, "one", "nope")).status_code == 404
    assert viewer_client.get(download(sandbox, "one", "..")).status_code == 404


def test_nobody(anonymous_client: RawPathClient) -> None:
    for path in ("attachments/", "attachments/1/download/"):
        answer = anonymous_client.get(f"/companies/x/customers/1/{path}")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=")


def test_without_permission(outsider_client: RawPathClient) -> None:
    for path in ("attachments/", "attachments/1/download/"):
        assert outsider_client.get(f"/companies/x/customers/1/{path}").status_code == 403


def test_wrong_method(viewer_client: RawPathClient) -> None:
    for path in ("attachments/", "attachments/1/download/"):
        assert viewer_client.post(f"/companies/x/customers/1/{path}").status_code == 405


def test_codat_down(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add("/attachments", "status", status=500, count=-1)
    answer = viewer_client.get(listing(sandbox, "one"), headers=HTMX)
    assert answer.status_code == 502
    assert "<html" not in answer.content.decode()
    assert "Try again" in answer.content.decode()
    assert viewer_client.get(download(sandbox, "one", "only")).status_code == 502


def test_a_refused_download_is_a_page_and_no_file(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("/download", "status", status=403)
    answer = viewer_client.get(download(sandbox, "one", "only"))
    assert answer.status_code == 502
    assert "Content-Disposition" not in answer
    assert "does not let the dashboard see this" in answer.content.decode()
