"""File names: in the headers of a download, and unique within an archive."""

from __future__ import annotations

import unicodedata

import pytest

from customers.attachments.filenames import UniqueNames, file_name
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.attachments import download_url


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
def test_content_disposition(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, disposition: str
) -> None:
    response = viewer_client.get(download_url(sandbox, "names", attachment_id))
    assert b"".join(response)
    assert response["Content-Disposition"] == disposition


@pytest.mark.parametrize(
    ("name", "expected"),
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
def test_safe_name(name: str, expected: str) -> None:
    result = file_name({"name": name}, "7")
    assert result == expected
    assert not any(unicodedata.category(char)[0] == "C" for char in result)


def test_names_are_unique_case_insensitively() -> None:
    unique = UniqueNames("manifest.json")
    wanted = ["a.txt", "A.TXT", "a.txt", "a (2).txt", "manifest.json", "b", "b"]
    assert [unique.add(name) for name in wanted] == [
        "a.txt",
        "A (2).TXT",
        "a (3).txt",
        "a (2) (2).txt",
        "manifest (2).json",
        "b",
        "b (2)",
    ]


def test_numbered_names_stay_short() -> None:
    unique = UniqueNames()
    names = [unique.add("x" * 196 + ".pdf") for _ in range(2)]
    assert names[1].endswith("x (2).pdf")
    assert max(len(name.encode()) for name in names) == 200
