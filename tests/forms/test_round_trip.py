"""From a record to a page, to a post, to a payload: it changes nothing, or exactly the field that was typed into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.forms import Form
from customers.forms.values import to_json
from tests.support.pages.form_browser import Page
from tests.support.pages.forms import (
    CUSTOMERS,
    MODELS,
    exact,
    expected,
    form_page,
    load,
    needs_shared,
    page_of,
    post,
)

BOUNDED = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@needs_shared
@pytest.mark.parametrize("customers", CUSTOMERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("model_path", MODELS, ids=lambda path: path.stem)
def test_each_shared_customer_on_each_shared_model(model_path: Path, customers: Path) -> None:
    model = load(model_path)
    for record in load(customers)["results"]:
        page = form_page(model, record)
        form = post(model, page)
        assert exact(form.payload()) == exact(expected(model, record))
        assert form.changes() == []
        assert not form.problems

        for control in [c for c in page.fields if c.kind == "text"]:
            before, control.value = control.value, "Changed"
            changed = post(model, page)
            control.value = before
            name = control.name.removeprefix("f.")
            assert [change.path for change in changed.changes()] == [name]
            assert exact(changed.payload()) == exact(
                put(expected(model, record), record, name, "Changed")
            )


def put(payload: Any, record: Any, path: str, value: Any) -> Any:
    """The payload with one leaf set; its row is where it was in the record."""
    target = payload
    *before, last = path.split(".")
    for index, part in enumerate(before):
        if isinstance(target, list):
            target = target[int(part[1:])]
        else:
            following = before[index + 1] if index + 1 < len(before) else ""
            target = target.setdefault(part, [] if following.startswith("b") else {})
    target[last] = value
    return payload


# -- random models and records ---------------------------------------------------------------------

odd_text = st.text(
    st.characters(codec=None, exclude_categories=())
    | st.sampled_from("\r\n\t\x00<>&\"' \ud800\ufffd"),
    max_size=8,
)
names = st.sampled_from(
    [
        "name",
        "id",
        "b0",
        "n1",
        "a.b",
        "",
        "line 1",
        "r.x",
        "%2E",
        "ключ",
        "modifiedDate",
        "metadata",
        "'><b>",
    ]
) | st.text(max_size=4)
numbers = st.one_of(
    st.integers(-(10**20), 10**20),
    st.decimals(
        allow_nan=False, allow_infinity=False, places=7, min_value=-(10**9), max_value=10**9
    ),
    st.sampled_from([0, 1, -1]),
)
dates = st.sampled_from(
    ["2023-01-17T14:50:54.1234567Z", "0001-01-01T00:00:00", "2024-02-30", "2024-01-01"]
)
scalars = st.one_of(st.none(), odd_text, numbers, st.booleans(), dates)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
plain_types = st.sampled_from(
    ["String", "Number", "Boolean", "DateTime", "File", "MultiPart", "Colour", None]
)


@st.composite
def models(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    kinds = ["plain", "choice"] + (["object", "array", "tags", "matrix"] if depth < 3 else [])
    kind = "object" if depth == 0 else draw(st.sampled_from(kinds))
    made: dict[str, Any] = {"displayName": draw(odd_text), "required": draw(st.booleans())}
    if kind in ("object", "array"):
        made["type"] = kind.title()
        size = 1 if depth == 0 else 0
        made["properties"] = draw(
            st.dictionaries(names, models(depth=depth + 1), min_size=size, max_size=4)
        )
    elif kind == "tags":
        made["type"] = "Array"
    elif kind == "matrix":
        made |= {"type": "Array", "items": draw(models(depth=depth + 1))}
    else:
        made["type"] = draw(plain_types)
        if kind == "choice":
            values = draw(st.lists(odd_text | numbers | st.booleans(), max_size=3))
            made["options"] = [{"value": value, "displayName": "x"} for value in values]
    return made


def values(model: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that mostly have the model's shape."""
    properties = model.get("properties") or {}
    fitting: st.SearchStrategy[Any] = scalars
    if model["type"] == "Object" and properties:
        fitting = st.fixed_dictionaries(
            {}, optional={name: values(child, depth + 1) for name, child in properties.items()}
        )
        fitting = st.builds(
            lambda one, more: more | one, fitting, st.dictionaries(names, scalars, max_size=1)
        )
    elif model["type"] == "Array":
        item = model.get("items") or ({**model, "type": "Object"} if properties else None)
        fitting = st.lists(values(item, depth + 1) if item else scalars, max_size=3)
    if depth == 0:
        return fitting
    return st.one_of(fitting, fitting, fitting, st.none(), anything)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    model = draw(models())
    record = draw(values(model))
    return model, record if isinstance(record, dict) else {}


@BOUNDED
@given(pairs())
def test_an_untouched_form_changes_nothing(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    model, record = pair
    form = post(model, form_page(model, record))
    assert exact(form.payload()) == exact(expected(model, record))
    assert form.changes() == []
    assert form.problems == []
    # An error page shows again what was posted: the same holds for it.
    again = post(model, error_page(form))
    assert exact(again.payload()) == exact(expected(model, record))
    assert to_json(form.payload()).isascii()


def error_page(form: Form) -> Page:
    form.is_valid()
    return page_of(form)


@BOUNDED
@given(pairs(), st.randoms(use_true_random=False))
def test_one_changed_field_changes_only_itself(
    pair: tuple[dict[str, Any], dict[str, Any]], random: Any
) -> None:
    model, record = pair
    page = form_page(model, record)
    if not page.fields:
        return
    control = random.choice(page.fields)
    if control.kind == "select":
        others = [value for value, _ in control.options if value not in ("", control.value)]
        if not others:
            return
        control.type(random.choice(others))
    else:
        control.type("2031-05-06" if control.value != "2031-05-06" else "2032-01-01")
    form = post(model, page)
    path = control.name.removeprefix("f.")
    assert [change.path for change in form.changes()] == [path]
    untouched = flat(expected(model, record))
    now = flat(form.payload())
    differing = {key for key in untouched.keys() | now.keys() if untouched.get(key) != now.get(key)}
    assert len(leaves(differing)) == 1


def flat(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], str]:
    """Every leaf and every container by its path, as exact JSON."""
    result: dict[tuple[Any, ...], str] = {}
    if isinstance(value, dict):
        result[path] = "{}"
        for key, item in value.items():
            result |= flat(item, (*path, key))
    elif isinstance(value, list):
        result[path] = f"[{len(value)}]"
        for index, item in enumerate(value):
            result |= flat(item, (*path, index))
    else:
        result[path] = exact(value)
    return result


def leaves(paths: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Paths that have no other path below them: containers change with what they hold."""
    return {
        path
        for path in paths
        if not any(len(p) > len(path) and p[: len(path)] == path for p in paths)
    }


def test_the_record_itself_is_not_modified() -> None:
    model = {"type": "Object", "properties": {"a": {"type": "Array"}}}
    record = {"a": ["1", None]}
    page = form_page(model, record)
    page["f.a.b0"].type("2")
    post(model, page).payload()
    assert record == {"a": ["1", None]}


@pytest.mark.parametrize(
    "text", ["1.10", "100000000000000000000000000001", "1E+40", "0.10000000", "5."]
)
def test_digits_survive(text: str) -> None:
    model = {"type": "Object", "properties": {"n": {"type": "Number"}}}
    page = form_page(model, {})
    page["f.n"].type(text)
    assert post(model, page).payload_json() == f'{{"n": {text.rstrip(".")}}}'
