"""Addresses and contents of the attachments of the sandbox's company `files`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from sandbox import Sandbox


def list_url(sandbox: Sandbox, customer_id: str, key: str = "files", **query: str) -> str:
    """The list of a customer's attachments, with its query string."""
    path = f"/companies/{sandbox.company(key)}/customers/{customer_id}/attachments/"
    return path + ("?" + urlencode(query) if query else "")


def attachment_url(sandbox: Sandbox, customer_id: str, attachment_id: str, tail: str = "") -> str:
    """The page of one attachment; `tail` "preview/" or "download/" for its bytes."""
    return f"{list_url(sandbox, customer_id)}{quote(attachment_id, safe='')}/{tail}"


def download_url(sandbox: Sandbox, customer_id: str, attachment_id: str) -> str:
    """The download of one attachment."""
    return attachment_url(sandbox, customer_id, attachment_id, "download/")


def archive_url(sandbox: Sandbox, customer_id: str, key: str = "files") -> str:
    """The ZIP archive of a customer's attachments."""
    return f"/companies/{sandbox.company(key)}/customers/{customer_id}/attachments.zip"


def file_bytes(sandbox: Sandbox, customer_id: str, attachment_id: str) -> bytes:
    """The file as the sandbox has it."""
    return b"".join(map(bytes, sandbox.file("files", customer_id, attachment_id).pieces()))


def attachment_calls(sandbox: Sandbox) -> list[str]:
    """The calls about attachments so far, from the customer's id on."""
    return [
        call.path.rpartition("/customers/")[2]
        for call in sandbox.calls
        if "/attachments" in call.path
    ]


def disconnect(response: Any) -> None:
    """Close a response as the server does after a disconnect, without the signal that closes the test's database."""
    for close in response._resource_closers:
        close()
