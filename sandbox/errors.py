"""Codat's error body, and the exception for it."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

import msgspec

_serial = itertools.count(1)

SENTENCES = {
    400: "The request could not be understood.",
    401: "Unauthorized - the API key is missing or wrong.",
    402: "Payment required - the account is over the limits of its plan.",
    403: "Forbidden - this API key may not see the resource.",
    404: "Not found.",
    408: "The request took too long.",
    409: "Conflict.",
    422: "The Idempotency-Key was used before with another request.",
    429: "Rate limit reached.",
    451: "Unavailable for legal reasons.",
    500: "There is a problem with our server. Please try again later.",
    502: "Bad gateway.",
    503: "The service is temporarily unavailable.",
    504: "The service did not answer in time.",
}


class ApiError(Exception):
    """An HTTP status >= 400 with a body in Codat's shape."""

    def __init__(
        self,
        status: int,
        error: str,
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
        retry: str = "Unknown",
    ) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.errors = errors
        self.headers = headers or {}
        self.retry = retry

    def body(self) -> bytes:
        """The JSON of the response, with a new correlation ID."""
        return error_body(self.status, self.error, self.errors, self.retry)


def error_body(
    status: int,
    error: str = "",
    errors: list[dict[str, Any]] | None = None,
    retry: str = "Unknown",
) -> bytes:
    """Codat's error object as JSON."""
    body: dict[str, Any] = {
        "statusCode": status,
        "service": "PublicApi",
        "error": error or SENTENCES.get(status, "Something went wrong."),
        "correlationId": uuid.uuid5(uuid.NAMESPACE_OID, f"call {next(_serial)}").hex,
        "canBeRetried": retry,
        "detailedErrorCode": 0,
    }
    if errors is not None:
        body["validation"] = {"errors": errors, "warnings": []}
    return msgspec.json.encode(body)
