"""Codat's query language and ordering, over dictionaries.

    query   := all ("||" all)*        all := term ("&&" term)*
    term    := "{" query "}" | path op value
    op      := "=" "!=" "~" ">" "<" ">=" "<="

Documented are the operators, `&&` and `||`, the braces, dotted paths, the limit of 2048 characters and the texts
of the two errors. Assumed, because it is undocumented: `&&` binds tighter than `||`; `~` and `=` ignore case (a
setting, `case_sensitive`); a value ends at the next `&&`, `||`, `}` or the end; and nothing can be quoted, so a value
with a reserved character or a quote is malformed. The sandbox is strict here on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from .errors import ApiError

Kind = Literal["text", "number", "boolean", "date"]
Fields = Mapping[str, Kind]
Test = Callable[[Mapping[str, Any]], bool]

MAX_LENGTH = 2048

CUSTOMER_FIELDS: Fields = {
    "id": "text",
    "customerName": "text",
    "contactName": "text",
    "emailAddress": "text",
    "defaultCurrency": "text",
    "phone": "text",
    "registrationNumber": "text",
    "taxNumber": "text",
    "status": "text",
    "modifiedDate": "date",
    "sourceModifiedDate": "date",
    "metadata.isDeleted": "boolean",
}
COMPANY_FIELDS: Fields = {
    "id": "text",
    "name": "text",
    "created": "date",
    "lastSync": "date",
    "createdByUserName": "text",
    "dataConnections.id": "text",
    "dataConnections.status": "text",
    "dataConnections.platformName": "text",
    "dataConnections.integrationKey": "text",
    "dataConnections.sourceType": "text",
    "dataConnections.lastSync": "date",
}
PUSH_FIELDS: Fields = {
    "pushOperationKey": "text",
    "dataConnectionKey": "text",
    "dataType": "text",
    "status": "text",
    "statusCode": "number",
    "requestedOnUtc": "date",
    "completedOnUtc": "date",
    "errorMessage": "text",
}
PULL_FIELDS: Fields = {
    "id": "text",
    "connectionId": "text",
    "dataType": "text",
    "status": "text",
    "progress": "number",
    "requested": "date",
    "completed": "date",
    "isCompleted": "boolean",
    "isErrored": "boolean",
}

_TOKEN = re.compile(r"\s*(&&|\|\||\{|\}|!=|>=|<=|=|~|>|<)\s*")
_RESERVED = re.compile(r"[&|{}=!<>~\"'`]")
_FRACTION = re.compile(r"(\.\d{6})\d+")
_LOWEST = datetime.min.replace(tzinfo=UTC)


def malformed() -> ApiError:
    """The error for a query that cannot be parsed."""
    return ApiError(400, "Error parsing query - Malformed query.", retry="False")


def unresolved(name: str) -> ApiError:
    """The error for a property that the data set does not have."""
    return ApiError(
        400, f"Error parsing query - Could not resolve property {name} on Dataset", retry="False"
    )


def parse_date(text: str) -> datetime | None:
    """An ISO 8601 date or time as UTC; None when it is neither."""
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text.strip()))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def values(record: Mapping[str, Any], path: str) -> list[Any]:
    """All values at `path`, also through lists (a company's connections)."""
    if "." not in path:
        plain = record.get(path)
        return [] if plain is None else [plain]
    items: list[Any] = [record]
    for name in path.split("."):
        next_items: list[Any] = []
        for item in items:
            if isinstance(item, Mapping) and item.get(name) is not None:
                value = item[name]
                next_items += value if isinstance(value, list) else [value]
        items = next_items
    return items


class _Parser:
    def __init__(self, text: str, fields: Fields, *, case_sensitive: bool) -> None:
        self.parts = [part for part in _TOKEN.split(text) if part != ""]
        self.fields = fields
        self.case_sensitive = case_sensitive
        self.position = 0

    def peek(self) -> str:
        return self.parts[self.position] if self.position < len(self.parts) else ""

    def take(self) -> str:
        part = self.peek()
        self.position += 1
        return part

    def any_of(self) -> Test:
        tests = [self.all_of()]
        while self.peek() == "||":
            self.take()
            tests.append(self.all_of())
        return tests[0] if len(tests) == 1 else lambda record: any(test(record) for test in tests)

    def all_of(self) -> Test:
        tests = [self.term()]
        while self.peek() == "&&":
            self.take()
            tests.append(self.term())
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def term(self) -> Test:
        if self.peek() == "{":
            self.take()
            inner = self.any_of()
            if self.take() != "}":
                raise malformed()
            return inner
        path, op, value = self.take().strip(), self.take(), self.take().strip()
        if op not in {"=", "!=", "~", ">", "<", ">=", "<="}:
            raise malformed()
        if not path or not value or _RESERVED.search(path) or _RESERVED.search(value):
            raise malformed()
        if path not in self.fields:
            raise unresolved(path)
        return comparison(path, op, value, self.fields[path], case_sensitive=self.case_sensitive)


def comparison(path: str, op: str, value: str, kind: Kind, *, case_sensitive: bool) -> Test:
    """One `path op value` as a test of a record. `!=` is true for a missing value."""
    wanted, read = _operand(value, kind, case_sensitive=case_sensitive)
    if kind == "text" and op not in {"=", "!=", "~"}:
        raise malformed()
    if kind == "boolean" and op not in {"=", "!="}:
        raise malformed()
    if kind in {"number", "date"} and op == "~":
        raise malformed()
    compare: Callable[[Any], bool] = {
        "=": lambda actual: actual == wanted,
        "!=": lambda actual: actual == wanted,
        "~": lambda actual: wanted in actual,
        ">": lambda actual: actual > wanted,
        "<": lambda actual: actual < wanted,
        ">=": lambda actual: actual >= wanted,
        "<=": lambda actual: actual <= wanted,
    }[op]
    negated = op == "!="

    def test(record: Mapping[str, Any]) -> bool:
        read_values = (read(item) for item in values(record, path))
        return any(item is not None and compare(item) for item in read_values) != negated

    return test


def _operand(value: str, kind: Kind, *, case_sensitive: bool) -> tuple[Any, Callable[[Any], Any]]:
    """The value of the query, and a function that converts a record's value to the same type."""
    if kind == "boolean":
        if value.lower() not in {"true", "false"}:
            raise malformed()
        return value.lower() == "true", lambda actual: actual if isinstance(actual, bool) else None
    if kind == "number":
        try:
            number = float(value)
        except ValueError as error:
            raise malformed() from error
        return number, lambda actual: actual if isinstance(actual, int | float) else None
    if kind == "date":
        moment = parse_date(value)
        if moment is None:
            raise malformed()
        return moment, lambda actual: parse_date(str(actual))
    if case_sensitive:
        return value, str
    return value.casefold(), lambda actual: str(actual).casefold()


def compile_query(text: str, fields: Fields, *, case_sensitive: bool = False) -> Test | None:
    """A test for `text`; None when it is empty. Raises ApiError 400 with Codat's message."""
    if not text.strip():
        return None
    if len(text) > MAX_LENGTH:
        raise malformed()
    parser = _Parser(text, fields, case_sensitive=case_sensitive)
    test = parser.any_of()
    if parser.position < len(parser.parts):
        raise malformed()
    return test


def ordering(
    order_by: str, fields: Fields
) -> tuple[Callable[[Mapping[str, Any]], Any], bool] | None:
    """The sort key and whether the order is descending; None for no order. Missing values come first."""
    if not order_by:
        return None
    name = order_by.removeprefix("-")
    if name not in fields:
        raise unresolved(name)
    kind = fields[name]

    def key(record: Mapping[str, Any]) -> Any:
        present = values(record, name)
        if not present:
            return (False, _LOWEST if kind == "date" else "" if kind == "text" else 0)
        if kind == "date":
            return (True, parse_date(str(present[0])) or _LOWEST)
        return (True, str(present[0]).casefold() if kind == "text" else present[0])

    return key, order_by.startswith("-")
