"""What a file is: by its first bytes, by its name, by what the accounting software claims.

Only the bytes decide what is shown. Name and claim are compared with them, because a file that calls
itself something else deserves a second look. No magic library: a dozen signatures are all that people
attach to customers, and what is none of them is not shown.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

# Bytes that are looked at.
HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of file. `shown` is how a preview shows it: "image", "pdf", "text", or "" for not at all.

    `family` is what files of this sort may also be called: a spreadsheet is a ZIP file inside, a table of commas a
    text. `media_type` is what a browser is told; `packed` says that compressing it again gains nothing.
    """

    name: str
    label: str
    group: str
    media_type: str = "application/octet-stream"
    shown: str = ""
    packed: bool = False
    family: str = ""

    @property
    def icon(self) -> str:
        """Up to four letters that stand for a picture of it."""
        return _ICONS.get(self.name, self.name.upper())

    @property
    def like(self) -> str:
        """Kinds with the same value are no contradiction."""
        return self.family or self.name


_ICONS = {"text": "TXT", "unknown": "FILE", "program": "EXE", "ole": "DOC", "empty": "0"}
_ALL = (
    Kind("pdf", "PDF", "pdf", "application/pdf", "pdf", packed=True),
    Kind("png", "PNG picture", "image", "image/png", "image", packed=True),
    Kind("jpeg", "JPEG picture", "image", "image/jpeg", "image", packed=True),
    Kind("gif", "GIF picture", "image", "image/gif", "image", packed=True),
    Kind("webp", "WebP picture", "image", "image/webp", "image", packed=True),
    Kind("tiff", "TIFF picture", "image", "image/tiff"),
    Kind("bmp", "BMP picture", "image", "image/bmp"),
    Kind("heic", "HEIC picture", "image", "image/heic", packed=True),
    Kind("svg", "SVG drawing", "image", family="markup"),
    Kind("html", "web page", "other", family="markup"),
    Kind("xml", "XML", "text", family="markup"),
    Kind("text", "text", "text", "text/plain", "text"),
    Kind("csv", "table (CSV)", "text", "text/csv", "text", family="text"),
    Kind("zip", "ZIP archive", "other", "application/zip", packed=True),
    Kind("docx", "Word document", "document", family="zip", packed=True),
    Kind("xlsx", "Excel workbook", "document", family="zip", packed=True),
    Kind("pptx", "PowerPoint presentation", "document", family="zip", packed=True),
    Kind("odf", "OpenDocument file", "document", family="zip", packed=True),
    Kind("ole", "older Office document", "document", "application/octet-stream"),
    Kind("doc", "Word document", "document", "application/msword", family="ole"),
    Kind("xls", "Excel workbook", "document", "application/vnd.ms-excel", family="ole"),
    Kind("msg", "Outlook message", "document", family="ole"),
    Kind("rtf", "rich text", "document", family="rtf"),
    Kind("gzip", "GZIP archive", "other", packed=True),
    Kind("7z", "7-Zip archive", "other", packed=True),
    Kind("rar", "RAR archive", "other", packed=True),
    Kind("program", "program", "other"),
    Kind("empty", "empty file", "other"),
    Kind("unknown", "file", "other"),
)
KINDS = {kind.name: kind for kind in _ALL}
UNKNOWN = KINDS["unknown"]
# What a list can be narrowed to, in the order of the choice.
GROUPS = {
    "pdf": "PDF",
    "image": "Pictures",
    "document": "Office documents",
    "text": "Text",
    "other": "Other",
}

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
)
# Folders and first entries that tell what a ZIP file is to its programs.
_IN_ZIP = (
    (b"word/", "docx"),
    (b"xl/", "xlsx"),
    (b"ppt/", "pptx"),
    (b"mimetypeapplication/vnd.oasis", "odf"),
)
# Any tag that a browser would take for the beginning of a page, after comments and declarations.
_MARKUP = re.compile(rb"\s*(<\?xml|<!--|<!doctype|<[a-z][\w:.-]*[\s/>])", re.IGNORECASE)
_SVG = re.compile(rb"<(\w+:)?svg[\s>]", re.IGNORECASE)
_HTML = re.compile(
    rb"<!doctype html|<(html|head|body|script|iframe|title|style|meta|div|p|h1|table|a|img)[\s/>]",
    re.IGNORECASE,
)
# Controls that no text holds; tab, line feed, form feed, return and escape are left out.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")

_BY_EXTENSION = {
    "pdf": "pdf",
    "png": "png",
    "apng": "png",
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif"), "jpeg"),
    "gif": "gif",
    "webp": "webp",
    "tif": "tiff",
    "tiff": "tiff",
    "bmp": "bmp",
    "heic": "heic",
    "heif": "heic",
    "svg": "svg",
    "htm": "html",
    "html": "html",
    "xhtml": "html",
    "xml": "xml",
    **dict.fromkeys(("txt", "text", "log", "md", "json", "eml"), "text"),
    "csv": "csv",
    "tsv": "csv",
    "zip": "zip",
    "docx": "docx",
    "xlsx": "xlsx",
    "pptx": "pptx",
    **dict.fromkeys(("odt", "ods", "odp"), "odf"),
    "doc": "doc",
    "xls": "xls",
    "msg": "msg",
    "rtf": "rtf",
    "gz": "gzip",
    "7z": "7z",
    "rar": "rar",
    **dict.fromkeys(("exe", "dll", "scr", "com", "msi"), "program"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_BY_TYPE = {
    **{
        kind.media_type: kind.name
        for kind in reversed(_ALL)
        if kind.media_type != UNKNOWN.media_type
    },
    "image/jpg": "jpeg",
    "image/pjpeg": "jpeg",
    "image/x-png": "png",
    "application/x-pdf": "pdf",
    "image/svg+xml": "svg",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/xml": "xml",
    "application/xml": "xml",
    "application/json": "text",
    "text/markdown": "text",
    "application/x-zip-compressed": "zip",
    f"{_OFFICE}wordprocessingml.document": "docx",
    f"{_OFFICE}spreadsheetml.sheet": "xlsx",
    f"{_OFFICE}presentationml.presentation": "pptx",
    "application/vnd.ms-outlook": "msg",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    "application/gzip": "gzip",
}


def by_bytes(head: bytes) -> Kind:
    """What a file is whose first bytes (up to `HEAD`, or all of it) these are."""
    if not head:
        return KINDS["empty"]
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return KINDS[_inside_zip(head) if name == "zip" else name]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return KINDS["webp"]
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1"):
        return KINDS["heic"]
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return KINDS["bmp"]
    return _text(head)


def _inside_zip(head: bytes) -> str:
    return next((name for mark, name in _IN_ZIP if mark in head), "zip")


def _text(head: bytes) -> Kind:
    decoded = encoding(head)
    if not decoded:
        return UNKNOWN
    plain = head.decode(decoded, "replace").lstrip("\ufeff").encode()
    if _MARKUP.match(plain):
        if _SVG.search(plain[:4096]):
            return KINDS["svg"]
        if _HTML.search(plain[:4096]):
            return KINDS["html"]
        return KINDS["xml"]
    return KINDS["text"]


def encoding(head: bytes) -> str:
    """The encoding of a text by its first bytes; "" where it is none. What is not Unicode is taken for Windows-1252."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _BINARY.search(head):
        return ""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def extension(name: object) -> str:
    """A name's extension in lower case, "" where it has none."""
    stem, dot, found = name.strip().rpartition(".") if isinstance(name, str) else ("", "", "")
    return found.lower() if stem and dot and found.isascii() and found.isalnum() else ""


def by_name(name: object) -> Kind:
    """What a name says that the file is."""
    return KINDS[_BY_EXTENSION.get(extension(name), "unknown")]


def by_claim(content_type: object) -> Kind:
    """What the accounting software says that the file is."""
    kind = content_type.partition(";")[0].strip().lower() if isinstance(content_type, str) else ""
    return KINDS[_BY_TYPE.get(kind, "unknown")]


def expected(name: object, content_type: object) -> Kind:
    """What a file probably is before its bytes are known: the claim, or the name where there is none."""
    claim = by_claim(content_type)
    return by_name(name) if claim is UNKNOWN else claim


def _differ(one: Kind, other: Kind) -> bool:
    return UNKNOWN not in (one, other) and one.like != other.like


def contradiction(name: object, content_type: object, found: Kind | None = None) -> str:
    """A sentence where name, claimed type and bytes do not agree; "". `found` is None where bytes are not known.

    A name or type that says nothing contradicts nothing, and an empty file is told apart by itself.
    """
    named, claimed = by_name(name), by_claim(content_type)
    if found is None or found.name == "empty":
        if _differ(named, claimed):
            return f"Its name says {named.label}, its type says {claimed.label}."
        return ""
    said = [
        f"{source} says {kind.label}"
        for source, kind in (("its name", named), ("its type", claimed))
        if kind is not UNKNOWN and kind.like != found.like
    ]
    if not said:
        return ""
    end = "do not." if found is UNKNOWN else f"say {found.label}."
    told = " and ".join(said)
    return f"{told[0].upper()}{told[1:]}; its first bytes {end}"
