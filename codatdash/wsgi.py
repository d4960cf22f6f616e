"""The WSGI application, resolving each request on its path as it was sent.

A customer's id is one percent-encoded segment of an address and may hold a slash. WSGI's
`PATH_INFO` is decoded, so there `a%2Fb` and `a/b` are the same; gunicorn passes the request
line's own target as `RAW_URI`, and this handler lets Django resolve that instead.
"""

import os
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_path_info, get_script_name
from django.utils.encoding import iri_to_uri
from django.utils.http import parse_header_parameters

# Characters that are not quoted in a path: RFC 3986's pchar, the slash, and the percent sign of escapes.
_SAFE = "/!$&'()*+,;=:@~%"


def quoted_path(environ: dict[str, Any]) -> str:
    """The request's path, percent-encoded as it was sent.

    `RAW_URI` (gunicorn) or `REQUEST_URI` (uWSGI, mod_wsgi) where the server gives one, else the
    decoded `PATH_INFO` quoted again, in which an ID with a slash looks like two segments.
    """
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not raw:
        return quote(get_path_info(environ), safe=_SAFE.replace("%", "")) or "/"
    path = raw if raw.startswith("/") else urlsplit(raw).path
    path = path.partition("?")[0].partition("#")[0].removeprefix(get_script_name(environ))
    # A server passes bytes outside of ASCII as Latin-1 (PEP 3333); none are valid in a path.
    return quote(path.encode("latin-1", errors="replace"), safe=_SAFE) or "/"


def _measure_body(environ: dict[str, Any]) -> None:
    """Read a chunked body, which has no length, so that Django does not treat it as empty.

    Streaming proxies send forms like this. The server decodes the chunks. At most one byte more than the limit is read;
    Django then refuses the body as too large.
    """
    if environ.get("CONTENT_LENGTH") or not environ.get("HTTP_TRANSFER_ENCODING"):
        return
    if not environ.get("wsgi.input_terminated"):
        return
    body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))


def _without_charset(content_type: str) -> str:
    """A Content-Type without its charset: everything is read as UTF-8.

    Django decodes forms and addresses in the charset that a browser names, which may be any codec of Python. `zlib`
    decodes no text: no request could be made. `unicode_escape` makes lone surrogates, which no page can contain.
    """
    if "charset" not in content_type.lower() and "*" not in content_type:
        return content_type
    try:
        media_type, parameters = parse_header_parameters(content_type)
    except (ValueError, LookupError):  # a parameter whose name ends with `*` names a codec, too
        return content_type.partition(";")[0]
    if "boundary" not in parameters:
        return media_type
    boundary = parameters["boundary"].replace("\\", r"\\").replace('"', r"\"")
    return f'{media_type}; boundary="{boundary}"'


class RawPathRequest(WSGIRequest):
    """A request whose `path` and `path_info` stay percent-encoded, and whose text is UTF-8."""

    def __init__(self, environ: dict[str, Any]) -> None:
        environ["CONTENT_TYPE"] = _without_charset(environ.get("CONTENT_TYPE", ""))
        _measure_body(environ)
        super().__init__(environ)
        self.path_info = quoted_path(environ)
        self.path = get_script_name(environ).rstrip("/") + self.path_info

    def _get_full_path(self, path: str, force_append_slash: bool) -> str:  # noqa: FBT001  Django's own signature
        """Django would escape the percent signs a second time."""
        slash = "/" if force_append_slash and not path.endswith("/") else ""
        query = iri_to_uri(self.META.get("QUERY_STRING", ""))
        return f"{path}{slash}{'?' + query if query else ''}"


class RawPathHandler(WSGIHandler):
    """Django's handler with `RawPathRequest`."""

    request_class = RawPathRequest


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codatdash.settings")
# As `get_wsgi_application` does, whose handler would load the middleware, and look at all static files, a second time.
django.setup(set_prefix=False)
application = RawPathHandler()
