"""File names: in the headers of a download, and unique within an archive."""

from __future__ import annotations

import unicodedata

import pytest

from customers.attachments.filenames import UniqueNames, ascii_file_name, file_name
from customers.attachments.headers import filename_parameters
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.attachments import download_url


@pytest.mark.parametrize(
    ("attachment_id", "disposition"),
    [
        ("quotes", 'attachment; filename="Jane _JJ_ O\'Neil.txt"'),
        ("newline", 'attachment; filename="first line X-Injected_ yes.txt"'),
        ("path", 'attachment; filename="_.._etc_passwd"'),
        ("windows-path", 'attachment; filename="C__Users_jane_scan.txt"'),
        (
            "cyrillic",
            (
                'attachment; filename="_______ No7.txt"; '
                "filename*=utf-8''%D0%94%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80%20%E2%84%967.txt"
            ),
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


# Windows' list: learn.microsoft.com/windows/win32/fileio/naming-a-file, and the console's two.
DEVICES = [
    *("CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"),
    *(f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"),
]


def is_windows_device(name: str) -> bool:
    """Windows' rule: the part before the first dot, without blanks at its end, in any case."""
    return name.split(".")[0].rstrip(" ").upper() in DEVICES


PATTERNS = [
    *("{}", "{}.txt", "{} .txt", "{} . .txt", "{}.tar.gz", "{}.", "{} ", " {}", "..{}.pdf"),
    *(
        "{}\u200b.txt",
        "\ufeff{}.txt",
        "{}\u00a0.txt",
        "{}\t.txt",
        "\u202e{}",
        "{}.much-too-long-an-ending",
    ),
    "{}. " + "x" * 300,
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_name_is_a_windows_device(pattern: str) -> None:
    for device in (*DEVICES, *map(str.lower, DEVICES)):
        name = pattern.format(device)
        made = file_name({"name": name}, "7")
        unique = UniqueNames(made)
        for safe in (made, unique.add(made), ascii_file_name(made), file_name({}, name)):
            assert not is_windows_device(safe)
            assert safe == safe.strip(". ")
            assert 0 < len(safe.encode()) <= 200


@pytest.mark.parametrize("name", ["contract.txt", "com10.pdf", "console", "auxiliary.pdf", "x.con"])
def test_name_that_resembles_a_windows_device(name: str) -> None:
    assert file_name({"name": name}, "7") == name


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("scan.pdf", 'filename="scan.pdf"'),
        ("Müller.pdf", "filename=\"Muller.pdf\"; filename*=utf-8''M%C3%BCller.pdf"),
        ("顧客.pdf", "filename=\"__.pdf\"; filename*=utf-8''%E9%A1%A7%E5%AE%A2.pdf"),
        ("＂＼.pdf", "filename=\"__.pdf\"; filename*=utf-8''%EF%BC%82%EF%BC%BC.pdf"),
        ("ＮＵＬ.pdf", "filename=\"_NUL.pdf\"; filename*=utf-8''%EF%BC%AE%EF%BC%B5%EF%BC%AC.pdf"),
        ("a’b;c.txt", "filename=\"a_b;c.txt\"; filename*=utf-8''a%E2%80%99b%3Bc.txt"),
    ],
)
def test_filename_parameters(name: str, parameters: str) -> None:
    assert filename_parameters(file_name({"name": name}, "7")) == parameters


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
