"""The create/update models have the fields and the difficulties of real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.data.companies import PLANS

from .conftest import Api

SHARED = Path(__file__).resolve().parents[3] / "shared" / "codat" / "push-models"
MODELS = {
    plan.key: link.integration.model.json
    for plan in PLANS
    for link in plan.links
    if link.integration.model
}


def nodes(
    model: dict[str, Any], path: tuple[str, ...] = (), depth: int = 0
) -> Iterator[tuple[tuple[str, ...], dict[str, Any], int]]:
    """Every node with its path and the number of arrays around it, itself included."""
    depth += model["type"] == "Array"
    yield path, model, depth
    for name, below in (model.get("properties") or {}).items():
        yield from nodes(below, (*path, name), depth)


ALL = [(key, *node) for key, model in MODELS.items() for node in nodes(model)]


def test_all_eight_types_occur() -> None:
    leaves = {"String", "Number", "Boolean", "DateTime", "File", "MultiPart"}
    assert {node["type"] for _, _, node, _ in ALL} == leaves | {"Object", "Array"}


def test_the_known_difficulties_occur() -> None:
    assert max(depth for *_, depth in ALL) == 4
    lengths = {len(node["options"]) for _, _, node, _ in ALL if "options" in node}
    assert {1, 2, 3, 155, 250} <= lengths
    required = {(key, path) for key, path, node, _ in ALL if node["required"]}
    assert {("sage", ("id",)), ("intacct", ("id",))} <= required
    assert ("codat", ("metadata", "isDeleted")) in required
    assert ("codat", ("contacts", "modifiedDate")) in required
    plain = [node for _, _, node, _ in ALL if node["type"] == "Array" and "properties" not in node]
    assert plain


def test_the_model_is_returned(api: Api) -> None:
    for key in ("xero", "intacct", "zoho"):
        assert api.get(f"{api.connection(key)}/options/customers").json() == MODELS[key]
    bank = api.box.connection("netsuite", 1)
    path = f"{api.company('netsuite')}/connections/{bank}/options/customers"
    assert api.get(path).status_code == 404


REAL = {
    "xero": "xero",
    "qbo": "quickbooks-online",
    "qbd": "quickbooks-desktop",
    "netsuite": "oracle-netsuite",
    "freshbooks": "freshbooks",
    "exact": "exact-netherlands",
    "codat": "sandbox",
}


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real models are not at {SHARED}")
@pytest.mark.parametrize("key", list(REAL))
def test_a_model_has_the_fields_of_the_real_one(key: str) -> None:
    def facts(model: dict[str, Any]) -> dict[tuple[str, ...], tuple[Any, ...]]:
        found = {}
        for path, node, _ in nodes(model):
            options = [option["value"] for option in node.get("options") or ()]
            # Long lists are currency codes, of which real ones have some that no longer exist.
            many = len(options) > 100
            found[path] = (node["type"], node["required"], "many" if many else options)
        return found

    ours, real = facts(MODELS[key]), facts(json.loads((SHARED / f"{REAL[key]}.json").read_text()))
    differing = {path for path in ours.keys() | real.keys() if ours.get(path) != real.get(path)}
    assert not differing
