"""Content that comes with `Content-Encoding: gzip`, decoded in pieces of bounded size."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from customers.codat.errors import ConnectionLost, InvalidResponse

# Bytes of decoded content at a time: a few bytes of gzip can hold many.
MAX_PIECE = 448 * 1024

_GZIP = 16 + zlib.MAX_WBITS


def decode_head(data: bytes, size: int) -> bytes:
    """Up to ``size`` bytes of the content whose first encoded bytes these are. Raises InvalidResponse."""
    head = b""
    for piece in GzipDecoder().feed(data):
        head += piece
        if len(head) >= size:
            break
    return head[:size]


def decode(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The decoded content. Raises ConnectionLost where it ends early, InvalidResponse where it is not gzip."""
    decoder = GzipDecoder()
    for piece in pieces:
        yield from decoder.feed(piece)
    decoder.finish()


class GzipDecoder:
    """Decodes encoded content as it arrives."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(_GZIP)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The content of more encoded bytes, to be iterated to its end. Raises InvalidResponse."""
        try:
            while data:
                if self._inflater.eof:
                    if not data.strip(b"\0"):
                        return  # padding
                    self._inflater = zlib.decompressobj(_GZIP)  # gzip files may be joined
                if piece := self._inflater.decompress(data, MAX_PIECE):
                    yield piece
                data = self._inflater.unconsumed_tail or self._inflater.unused_data
            while piece := self._inflater.decompress(b"", MAX_PIECE):
                yield piece
        except zlib.error as error:
            raise InvalidResponse(f"content that is not gzip: {error}") from None

    def finish(self) -> None:
        """Raise ConnectionLost where the content has not come to its end."""
        if not self._inflater.eof:
            raise ConnectionLost("gzip content that ends early")
