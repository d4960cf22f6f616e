"""Codat's query language and ordering, over dictionaries.

    query   := all ("||" all)*        all := term ("&&" term)*
    term    := "{" query "}" | path op value
    op      := "=" "!=" "~" ">" "<" ">=" "<="

Documented are the operators, the joins, the braces, dotted paths, the limit of 2048 characters and the texts
of the two errors. Guessed, because nothing says so: `&&` binds tighter than `||`; `~` and `=` do not mind
case (`minds_case` turns that); a value reaches to the next `&&`, `||`, `}` or the end; and there is no way to
quote, so a value with a reserved sign or a quote in it is malformed. The sandbox is strict here on purpose.
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
    """The error for a query that cannot be read."""
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
    """Everything that `path` leads to, through lists as well (a company's connections)."""
    if "." not in path:
        plain = record.get(path)
        return [] if plain is None else [plain]
    found: list[Any] = [record]
    for name in path.split("."):
        following: list[Any] = []
        for item in found:
            if isinstance(item, Mapping) and item.get(name) is not None:
                value = item[name]
                following += value if isinstance(value, list) else [value]
        found = following
    return found


class _Parser:
    def __init__(self, text: str, fields: Fields, *, minds_case: bool) -> None:
        self.parts = [part for part in _TOKEN.split(text) if part != ""]
        self.fields = fields
        self.minds_case = minds_case
        self.at = 0

    def peek(self) -> str:
        return self.parts[self.at] if self.at < len(self.parts) else ""

    def take(self) -> str:
        part = self.peek()
        self.at += 1
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
        return comparison(path, op, value, self.fields[path], minds_case=self.minds_case)


def comparison(path: str, op: str, value: str, kind: Kind, *, minds_case: bool) -> Test:
    """One `path op value` as a test of a record. `!=` is true where nothing is there."""
    wanted, read = _operand(value, kind, minds_case=minds_case)
    if kind == "text" and op not in {"=", "!=", "~"}:
        raise malformed()
    if kind == "boolean" and op not in {"=", "!="}:
        raise malformed()
    if kind in {"number", "date"} and op == "~":
        raise malformed()
    compare: Callable[[Any], bool] = {
        "=": lambda found: found == wanted,
        "!=": lambda found: found == wanted,
        "~": lambda found: wanted in found,
        ">": lambda found: found > wanted,
        "<": lambda found: found < wanted,
        ">=": lambda found: found >= wanted,
        "<=": lambda found: found <= wanted,
    }[op]
    negated = op == "!="

    def test(record: Mapping[str, Any]) -> bool:
        read_values = (read(item) for item in values(record, path))
        return any(item is not None and compare(item) for item in read_values) != negated

    return test


def _operand(value: str, kind: Kind, *, minds_case: bool) -> tuple[Any, Callable[[Any], Any]]:
    """The value asked for, and a function that brings a record's value into the same shape."""
    if kind == "boolean":
        if value.lower() not in {"true", "false"}:
            raise malformed()
        return value.lower() == "true", lambda found: found if isinstance(found, bool) else None
    if kind == "number":
        try:
            number = float(value)
        except ValueError as error:
            raise malformed() from error
        return number, lambda found: found if isinstance(found, int | float) else None
    if kind == "date":
        moment = parse_date(value)
        if moment is None:
            raise malformed()
        return moment, lambda found: parse_date(str(found))
    if minds_case:
        return value, str
    return value.casefold(), lambda found: str(found).casefold()


def compile_query(text: str, fields: Fields, *, minds_case: bool = False) -> Test | None:
    """A test for `text`; None when it is empty. Raises ApiError 400 in Codat's words."""
    if not text.strip():
        return None
    if len(text) > MAX_LENGTH:
        raise malformed()
    parser = _Parser(text, fields, minds_case=minds_case)
    test = parser.any_of()
    if parser.at < len(parser.parts):
        raise malformed()
    return test


def ordering(
    order_by: str, fields: Fields
) -> tuple[Callable[[Mapping[str, Any]], Any], bool] | None:
    """The sort key and whether it runs backwards; None when nothing is asked. Missing values come first."""
    if not order_by:
        return None
    name = order_by.removeprefix("-")
    if name not in fields:
        raise unresolved(name)
    kind = fields[name]

    def key(record: Mapping[str, Any]) -> Any:
        found = values(record, name)
        if not found:
            return (False, _LOWEST if kind == "date" else "" if kind == "text" else 0)
        if kind == "date":
            return (True, parse_date(str(found[0])) or _LOWEST)
        return (True, str(found[0]).casefold() if kind == "text" else found[0])

    return key, order_by.startswith("-")
