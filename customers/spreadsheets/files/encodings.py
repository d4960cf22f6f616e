"""The encoding of a text file."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator

from charset_normalizer import from_bytes

from customers.spreadsheets.files.limits import MIB, Unreadable
from customers.spreadsheets.files.tables import ENCODINGS

UTF_8 = "utf-8-sig"
_BOMS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON = "cp1252"
# Of one byte for a letter, or two: those that may be guessed from the letters.
# By the names that the guesser uses.
_NAMES = {name.replace("-", "_"): name for name in ENCODINGS if not name.startswith("utf")}
# Bytes of the lines that show the encoding.
_SAMPLE = 64 * 1024
NOT_A_TEXT = "The file is not a table: it has characters that no text has. Upload CSV, XLSX or ODS."


def guess_encoding(content: bytes) -> str:
    """The encoding of a text: a key of `ENCODINGS`. `Unreadable` where it is no text in any of them."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            check_text(content, encoding)
            return encoding
    if encoding := _without_bom(content):
        check_text(content, encoding)
        return encoding
    if b"\0" in content:
        raise Unreadable(NOT_A_TEXT)
    if _can_be(content, UTF_8):
        return UTF_8
    encoding = _by_letters(content)
    check_text(content, encoding)
    return encoding


def check_text(content: bytes, encoding: str) -> None:
    """Raise `Unreadable` where a file is no text in an encoding, with the line."""
    try:
        for piece in _decoded(content, encoding):
            if "\0" in piece:
                raise Unreadable(NOT_A_TEXT)
    except UnicodeError as error:
        raise Unreadable(
            f"The file is not a text in {ENCODINGS[encoding]}. Choose another encoding.",
            _line_of_error(content, encoding),
        ) from error


def _line_of_error(content: bytes, encoding: str) -> int | None:
    """The line of the first byte that an encoding has not."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return content[: error.start].decode(encoding, "ignore").count("\n") + 1
    except UnicodeError:
        pass
    return None


def text_lines(content: bytes, encoding: str) -> io.TextIOWrapper:
    """The lines of a text with their ends. Reading them may raise UnicodeError."""
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")


def _decoded(content: bytes, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), MIB):
        yield decoder.decode(content[start : start + MIB])
    yield decoder.decode(b"", final=True)


def _can_be(content: bytes, encoding: str) -> bool:
    try:
        for _ in _decoded(content, encoding):
            pass
    except UnicodeError:
        return False
    return True


def _without_bom(content: bytes) -> str:
    """UTF-16 without a mark: every other byte of most texts is NUL. "" where it is not."""
    sample = content[:4096]
    half = len(sample) // 2
    if half and sample[1::2].count(0) > 0.4 * half > sample[::2].count(0):
        return "utf-16-le"
    if half and sample[::2].count(0) > 0.4 * half > sample[1::2].count(0):
        return "utf-16-be"
    return ""


def _by_letters(content: bytes) -> str:
    """The encoding that makes the most likely letters of the lines that are not ASCII."""
    sample = bytearray()
    for line in io.BytesIO(content):
        if not line.isascii():
            sample += line[:_SAMPLE] + b"\n"
        if len(sample) >= _SAMPLE:
            break
    matches = from_bytes(bytes(sample), cp_isolation=list(_NAMES))
    best = matches.best()
    if best is None:
        return _COMMON
    # Short texts are as likely in several encodings. The languages of customers' names say little.
    equal = {
        name
        for match in matches
        if match.chaos <= best.chaos
        for name in match.could_be_from_charset
    }
    encoding = _COMMON if _COMMON in equal else _NAMES[best.encoding]
    return encoding if _can_be(content, encoding) else _COMMON
