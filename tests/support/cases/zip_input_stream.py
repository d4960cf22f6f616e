"""The reading rules of Java's `ZipInputStream` (JDK 17): no central directory, only local headers and descriptors."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

LOCAL_HEADER, DESCRIPTOR = b"PK\x03\x04", b"PK\x07\x08"
STORED, DEFLATED = 0, 8
ZIP64_LIMIT = 0xFFFFFFFF


class ZipException(Exception):
    """What Java throws, with its message."""


class ZipInputStream:
    """Iterates over the entries as (name, data), as far as the stream can be read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._pushed_back = stream, b""

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        while len(header := self._read_up_to(30)) == 30 and header.startswith(LOCAL_HEADER):
            yield self._entry(header)

    def _entry(self, header: bytes) -> tuple[str, bytes]:
        flags, method = struct.unpack("<HH", header[6:10])
        crc, compressed_size, size, name_length, extra_length = struct.unpack("<LLLHH", header[14:])
        name, extra = self._read(name_length), self._read(extra_length)
        if flags & 1:
            raise ZipException("encrypted ZIP entry not supported")
        has_descriptor = bool(flags & 8)
        if has_descriptor and method != DEFLATED:
            raise ZipException("only DEFLATED entries can have EXT descriptor")
        size, compressed_size = _zip64_sizes(extra, size, compressed_size)
        if method == STORED:
            data = self._read(size)
        elif method == DEFLATED:
            data, read = self._inflate()
            if has_descriptor:
                crc, compressed_size, size = self._descriptor(
                    is_zip64=max(len(data), read) > ZIP64_LIMIT
                )
            if (size, compressed_size) != (len(data), read):
                raise ZipException("invalid entry size")
        else:
            raise ZipException("invalid compression method")
        if zlib.crc32(data) != crc:
            raise ZipException("invalid entry CRC")
        return name.decode(), data

    def _inflate(self) -> tuple[bytes, int]:
        """The inflated data, and how many bytes they were in the archive."""
        inflater, data, read = zlib.decompressobj(-zlib.MAX_WBITS), bytearray(), 0
        while not inflater.eof:
            piece = self._read_up_to(512)
            if not piece:
                raise ZipException("unexpected EOF")
            try:
                data += inflater.decompress(piece)
            except zlib.error as error:
                raise ZipException(str(error)) from None
            read += len(piece)
        self._pushed_back = inflater.unused_data + self._pushed_back
        return bytes(data), read - len(inflater.unused_data)

    def _descriptor(self, *, is_zip64: bool) -> tuple[int, int, int]:
        layout = "<LQQ" if is_zip64 else "<LLL"
        start = self._read(4)
        if start != DESCRIPTOR:
            self._pushed_back = start + self._pushed_back
        crc, compressed_size, size = struct.unpack(layout, self._read(struct.calcsize(layout)))
        return crc, compressed_size, size

    def _read_up_to(self, size: int) -> bytes:
        taken, self._pushed_back = self._pushed_back[:size], self._pushed_back[size:]
        while len(taken) < size and (piece := self._stream.read(size - len(taken))):
            taken += piece
        return taken

    def _read(self, size: int) -> bytes:
        data = self._read_up_to(size)
        if len(data) < size:
            raise ZipException("unexpected EOF")
        return data


def _zip64_sizes(extra: bytes, size: int, compressed_size: int) -> tuple[int, int]:
    """The sizes from the extra field, where the header refers to it."""
    while len(extra) >= 4:
        tag, length = struct.unpack("<HH", extra[:4])
        if tag == 1 and ZIP64_LIMIT in (size, compressed_size):
            return struct.unpack("<QQ", extra[4:20])
        extra = extra[4 + length :]
    return size, compressed_size
