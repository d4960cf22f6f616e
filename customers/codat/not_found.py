"""The meanings of a 404: what is missing, or what the accounting software does not support, as sentences for people.

Codat answers 404 for a company, a connection, a customer, ... that it does not have. Which one it is follows from its
message where that begins with the name of one, else from the path.
"""

from __future__ import annotations

import re

NO_COMPANY = "Company not found in Codat. It may have been removed from the Codat account, or the link is wrong."
_CONNECTION = "Connection not found in Codat. It may have been removed. Open the company again."
_CUSTOMER = "Customer not found in Codat’s copy. It may have been deleted, or it is newer than the last sync."
_ATTACHMENT = "Attachment not found in the accounting software. It may have been deleted."
_CHANGE = "Change not found in Codat. It may have been removed, or the link is wrong."
_SYNC = "Codat no longer has this sync. Start a new one."

_READ_ONLY = (
    "Customers of this accounting software can be read through Codat, but not added or changed."
    " Change them in the accounting software."
)

# What Codat's message begins with; assumed, because its messages are not documented.
_BY_MESSAGE = (
    ("company", NO_COMPANY),
    ("data connection", _CONNECTION),
    ("connection", _CONNECTION),
    ("customer", _CUSTOMER),
    ("attachment", _ATTACHMENT),
    ("push operation", _CHANGE),
)
# The end of the path, without its IDs.
_BY_ROUTE = (
    (re.compile(r"/attachments/.+"), _ATTACHMENT),
    (re.compile(r"/(data|push)/customers/[^/]+(/attachments)?$"), _CUSTOMER),
    (re.compile(r"/data/history/[^/]+$"), _SYNC),
    (re.compile(r"/companies/[^/]+/push/[^/]+$"), _CHANGE),
    (re.compile(r"/connections/[^/]+"), _CONNECTION),
    (re.compile(r"/companies/"), NO_COMPANY),
)

_UNSUPPORTED = (
    (
        re.compile(r"/attachments"),
        "The accounting software does not offer attachments through Codat.",
    ),
    (
        re.compile(r"/(options|push)/customers"),
        _READ_ONLY,
    ),
    (re.compile(r"/customers"), "Codat cannot read customers from this accounting software."),
)


def missing(route: str, message: str) -> str:
    """What a 404 says is missing; "" where that is not known."""
    start = message.strip().lower()
    for noun, sentence in _BY_MESSAGE:
        if start.startswith(noun):
            return sentence
    return next((sentence for pattern, sentence in _BY_ROUTE if pattern.search(route)), "")


def unsupported(route: str) -> str:
    """What the accounting software does not support; "" where that is not known."""
    return next((sentence for pattern, sentence in _UNSUPPORTED if pattern.search(route)), "")
