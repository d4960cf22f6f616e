"""Validates a payload against a create/update model: what is missing, of the wrong type, or against a note."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .data.integration import Integration, ItemIds
from .data.model import Node
from .query import parse_date

Path = tuple[str | int, ...]
Item = dict[str, Any]


@dataclass
class Findings:
    """Errors, and warnings about ignored properties, in Codat's shape."""

    errors: list[Item] = field(default_factory=list)
    warnings: list[Item] = field(default_factory=list)


def item_id(path: Path, style: ItemIds) -> str:
    """The `itemId` of a field in the style of an integration."""
    names = [str(part) for part in path if isinstance(part, str)]
    match style:
        case "pascal":
            return ".".join(name[:1].upper() + name[1:] for name in names)
        case "tail":
            return ".".join(name[:1].upper() + name[1:] for name in names[-2:])
        case "lower":
            return names[-1].lower() if names else ""
        case "indexed":
            return re.sub(
                r"\.\[", "[", ".".join(f"[{p}]" if isinstance(p, int) else p for p in path)
            )


class Checker:
    """Walks payload and model together. `stored` is the record that an update changes, None for a create.

    `refused_value` is a text that is refused in any field, "" for none.
    """

    def __init__(
        self, integration: Integration, stored: dict[str, Any] | None, refused_value: str = ""
    ) -> None:
        self.integration = integration
        self.stored = stored
        self.refused_value = refused_value
        self.findings = Findings()

    def check(self, payload: dict[str, Any]) -> Findings:
        """All findings about the payload."""
        self._object(payload, self.integration.fields, ())
        return self.findings

    def _error(self, path: Path, message: str, validator: str) -> None:
        self.findings.errors.append(
            {
                "itemId": item_id(path, self.integration.item_ids),
                "message": message,
                "validatorName": validator,
            }
        )

    def _object(self, value: dict[str, Any], properties: dict[str, Node], path: Path) -> None:
        for name in value:
            if name not in properties:
                self._unknown((*path, name))
        for name, node in properties.items():
            given = value.get(name)
            if _is_blank(given):
                if node.required and not self._exempt(path, name):
                    self._error(
                        (*path, name), f"{node.label} must be provided.", "NotEmptyValidator"
                    )
                continue
            self._node(given, node, (*path, name))

    def _exempt(self, path: Path, name: str) -> bool:
        """Read-only fields that a model lists as required, the ID of an existing record, and its missing values.

        An edit of another field must not fail because the stored record lacks a value.
        """
        if name in {"metadata", "modifiedDate", "sourceModifiedDate"}:
            return True
        if self.stored is None:
            return False
        return (name == "id" and not path) or self._is_stored_blank((*path, name))

    def _is_stored_blank(self, path: Path) -> bool:
        """Whether the record has the parent of the field, and a blank value for the field."""
        return isinstance(self._stored_value(path[:-1]), dict) and _is_blank(
            self._stored_value(path)
        )

    def _unknown(self, path: Path) -> None:
        name = str(path[-1])
        if self.integration.strict:
            self._error(path, f"The property {name} is not supported.", "UnknownPropertyValidator")
        else:
            self.findings.warnings.append(
                {
                    "itemId": item_id(path, self.integration.item_ids),
                    "message": f"The property {name} is not supported and was ignored.",
                    "validatorName": "UnknownPropertyValidator",
                }
            )

    def _node(self, value: Any, node: Node, path: Path) -> None:
        if not _is_a(value, node.type):
            self._error(path, f"{node.label} must be of type {node.type}.", "TypeValidator")
            return
        if value == self.refused_value:
            self._error(path, f"{node.label} {value} is not accepted.", "ValueValidator")
        if isinstance(value, dict) and node.properties is not None:
            self._object(value, node.properties, path)
        if isinstance(value, list):
            self._rows(value, node, path)
        self._option(value, node, path)
        for note in node.notes:
            message = note.check(value) if note.check else None
            if message:
                self._error(path, message, note.validator)

    def _option(self, value: Any, node: Node, path: Path) -> None:
        """Check an option. A stored value is accepted: an edit of another field must not fail on it."""
        if node.options is None or value in [option for option, _ in node.options]:
            return
        if value != self._stored_value(path):
            options = ", ".join(option for option, _ in node.options[:5])
            self._error(path, f"{value} is not one of the options: {options}.", "OptionValidator")

    def _rows(self, value: list[Any], node: Node, path: Path) -> None:
        for index, row in enumerate(value):
            if node.properties is None:
                continue
            if isinstance(row, dict):
                self._object(row, node.properties, (*path, index))
            else:
                self._error((*path, index), f"{node.label} must contain objects.", "TypeValidator")

    def _stored_value(self, path: Path) -> Any:
        value: Any = self.stored
        for part in path:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value


def _is_blank(value: Any) -> bool:
    return value is None or value == "" or value == []


def _is_a(value: Any, kind: str) -> bool:
    match kind:
        case "Object":
            return isinstance(value, dict)
        case "Array":
            return isinstance(value, list)
        case "Number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "Boolean":
            return isinstance(value, bool)
        case "DateTime":
            return isinstance(value, str) and parse_date(value) is not None
        case _:
            return isinstance(value, str)
