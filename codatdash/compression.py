"""Compresses pages, with Brotli where the browser accepts it, and leaves streamed files alone."""

import re
import secrets

import brotli
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

# A shorter response is sent as it is, as Django's middleware does.
_MIN_LENGTH = 200
# Takes as long as Django's gzip, and a list page has an eighth less. The window of 256 KiB bounds the memory.
_QUALITY, _WINDOW_BITS = 6, 18
_ACCEPTS_BROTLI = re.compile(r"\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


class PageCompressionMiddleware(GZipMiddleware):
    """Django's gzip middleware for responses that are not streamed; with Brotli for the browsers that accept it.

    A streamed response is a file that passes through: its length and its ranges must stay as Codat sent them. Both
    encodings have a random padding against BREACH.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The response, compressed where it is a whole page."""
        if response.streaming or not isinstance(response, HttpResponse):
            return response
        accepted = request.headers.get("Accept-Encoding", "")
        if (
            not _ACCEPTS_BROTLI.search(accepted)
            or len(response.content) < _MIN_LENGTH
            or response.has_header("Content-Encoding")
        ):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        response.content = _compressed(response.content, secrets.randbelow(self.max_random_bytes))
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Encoding"] = "br"
        return response


def _compressed(content: bytes, padding: int) -> bytes:
    """The content in Brotli's format, with so many bytes of padding, at most 255."""
    compressor = brotli.Compressor(mode=brotli.MODE_TEXT, quality=_QUALITY, lgwin=_WINDOW_BITS)
    # After a flush the stream is at the beginning of a byte.
    body = compressor.process(content) + compressor.flush()
    return b"".join((body, _metadata(padding), compressor.finish()))


def _metadata(length: int) -> bytes:
    """A block that decoders skip (RFC 7932, section 9.2): not the last one, of metadata, its length in one byte."""
    if not length:
        return b""
    is_metadata, length_bytes = 0b11 << 1, 0b01 << 4
    header = is_metadata | length_bytes | (length - 1) << 6
    return header.to_bytes(2, "little") + bytes(length)
