"""Attachments: those of each customer, their metadata and their content."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from .data import content, dates
from .server import Delivery, Stream

MIB = 1024 * 1024
LARGE = 300 * MIB
# Any attachment id `bytes-<n>` of the customer `large` is a file of n bytes, up to this many.
MAX_SIZE = 64 * 1024 * MIB
_BYTES = re.compile(r"bytes-(\d{1,14})")
_TEXT = "text/plain"


@dataclass(frozen=True)
class File:
    """One attachment. `make` returns the bytes of a small file; a large one has None and a `size`.

    `ending` is how its download ends; `chunked` omits the Content-Length. `announced` is the size in its metadata where
    that differs from the file's, `served_as` the content type of its download, `encoding` the
    content encoding that the file is stored with.
    """

    id: str
    name: str | None
    content_type: str | None
    make: Callable[[], bytes] | None = None
    size: int = 0
    ending: Delivery = "whole"
    chunked: bool = False
    dates: bool = True
    announced: int | None = None
    served_as: str = "application/octet-stream"
    encoding: str = ""

    def metadata(self, shift: timedelta = timedelta()) -> dict[str, Any]:
        """The attachment as Codat lists it; its dates are moved by `shift`."""
        metadata: dict[str, Any] = {"id": self.id}
        if self.name is not None:
            metadata["name"] = self.name
        if self.content_type is not None:
            metadata["contentType"] = self.content_type
        if self.dates:
            metadata["dateCreated"] = dates.moved("2024-05-17T11:42:08.1230000Z", shift)
        size = self.length if self.announced is None else self.announced
        metadata["fileSize"] = size if self.dates else None
        metadata["includeWhenSent"] = False
        if self.dates:
            metadata["modifiedDate"] = dates.moved(dates.stamp(dates.SYNCED), shift)
        return metadata

    @property
    def length(self) -> int:
        """The size in bytes."""
        return self.size if self.make is None else len(self.make())

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes | memoryview]:
        """The bytes from `start` up to `end`."""
        stop = self.length if end is None else end
        if self.make is None:
            return content.large(stop, start)
        return iter((self.make()[start:stop],))

    def stream(self) -> Stream:
        """The whole file as a body."""
        return Stream(self.pieces, self.length, self.chunked)


def _pdf(name: str) -> Callable[[], bytes]:
    return lambda: content.pdf(name)


def _png(seed: int, scale: int = 1) -> Callable[[], bytes]:
    return lambda: content.png(seed, scale=scale)


def _plain(name: str) -> Callable[[], bytes]:
    return lambda: content.plain(name)


def _small(number: int) -> File:
    """File number `number` of a customer with several: PDF, PNG and text in turn."""
    key = f"{number:04d}"
    match number % 3:
        case 0:
            return File(key, f"Invoice {key}.pdf", "application/pdf", _pdf(f"Invoice {key}"))
        case 1:
            return File(key, f"receipt-{key}.png", "image/png", _png(number))
        case _:
            return File(key, f"note {key}.txt", _TEXT, _plain(f"Note {key}"))


_KINDS = (
    File("pdf", "contract.pdf", "application/pdf", lambda: content.pdf("Contract", 3)),
    File("png", "photo.png", "image/png", _png(5, 8)),
    File("jpeg", "photo.jpg", "image/jpeg", content.jpeg),
    File("gif", "dot.gif", "image/gif", content.gif),
    File("webp", "dot.webp", "image/webp", content.webp),
    File("text", "readme.txt", _TEXT, _plain("Readme")),
    File("csv", "ledger.csv", "text/csv", lambda: b"date,amount\n2024-05-01,12.50\n"),
    File("svg", "logo.svg", "image/svg+xml", content.svg),
    File("html", "statement.html", "text/html", content.html),
    File("unknown", "backup.qbw", "application/octet-stream", content.unknown),
    File("empty", "empty.txt", _TEXT, lambda: b""),
    File("no-type", "untyped", None, content.unknown),
)
_NAMES: dict[str, str | None] = {
    "quotes": 'Jane "JJ" O\'Neil.txt',
    "newline": "first line\r\nX-Injected: yes\r\n\r\n.txt",
    "path": "../../etc/passwd",
    "windows-path": "C:\\Users\\jane\\scan.txt",
    "cyrillic": "Договор №7.txt",
    "rtl-override": "annual\u202etxt.exe",
    "emoji": "🧾 receipt.txt",
    "long": "long " * 60 + ".txt",
    "percent": "100%25 off; filename=evil.txt",
    "dots": "..",
    "reserved": "CON.txt",
    "semicolon": "a;b=c,d.txt",
    "control": "tab\tnull\u0000bell\u0007.txt",
    "script": "<script>alert('file')</script>.html",
    "empty": "",
    "none": None,
    "twin-1": "same name.txt",
    "twin-2": "same name.txt",
}
_IDS = ("a/b", "a b", "100%", "a%2Fb", "q?x=1", "h#1", "../up", "файл-1", "a+b", "QUJD/+8=")
_MISMATCHED = (
    File("png-is-html", "picture.png", "image/png", content.html),
    File("pdf-is-text", "letter.pdf", "application/pdf", _plain("Not a PDF")),
    File("text-is-pdf", "letter.txt", _TEXT, _pdf("Not a text")),
    File("octet-is-png", "scan.bin", "application/octet-stream", _png(9)),
    File("type-is-bad", "photo.png", "image/png\r\nX-Injected: yes", _png(11)),
    File("svg-is-png", "logo.png", "image/png", content.svg),
)


LEDGER = b"date,amount\n" + b"2024-05-01,12.50\n" * 500
_ERROR = b'{"statusCode": 502, "service": "ClientApi", "error": "Bad gateway"}'
# Downloads that differ from the metadata: an error page, an empty file, or another size.
_WRONG_SIZE = (
    File("gateway", "ok.png", "image/png", content.gateway, announced=25_864, served_as="text/html"),
    File("error", "a.pdf", "application/pdf", lambda: _ERROR, announced=8_000, served_as="application/json"),
    File("nothing", "empty.docx", None, lambda: b"", announced=1000),
    File("short", "short.txt", _TEXT, lambda: content.plain("Short", 40)[:500], announced=1000),
    File("short-chunked", "short 2.txt", _TEXT, lambda: content.plain("Short", 40)[:500], announced=1000, chunked=True),
    File("long", "long.png", "image/png", _png(3), announced=10),
    File("gzipped", "ledger.csv", None, lambda: gzip.compress(LEDGER, mtime=0), announced=len(LEDGER), encoding="gzip"),
    File("fine", "fine.txt", _TEXT, _plain("Fine")),
)  # fmt: skip


# Files that would run a script where they are opened.
_SCRIPTS = (
    File("pdf", "statement.pdf", "application/pdf", lambda: content.pdf("Statement", 2, "app.alert('pdf')")),
    File("svg", "logo.svg", "image/svg+xml", content.svg),
    File("html", "statement.html", "text/html", content.html),
)  # fmt: skip


def _broken(key: str, ending: Delivery = "whole", *, chunked: bool = False) -> File:
    return File(key, f"{key}.bin", "application/octet-stream", None, 4 * MIB, ending, chunked)


_FILES: dict[str, tuple[File, ...]] = {
    "none": (),
    "one": (File("only", "terms.pdf", "application/pdf", _pdf("Terms")),),
    "thirty": tuple(_small(number) for number in range(1, 31)),
    "kinds": _KINDS,
    "names": (
        *(File(key, name, _TEXT, _plain(key)) for key, name in _NAMES.items()),
        File("bare", None, None, _plain("bare"), dates=False),
    ),
    "ids": tuple(File(key, f"file {n}.txt", _TEXT, _plain(key)) for n, key in enumerate(_IDS, 1)),
    "lies": _MISMATCHED,
    "unlike": _WRONG_SIZE,
    "scripts": _SCRIPTS,
    "large": (
        File("300mb", "archive.zip", "application/zip", None, LARGE),
        File("10mb", "scan.tiff", "image/tiff", None, 10 * MIB),
        File("no-length", "export.bin", "application/octet-stream", None, 3 * MIB, chunked=True),
    ),
    "broken": (
        _broken("breaks-off", "cut"),
        _broken("resets", "reset_middle"),
        _broken("no-length-breaks-off", "cut", chunked=True),
        File("fine", "fine.txt", _TEXT, _plain("Fine")),
    ),
}


def attachments(company_key: str, customer_id: str) -> list[File] | None:
    """The customer's attachments; None where the software returns `null` for none.

    Two in three customers of the ordinary companies have none, the others one to three.
    """
    if company_key == "files":
        return None if customer_id == "null" else list(_FILES.get(customer_id, ()))
    digest = hashlib.sha256(f"{company_key}/{customer_id}".encode()).digest()
    if digest[0] % 3:
        return []
    return [_small(digest[1] * 4 + n) for n in range(1 + digest[2] % 3)]


def attachment(company_key: str, customer_id: str, attachment_id: str) -> File | None:
    """One attachment; None where it does not exist."""
    for file in attachments(company_key, customer_id) or ():
        if file.id == attachment_id:
            return file
    sized = _BYTES.fullmatch(attachment_id)
    if company_key == "files" and customer_id == "large" and sized and int(sized[1]) <= MAX_SIZE:
        name = f"{attachment_id}.bin"
        return File(attachment_id, name, "application/octet-stream", None, int(sized[1]))
    return None
