"""The bytes of attachments: small valid files, and large ones that are generated while they are sent."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from random import Random

BLOCK = 1024 * 1024


def pdf(title: str, pages: int = 1, script: str = "") -> bytes:
    """A PDF of `pages` pages with a line of text on each (Latin-1; the rest becomes `?`).

    `script` is JavaScript, without parentheses that do not match, that runs when a viewer opens the file.
    """
    safe = title.encode("latin-1", "replace").decode("latin-1")
    safe = safe.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    first = 4
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(pages))
    action = f" /OpenAction << /S /JavaScript /JS ({script}) >>" if script else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R{action} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n in range(pages):
        text = f"BT /F1 22 Tf 72 720 Td ({safe}) Tj 0 -32 Td /F1 12 Tf (Page {n + 1}) Tj ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {first + 2 * n + 1} 0 R >>"
        )
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, item in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{item}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
    return bytes(out)


def png(seed: int, width: int = 160, height: int = 120, scale: int = 1) -> bytes:
    """A PNG with a gradient whose colours follow from `seed`; `scale`: each of its pixels is a square of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    red, green, blue = (seed * 67) % 200, (seed * 131) % 200, (seed * 29) % 200
    rows = bytearray()
    for y in range(height):
        row = bytearray(1)
        for x in range(width):
            row += bytes((red + x * 55 // width, green + y * 55 // height, blue)) * scale
        rows += row * scale
    header = struct.pack(">IIBBBBB", width * scale, height * scale, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(rows), 6))
        + chunk(b"IEND", b"")
    )


def jpeg() -> bytes:
    """The smallest baseline JPEG: eight by eight pixels of middle grey, two Huffman codes."""

    def table(kind: int, symbol: int) -> bytes:
        return b"\xff\xc4\x00\x14" + bytes((kind, 1)) + bytes(15) + bytes((symbol,))

    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
        b"\xff\xdb\x00\x43\x00"
        + bytes([1]) * 64
        + b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00"
        + table(0x00, 0x00)
        + table(0x10, 0x00)
        + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x3f\xff\xd9"
    )


def gif() -> bytes:
    """A GIF of one grey pixel."""
    return base64.b64decode("R0lGODdhAQABAIABAICAgP///ywAAAAAAQABAAACAkQBADs=")


def webp() -> bytes:
    """A lossless WebP of one pixel."""
    return base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")


def svg() -> bytes:
    """An SVG that runs a script where it is opened as a document."""
    return (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80">'
        b'<rect width="120" height="80" fill="#357"/><script>alert("svg")</script></svg>\n'
    )


def html() -> bytes:
    """An HTML page that runs a script where it is opened."""
    return (
        b"<!DOCTYPE html><title>Statement</title><h1>Statement</h1><script>alert('html')</script>\n"
    )


def gateway() -> bytes:
    """The error page of a gateway."""
    return b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body></html>\r\n"


def plain(title: str, lines: int = 12) -> bytes:
    """A text in UTF-8."""
    return "".join(f"{title}, line {n}: Grüße, čaj, 顧客\n" for n in range(1, lines + 1)).encode()


def unknown(size: int = 2048) -> bytes:
    """Bytes of no known file type."""
    return b"\x00\x01\xfe\xff" + Random(size).randbytes(size - 4)  # noqa: S311  not for cryptography


@cache
def _block() -> bytes:
    return Random("block").randbytes(BLOCK)  # noqa: S311  not for cryptography


def large(size: int, start: int = 0) -> Iterator[memoryview]:
    """Bytes `start` to `size` of an endless file, in blocks of up to 1 MiB and constant memory.

    Every MiB begins with its number (8 bytes, big-endian), so that a missing or repeated block is detected. A block
    is valid until the next one is requested.
    """
    block = bytearray(_block())
    view = memoryview(block)
    position = start
    while position < size:
        number, offset = divmod(position, BLOCK)
        struct.pack_into(">Q", block, 0, number)
        end = min(BLOCK, size - number * BLOCK)
        yield view[offset:end]
        position = number * BLOCK + end
