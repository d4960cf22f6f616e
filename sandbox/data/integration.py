"""How one accounting software behaves behind Codat."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from .model import Node
from .model_parts import Record, as_sent

Ids = Literal["uuid", "number", "long", "desktop", "code", "base64"]
Refusal = Literal["later", "immediately", "with_400"]
ItemIds = Literal["pascal", "tail", "indexed", "lower"]


@dataclass(frozen=True)
class Integration:
    """How one accounting software behaves behind Codat.

    refuses: how an invalid write is refused: by a push operation that fails later, by one that is `Failed` in the
        HTTP 200 already, or by an HTTP 400.
    item_ids: how `itemId` names a field: `Contacts.Phone.Number`, `Phone.Number`, `contacts[0].phone[1].number`
        or `number`.
    strict: a property that is not in the model is refused; otherwise it is ignored with a warning.
    replaces: an update replaces the model's fields; otherwise absent ones keep their values.
    offline: a desktop connector that is not running.
    stores: changes a record when it is stored; hides: fields that are not returned.
    """

    key: str
    name: str
    model: Node | None = None
    source_type: str = "Accounting"
    accepted: int = 200
    refuses: Refusal = "later"
    item_ids: ItemIds = "pascal"
    strict: bool = True
    replaces: bool = False
    offline: bool = False
    unique_names: bool = False
    ids: Ids = "uuid"
    stores: Callable[[Record], Record] = as_sent
    hides: tuple[str, ...] = ()

    def features(self) -> dict[str, Any]:
        """The integration as `GET /integrations/{key}` describes it: what it supports of customers."""
        written = "Release" if self.model else "NotSupported"
        features = {
            "Get": "Release",
            "Post": written,
            "Put": written,
            "GetAttachments": "Release",
            "DownloadAttachment": "Release",
        }
        return {
            "key": self.key,
            "name": self.name,
            "enabled": True,
            "isBeta": False,
            "isOfflineConnector": self.offline,
            "sourceType": self.source_type,
            "datatypeFeatures": [
                {
                    "datatype": "customers",
                    "supportedFeatures": [
                        {"featureType": name, "featureState": state}
                        for name, state in features.items()
                    ],
                }
            ]
            if self.source_type == "Accounting"
            else [],
        }

    @property
    def fields(self) -> dict[str, Node]:
        """The model's nodes by name; {} where customers cannot be written."""
        return (self.model.properties if self.model else None) or {}


def new_id(kind: Ids, number: int, random: Random) -> str:
    """The ID of customer number `number` in an accounting software of this kind."""
    match kind:
        case "number":
            return str(number)
        case "long":
            return str(104957000000032105 + number * 13)
        case "desktop":
            return f"{0x80000000 + number:08X}-{1_182_061_376 + number * 977}"
        case "code":
            return f"C{number:05d}"
        case "base64":
            return _base64_id(number)
        case "uuid":
            return _uuid(random)


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _base64_id(number: int) -> str:
    """80 characters of base64, as Wave's ids are."""
    return base64.b64encode(
        f"Business:5f0c2a71;Customer:{number:08d}".ljust(60, "~").encode()
    ).decode()
