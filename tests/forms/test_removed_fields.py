"""What was typed into a field that the model has lost meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.pages.forms import array, form_page, node, obj, page_of, post

NOW = obj(name=node(), rows=array(city=node()))


@pytest.mark.parametrize(
    ("lost", "typed", "label"),
    [
        (obj(name=node(), phone=node()), "phone", "Phone"),
        (
            obj(name=node(), home=node("Object", properties={"line 1": node()})),
            "home.line%201",
            "Home, Line 1",
        ),
        (obj(name=node(), rows=array(city=node(), zip=node())), "rows.b0.zip", "Row 1, Zip"),
        (obj(name=node(), tags=node("Array")), "tags.n1", "Tag 1"),
    ],
)
def test_its_value_is_shown_until_the_form_is_saved(
    lost: dict[str, Any], typed: str, label: str
) -> None:
    page = form_page(lost, {"name": "A", "rows": [{"city": "Bath"}]})
    if "tags" in typed:
        page = page_of(post(lost, page, "add:tags"))
    page[f"f.{typed}"].type("222 <b>")
    form = post(NOW, page)
    assert not form.is_valid()
    assert form.removed_fields == [{"path": typed, "label": label, "text": "222 <b>"}]
    again = page_of(form)
    assert "222 <b>" in again.text
    # Another button, or the next save, keeps it on the page, and it blocks nothing any more.
    form = post(NOW, again)
    assert form.is_valid()
    assert "222 <b>" in page_of(form).text
    assert "222 <b>" not in form.payload_json()
