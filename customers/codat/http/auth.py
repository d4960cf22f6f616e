"""Credentials for Codat."""

from __future__ import annotations

import base64
import re


class Secret(str):
    """Text whose ``repr`` hides it, so that tracebacks and logs do not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'<hidden>'"


def authorization(api_key: str = "", header: str = "") -> str:
    """The Authorization header, from an API key or from a complete header as an admin pasted it.

    The header may come with its name ("Authorization: Basic ..."). ValueError, which never repeats
    the secret, where neither is usable.
    """
    value = re.sub(r"(?i)^authorization\s*:\s*", "", (header or api_key).strip())
    if not value:
        raise ValueError("An API key or an Authorization header for Codat is needed.")
    if not re.fullmatch(r"[ -~]+", value):
        raise ValueError("The API key for Codat has characters that a header cannot hold.")
    if re.match(r"(?i)(basic|bearer) +\S", value):
        return Secret(value)
    if header:
        raise ValueError("The Authorization header for Codat must look like 'Basic ...'.")
    return Secret("Basic " + base64.b64encode(value.encode()).decode())
