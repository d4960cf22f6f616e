"""A workbook's ZIP archive, bounded: what its directory promises is checked, and what comes out of it is counted."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from customers.spreadsheets.files.limits import (
    DAMAGED,
    MAX_ARCHIVE_FILES,
    MAX_PART_BYTES,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    MIB,
    MIN_BOMB_BYTES,
    Unreadable,
)

SIGNATURE = b"PK\x03\x04"
# Each entry of the directory begins with it, also where the directory says that there are fewer.
_ENTRY = b"PK\x01\x02"
_PIECE = 64 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_ERRORS = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip
_TOO_LARGE = "The workbook is too large when it is unpacked: more than {:,} MB."


class Archive:
    """The parts of a workbook by their names. Parts that nobody asks for, such as macros, are never unpacked."""

    def __init__(self, content: bytes) -> None:
        """Raise `Unreadable` for an archive that is damaged, encrypted or a bomb."""
        if content.count(_ENTRY) > MAX_ARCHIVE_FILES:
            raise Unreadable("The workbook consists of too many files. It is not read.")
        with _readable():
            self._zip = zipfile.ZipFile(io.BytesIO(content))
            self._parts = {
                part.filename.replace("\\", "/").lstrip("/").casefold(): part
                for part in self._zip.infolist()
            }
        self._unpacked = 0
        promised = sum(part.file_size for part in self._zip.infolist())
        if promised > MAX_UNPACKED_BYTES:
            raise Unreadable(_TOO_LARGE.format(MAX_UNPACKED_BYTES // MIB))
        if promised > MIN_BOMB_BYTES and promised > MAX_RATIO * len(content):
            raise Unreadable(
                f"The workbook unpacks to {promised // len(content):,} times its size. It is not read."
            )

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._parts

    def names(self) -> list[str]:
        """The names of its parts."""
        return [part.filename for part in self._parts.values()]

    def read(self, name: str) -> bytes:
        """A small part; `Unreadable` where it is missing or not small."""
        return b"".join(self.pieces(name, MAX_PART_BYTES))

    def pieces(self, name: str, limit: int = MAX_UNPACKED_BYTES) -> Iterator[bytes]:
        """A part in pieces of 64 KiB; `Unreadable` where it is missing, damaged or has more than `limit` bytes."""
        part = self._parts.get(name.casefold())
        if part is None or part.compress_type not in _METHODS:
            raise Unreadable(DAMAGED)
        if part.flag_bits & _ENCRYPTED:
            raise Unreadable("The file is protected by a password. Save it without one.")
        size = 0
        with _readable(), self._zip.open(part) as stream:
            while piece := stream.read(_PIECE):
                size += len(piece)
                self._unpacked += len(piece)
                if size > limit or self._unpacked > MAX_UNPACKED_BYTES:
                    raise Unreadable(_TOO_LARGE.format(limit // MIB))
                yield piece


@contextmanager
def _readable() -> Iterator[None]:
    """Errors of the ZIP library as `Unreadable`."""
    try:
        yield
    except _ERRORS as error:
        raise Unreadable(DAMAGED) from error
