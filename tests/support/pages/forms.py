"""Models, forms, their pages and posts, and what a form must send, worked out apart from the code under test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import simplejson
from django.template.loader import get_template

from customers.forms import Form
from tests.support.pages.form_browser import Page

SHARED = Path(__file__).resolve().parents[4] / "shared" / "codat"
MODELS = sorted((SHARED / "push-models").glob("*.json")) if SHARED.exists() else []
CUSTOMERS = sorted((SHARED / "customers").glob("*.json")) if SHARED.exists() else []
needs_shared = pytest.mark.skipif(not MODELS, reason=f"no shared models in {SHARED}")


def load(path: Path) -> Any:
    return simplejson.loads(path.read_text(), use_decimal=True)


def model(name: str) -> dict[str, Any]:
    path = SHARED / "push-models" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    raw: dict[str, Any] = load(path)
    return raw


def obj(**properties: Any) -> dict[str, Any]:
    """A model that is an object with these properties."""
    return {"type": "Object", "displayName": "Thing", "properties": properties, "required": True}


def node(type_: str = "String", *, required: bool = False, **more: Any) -> dict[str, Any]:
    return {"type": type_, "displayName": more.pop("label", "Label"), "required": required, **more}


def array(*, required: bool = False, **properties: Any) -> dict[str, Any]:
    return node("Array", required=required, properties=properties)


def choices(*values: Any) -> list[dict[str, Any]]:
    return [{"value": value, "type": "String", "displayName": str(value)} for value in values]


def render(form: Form) -> str:
    return get_template("editing/_form_fields.html").render(
        {"form": form, "page": {"platform": "Xero"}}
    )


def summary(form: Form) -> str:
    """The errors at the top of a form's page."""
    macros: Any = get_template("components/forms.html")
    return str(macros.template.module.form_summary(form.summary))


def page_of(form: Form) -> Page:
    return Page(render(form))


def form_page(model_: Any, record: Any = None, **more: Any) -> Page:
    """The page of a form that was just opened."""
    return page_of(Form(model_, record, **more))


def post(model_: Any, page: Page, action: str = "", **more: Any) -> Form:
    """The form of what a browser posts from a page, with the row button applied."""
    form = Form(model_, data=page.post(action), **more)
    if action:
        form.apply_action(action)
    return form


def press(model_: Any, page: Page, action: str, **more: Any) -> Page:
    """The page after a row button was pressed."""
    return page_of(post(model_, page, action, **more))


READ_ONLY = {"modifiedDate", "sourceModifiedDate", "metadata"}


def expected(model_: dict[str, Any], value: Any, *, in_row: bool = False) -> Any:
    """What an untouched form must send of a record: all that the model has and that may be written.

    Written from Codat's documentation, apart from the code under test. Empty lists are not sent.
    """
    properties = model_.get("properties") or {}
    if isinstance(value, list) and model_["type"] == "Array" and properties:
        return [expected({**model_, "type": "Object"}, item, in_row=True) for item in value]
    if isinstance(value, list) and model_["type"] == "Array" and model_.get("items"):
        return [expected(model_["items"], item, in_row=True) for item in value]
    if not isinstance(value, dict) or model_["type"] != "Object" or not properties:
        return value
    return {
        name: expected(child, value[name], in_row=in_row)
        for name, child in properties.items()
        if name in value
        and name not in READ_ONLY
        and (in_row or child["type"] != "Array" or value[name] != [])
    }


def exact(value: Any) -> str:
    """JSON text, so that 1, 1.0, true, "1", null and absence all differ."""
    return simplejson.dumps(value, use_decimal=True, sort_keys=True)
