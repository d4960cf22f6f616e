"""The ZIP format, written as a stream (PKWARE's APPNOTE 6.3.9), so that streaming readers can read it too.

A streaming reader, such as Java's `ZipInputStream`, has no central directory yet. It finds the end of an entry by the
sizes in the local header, or by the end of the deflate data; so an entry whose size is not known in advance is always
deflated, at level 0 where compression gains nothing, and has a data descriptor. An entry that is complete has its sizes
and its CRC in the local header.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from datetime import datetime

# Sizes and offsets beyond this, and more entries than 65,534, need the fields of ZIP64.
ZIP64_LIMIT = 0xFFFF_FFFE
MAX_ENTRIES = 0xFFFE

_STORED, _DEFLATED = 0, 8
_DESCRIPTOR_FLAG, _UTF8_FLAG = 1 << 3, 1 << 11
_VERSION, _ZIP64_VERSION = 20, 45
_UNIX = 3
_REGULAR_FILE = 0o100644 << 16
# The placeholder in a field of 32 bits for a value that is in the ZIP64 extra field.
_IN_ZIP64 = 0xFFFF_FFFF
# Faster than a network, and close to the best compression of deflate.
_LEVEL = 1


class TooLarge(Exception):
    """An entry has more than 4 GiB, and its local header has no fields for that."""


@dataclass(slots=True)
class _Entry:
    name: bytes
    method: int
    flags: int
    offset: int
    is_zip64: bool = False
    crc: int = 0
    compressed_size: int = 0
    size: int = 0

    @property
    def version(self) -> int:
        """The version of the format that a reader needs."""
        return _ZIP64_VERSION if self.is_zip64 else _VERSION


class _Output:
    """The offset in the archive, and the headers of entries."""

    def __init__(self, modified: datetime) -> None:
        self.offset = 0
        self.entries: list[_Entry] = []
        self._time = modified.hour << 11 | modified.minute << 5 | modified.second // 2
        self._date = max(modified.year - 1980, 0) << 9 | modified.month << 5 | modified.day

    def new_entry(self, name: str, method: int, flags: int = 0) -> _Entry:
        """An entry that begins here."""
        flags |= 0 if name.isascii() else _UTF8_FLAG
        return _Entry(name.encode(), method, flags, self.offset)

    def write(self, data: bytes) -> bytes:
        """Add the length of the data to the offset, and return the data."""
        self.offset += len(data)
        return data

    def local_header(self, entry: _Entry) -> bytes:
        """The header of an entry. With a descriptor CRC and sizes are 0; with ZIP64 sizes are in the extra field."""
        sizes, extra = (entry.compressed_size, entry.size), b""
        if entry.is_zip64:
            sizes, extra = (_IN_ZIP64, _IN_ZIP64), struct.pack("<HHQQ", 1, 16, 0, 0)
        return (
            struct.pack(
                "<4sHHHHHLLLHH", b"PK\x03\x04", entry.version, entry.flags, entry.method,
                self._time, self._date, entry.crc, *sizes, len(entry.name), len(extra),
            )
            + entry.name + extra
        )  # fmt: skip

    def directory_header(self, entry: _Entry) -> bytes:
        """The entry's header in the central directory."""
        values = [entry.size, entry.compressed_size, entry.offset]
        large = [value for value in values if value > ZIP64_LIMIT]
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        size, compressed_size, offset = (
            _IN_ZIP64 if value > ZIP64_LIMIT else value for value in values
        )
        version = _ZIP64_VERSION if large else entry.version
        return (
            struct.pack(
                "<4sBBHHHHHLLLHHHHHLL", b"PK\x01\x02", version, _UNIX, version, entry.flags, entry.method,
                self._time, self._date, entry.crc, compressed_size, size, len(entry.name), len(extra),
                0, 0, 0, _REGULAR_FILE, offset,
            )
            + entry.name + extra
        )  # fmt: skip


def _needs_zip64(size: int) -> bool:
    """Whether so many bytes may need ZIP64 when deflated: that adds up to five bytes to each block of 16 KiB."""
    return size + size // 1000 + 1024 > ZIP64_LIMIT


def _compressor(level: int) -> zlib._Compress:
    return zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)


class ZipWriter:
    """Writes one archive: what its methods return is sent in the order of the calls. Entries do not overlap."""

    def __init__(self, modified: datetime) -> None:
        self._output = _Output(modified)

    def add(self, name: str, data: bytes, *, compress: bool) -> bytes:
        """A complete entry, with its sizes and CRC in front."""
        entry = self._output.new_entry(name, _STORED)
        entry.size, entry.crc = len(data), zlib.crc32(data)
        if compress:
            compressor = _compressor(_LEVEL)
            deflated = compressor.compress(data) + compressor.flush()
            if len(deflated) < len(data):
                entry.method, data = _DEFLATED, deflated
        entry.compressed_size = len(data)
        self._output.entries.append(entry)
        return self._output.write(self._output.local_header(entry) + data)

    def start(self, name: str, size: int | None, *, compress: bool) -> StreamedEntry:
        """An entry whose data follow. ``size`` is the expected one in bytes, None for up to 4 GiB."""
        return StreamedEntry(self._output, name, size, _LEVEL if compress else 0)

    def close(self) -> bytes:
        """The central directory, the end of the archive."""
        output = self._output
        start, count = output.offset, len(output.entries)
        directory = output.write(b"".join(map(output.directory_header, output.entries)))
        size, zip64_end = len(directory), b""
        if max(size, start) > ZIP64_LIMIT or count > MAX_ENTRIES:
            zip64_end = struct.pack(
                "<4sQHHLLQQQQ", b"PK\x06\x06", 44, _ZIP64_VERSION, _ZIP64_VERSION, 0, 0, count, count, size, start
            ) + struct.pack("<4sLQL", b"PK\x06\x07", 0, output.offset, 1)  # fmt: skip
            count, size, start = 0xFFFF, _IN_ZIP64, _IN_ZIP64
        end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, count, count, size, start, 0)
        return directory + zip64_end + end


class StreamedEntry:
    """An entry that is written while its data arrive: `header`, then `write`, then `finish` or `abandon`."""

    def __init__(self, output: _Output, name: str, size: int | None, level: int) -> None:
        self._output = output
        self._entry = output.new_entry(name, _DEFLATED, _DESCRIPTOR_FLAG)
        self._entry.is_zip64 = size is not None and _needs_zip64(size)
        self._compressor = _compressor(level)
        # A descriptor follows the data, so the header is written with zeros for CRC and sizes.
        self.header = output.write(output.local_header(self._entry))

    def write(self, data: bytes) -> bytes:
        """More data; what is returned may be empty. Raises TooLarge."""
        entry = self._entry
        if not entry.is_zip64 and _needs_zip64(entry.size + len(data)):
            raise TooLarge
        entry.size += len(data)
        entry.crc = zlib.crc32(data, entry.crc)
        return self._count(self._compressor.compress(data))

    def finish(self) -> bytes:
        """The end of the entry, which the central directory will name."""
        self._output.entries.append(self._entry)
        return self._end(self._entry.crc)

    def abandon(self) -> bytes:
        """The end of an incomplete entry, which the central directory will not name.

        Its CRC is wrong, so that a streaming reader reports an error instead of a complete file.
        """
        return self._end(self._entry.crc ^ 0xFFFF_FFFF)

    def _end(self, crc: int) -> bytes:
        data, entry = self._count(self._compressor.flush()), self._entry
        layout = "<4sLQQ" if entry.is_zip64 else "<4sLLL"
        sizes = (entry.compressed_size, entry.size)
        return data + self._output.write(struct.pack(layout, b"PK\x07\x08", crc, *sizes))

    def _count(self, data: bytes) -> bytes:
        self._entry.compressed_size += len(data)
        return self._output.write(data)
