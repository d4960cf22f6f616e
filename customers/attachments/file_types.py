"""File types: detected from the first bytes, or announced by the file name or the content type.

Only the first bytes decide how a file is previewed. Name and content type are compared with them, because a mismatch
is a warning sign. No magic library: a dozen signatures cover what people attach to customers, and a file that matches
none of them is not previewed.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

# Number of bytes that detection needs.
HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class FileType:
    """A file format. `preview` is how it is previewed: "image", "pdf", "text", or "" for no preview.

    `media_type` is the Content-Type of a preview. `is_compressed`: compressing it again gains nothing. `family` groups
    formats that are not a mismatch: a workbook is a ZIP file inside, a CSV file is text.
    """

    name: str
    label: str
    group: str
    media_type: str = "application/octet-stream"
    preview: str = ""
    is_compressed: bool = False
    family: str = ""

    @property
    def icon(self) -> str:
        """Up to four letters that represent the format in a list."""
        return _ICONS.get(self.name, self.name.upper())

    @property
    def comparable(self) -> str:
        """Formats with the same value are not a mismatch."""
        return self.family or self.name

    @property
    def noun(self) -> str:
        """The format in the sentence "The content is ..."."""
        if self.name in _UNCOUNTABLE:
            return self.label
        return f"{'an' if self.label[0] in 'AEIOU' else 'a'} {self.label}"


_ICONS = {"text": "TXT", "unknown": "FILE", "program": "EXE", "ole": "DOC", "empty": "0"}
_UNCOUNTABLE = {"svg", "html", "xml", "text", "json", "csv", "rtf"}
_ALL = (
    FileType("pdf", "PDF", "pdf", "application/pdf", "pdf", is_compressed=True),
    FileType("png", "PNG image", "image", "image/png", "image", is_compressed=True),
    FileType("jpeg", "JPEG image", "image", "image/jpeg", "image", is_compressed=True),
    FileType("gif", "GIF image", "image", "image/gif", "image", is_compressed=True),
    FileType("webp", "WebP image", "image", "image/webp", "image", is_compressed=True),
    FileType("tiff", "TIFF image", "image", "image/tiff"),
    FileType("bmp", "BMP image", "image", "image/bmp"),
    FileType("heic", "HEIC image", "image", "image/heic", is_compressed=True),
    FileType("svg", "SVG", "image", family="markup"),
    FileType("html", "HTML", "other", family="markup"),
    FileType("xml", "XML", "text", family="markup"),
    FileType("text", "plain text", "text", "text/plain", "text"),
    FileType("json", "JSON", "text", family="text"),
    FileType("csv", "CSV", "text", "text/csv", "text", family="text"),
    FileType("zip", "ZIP archive", "other", "application/zip", is_compressed=True),
    FileType("docx", "Word document", "document", family="zip", is_compressed=True),
    FileType("xlsx", "Excel workbook", "document", family="zip", is_compressed=True),
    FileType("pptx", "PowerPoint presentation", "document", family="zip", is_compressed=True),
    FileType("odf", "OpenDocument file", "document", family="zip", is_compressed=True),
    FileType("ole", "Office 97–2003 document", "document"),
    FileType("doc", "Word document", "document", "application/msword", family="ole"),
    FileType("xls", "Excel workbook", "document", "application/vnd.ms-excel", family="ole"),
    FileType("msg", "Outlook message", "document", family="ole"),
    FileType("rtf", "rich text", "document"),
    FileType("gzip", "GZIP archive", "other", is_compressed=True),
    FileType("7z", "7-Zip archive", "other", is_compressed=True),
    FileType("rar", "RAR archive", "other", is_compressed=True),
    FileType("program", "program", "other"),
    FileType("empty", "empty file", "other"),
    FileType("unknown", "unknown file type", "other"),
)
FILE_TYPES = {file_type.name: file_type for file_type in _ALL}
UNKNOWN = FILE_TYPES["unknown"]
# The choices of the list's filter, in their order.
GROUPS = {
    "pdf": "PDF",
    "image": "Images",
    "document": "Office documents",
    "text": "Text",
    "other": "Other",
}

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
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
# Folders and first entries that identify the ZIP files of office programs.
_IN_ZIP = (
    (b"word/", "docx"),
    (b"xl/", "xlsx"),
    (b"ppt/", "pptx"),
    (b"mimetypeapplication/vnd.oasis", "odf"),
)
# Bytes that may precede the header of a PDF (PDF 1.7, Adobe's note 13 on Annex H): a BOM, mail headers.
_BEFORE_PDF = 1024
_PDF_HEADER = re.compile(rb"%PDF-\d\.\d")
_PDF_OBJECT = re.compile(rb"\d+ \d+ obj\b")
# A tag, declaration or comment that a browser would treat as the beginning of a page.
_MARKUP = re.compile(rb"\s*(<\?xml|<!--|<!doctype|<[a-z][\w:.-]*[\s/>])", re.IGNORECASE)
_SVG = re.compile(rb"<(\w+:)?svg[\s>]", re.IGNORECASE)
_HTML = re.compile(
    rb"<!doctype html|<(html|head|body|script|iframe|title|style|meta|div|p|h1|table|a|img)[\s/>]",
    re.IGNORECASE,
)
# Control characters that text does not contain. Tab, line feed, form feed, return and escape are allowed.
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
    **dict.fromkeys(("txt", "text", "log", "md", "eml"), "text"),
    "json": "json",
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
_BY_CONTENT_TYPE = {
    **{
        file_type.media_type: file_type.name
        for file_type in reversed(_ALL)
        if file_type.media_type != UNKNOWN.media_type
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
    "application/json": "json",
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
# Content that is no mismatch, besides the same family: formats that programs save under an extension. Office documents
# with a password are OLE files; WordPad's .doc is rich text; a log may begin with a tag. Names and families of formats.
_CONTENT_OF_NAME: dict[str, set[str]] = {
    "docx": {"ole"},
    "xlsx": {"ole"},
    "pptx": {"ole"},
    "doc": {"rtf"},
    "html": {"text"},
    "text": {"xml"},
    "csv": {"xml"},
}
# Formats that systems announce under a content type: Windows uses application/vnd.ms-excel for CSV files and workbooks.
_CONTENT_OF_CONTENT_TYPE: dict[str, set[str]] = _CONTENT_OF_NAME | {
    "xls": {"text", "zip"},
    "doc": {"rtf", "zip"},
}


def detect(head: bytes) -> FileType:
    """The type of a file by its first bytes (`HEAD_BYTES` of them, or the whole file)."""
    if not head:
        return FILE_TYPES["empty"]
    if head.startswith(b"%PDF-"):
        return FILE_TYPES["pdf"]
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return FILE_TYPES[_type_in_zip(head) if name == "zip" else name]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FILE_TYPES["webp"]
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"msf1"):
        return FILE_TYPES["heic"]
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return FILE_TYPES["bmp"]
    if _is_pdf_with_prefix(head):
        return FILE_TYPES["pdf"]
    return _detect_text(head)


def _type_in_zip(head: bytes) -> str:
    return next((name for marker, name in _IN_ZIP if marker in head), "zip")


def _is_pdf_with_prefix(head: bytes) -> bool:
    """Whether a PDF begins within the first `_BEFORE_PDF` bytes.

    Its header begins a line, or objects follow. Markup, and a text that only mentions a header, are no PDF.
    """
    header = _PDF_HEADER.search(head, 0, _BEFORE_PDF + len("%PDF-1.7"))
    if header is None or _MARKUP.match(head.lstrip(codecs.BOM_UTF8)):
        return False
    before = head[: header.start()]
    begins_line = before.endswith((b"\n", b"\r", codecs.BOM_UTF8)) or not before.strip()
    return begins_line or _PDF_OBJECT.search(head, header.end()) is not None


def _detect_text(head: bytes) -> FileType:
    encoding = text_encoding(head)
    if not encoding:
        return UNKNOWN
    text = head.decode(encoding, "replace").lstrip("\ufeff").encode()
    if _MARKUP.match(text):
        if _SVG.search(text[:4096]):
            return FILE_TYPES["svg"]
        if _HTML.search(text[:4096]):
            return FILE_TYPES["html"]
        return FILE_TYPES["xml"]
    return FILE_TYPES["text"]


def text_encoding(head: bytes) -> str:
    """The encoding of a text by its first bytes, "" for a binary file. Text that is not Unicode is Windows-1252."""
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
    """The extension of a file name in lower case, "" where it has none."""
    stem, dot, suffix = name.strip().rpartition(".") if isinstance(name, str) else ("", "", "")
    return suffix.lower() if stem and dot and suffix.isascii() and suffix.isalnum() else ""


def from_name(name: object) -> FileType:
    """The type that a file name announces."""
    return FILE_TYPES[_BY_EXTENSION.get(extension(name), "unknown")]


def from_content_type(content_type: object) -> FileType:
    """The type that the accounting software announces."""
    media_type = content_type if isinstance(content_type, str) else ""
    return FILE_TYPES[_BY_CONTENT_TYPE.get(media_type.partition(";")[0].strip().lower(), "unknown")]


def _contradicts(announced: FileType, content: FileType, accepted: dict[str, set[str]]) -> bool:
    """Whether content of one format is a mismatch for another one that was announced."""
    if UNKNOWN in (announced, content) or announced.comparable == content.comparable:
        return announced is not UNKNOWN and content is UNKNOWN
    return not {content.name, content.comparable} & accepted.get(announced.name, set())


def _names_differ(named: FileType, announced: FileType) -> bool:
    """Whether the types of a name and of a content type exclude each other."""
    if UNKNOWN in (named, announced):
        return False
    return _contradicts(named, announced, _CONTENT_OF_NAME) and _contradicts(
        announced, named, _CONTENT_OF_CONTENT_TYPE
    )


def expected(name: object, content_type: object) -> FileType:
    """The probable type before any bytes are known: by the name where the content type allows it, else by that."""
    named, announced = from_name(name), from_content_type(content_type)
    if announced is UNKNOWN:
        return named
    return announced if named is UNKNOWN or _names_differ(named, announced) else named


def mismatch(name: object, content_type: object, detected: FileType | None = None) -> str:
    """A sentence where name, content type and content disagree, else "". `detected` is None before bytes are known.

    A name or content type of no known type disagrees with nothing. An empty file is not a mismatch.
    """
    named, announced = from_name(name), from_content_type(content_type)
    if detected is None or detected.name == "empty":
        if _names_differ(named, announced):
            return f"The file name is for {named.label}; the file type is for {announced.label}."
        return ""
    claims = [
        f"the file {source} is for {file_type.label}"
        for source, file_type, accepted in (
            ("name", named, _CONTENT_OF_NAME),
            ("type", announced, _CONTENT_OF_CONTENT_TYPE),
        )
        if _contradicts(file_type, detected, accepted)
    ]
    if not claims:
        return ""
    content = "not recognised" if detected is UNKNOWN else detected.noun
    sentence = " and ".join(claims)
    return f"{sentence[0].upper()}{sentence[1:]}; the content is {content}."
