"""Addresses that lead to another site by some trick, and where a browser would go with an address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

EVIL = "evil.example"
# What somebody puts after `?next=` in a link to the dashboard.
ELSEWHERE = [
    "https://evil.example/", "http://evil.example", "HTTPS://EVIL.example/", "ftp://evil.example/", "//evil.example/",
    "///evil.example/", "////evil.example/", "/\\evil.example/", "\\\\evil.example/", "\\/evil.example/",
    "/\\/evil.example/", "/\\\\evil.example/", "https:evil.example", "https:/evil.example", "https:///evil.example",
    "https:\\evil.example", "http:evil.example", "http:///evil.example", "javascript:alert(1)", "JavaScript:alert(1)",
    "java\nscript:alert(1)", "data:text/html,a", "vbscript:a", "mailto:a@evil.example", "/\t/evil.example/",
    "\t//evil.example/", " //evil.example/", "/\n/evil.example/", "/\r\n/evil.example/", "\x00//evil.example/",
    "\x01https://evil.example/", "\x1f//evil.example/", "\u00a0//evil.example/", "\u3000//evil.example/",
    "//evil.example\\@testserver/", "https://testserver@evil.example/", "https://testserver:80@evil.example/",
    "https://evil.example#@testserver/", "https://evil.example?@testserver/", "https://testserver.evil.example/",
    "https://testserver%2eevil.example/", "//testserver:8443/", "//[::1]/", "//%65vil.example/", "//0x7f.1/",
    "\uff0f\uff0fevil.example/", "https://\u24d4vil.example/", "/%09/evil.example/", "/%5cevil.example/",
    "%2f%2fevil.example/", "/%2f/evil.example/", "/.//evil.example/", "/..//evil.example/",
    "/\r\nLocation: //evil.example/",
]  # fmt: skip
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def leads_away(address: str, host: str = "testserver") -> bool:
    """Whether a browser on a page of `http://host` goes to another site, or runs a script, by an address.

    As the URL Standard reads addresses: without blanks and control characters around it, without tabs and line breaks,
    with backslashes as slashes.
    """
    text = re.sub(r"[\t\r\n]", "", address.strip("".join(map(chr, range(0x21)))))
    text = text.replace("\\", "/")
    if not _SCHEME.match(text) and not text.startswith("//"):
        return False
    own = urlsplit(text)
    return own.scheme not in ("", "http") or own.netloc != host
