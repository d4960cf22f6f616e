"""What a write changes, field by field, and how it came back."""

from typing import Any

import pytest

from customers.writes import diff
from customers.writes.diff import changed_fields, differences, not_cleared


def row(line: str, **more: Any) -> dict[str, Any]:
    return {"line1": line} | more


@pytest.mark.parametrize(
    ("before", "sent", "expected"),
    [
        ({"a": "x"}, {"a": "x"}, []),
        ({"a": "x", "b": 1}, {"a": "x"}, []),  # The integration has no field for b.
        ({"a": None}, {"a": ""}, []),
        ({}, {"a": "x"}, [("a", "A", "–", "x")]),
        ({"a": "x"}, {"a": "y"}, [("a", "A", "x", "y")]),
        ({"a": "x"}, {"a": None}, [("a", "A", "x", "–")]),
        ({"o": {"p": 1}}, {"o": {"p": 2}}, [("o.p", "O, P", "1", "2")]),
        ({"o": None}, {"o": {"p": 2}}, [("o.p", "O, P", "–", "2")]),
        ({"o": "odd"}, {"o": {"p": 2}}, [("o", "O", "odd", '{"p": 2}')]),
        (
            {"rows": [row("1"), row("2")]},
            {"rows": [row("1"), row("3")]},
            [("rows.1.line1", "Row 2, Line 1", "2", "3")],
        ),
        (
            {"rows": [row("1"), row("2")]},
            {"rows": [row("1")]},
            [("rows.1", "Row 2", '{"line1": "2"}', "–")],
        ),
        ({"rows": None}, {"rows": [row("1")]}, [("rows.0.line1", "Row 1, Line 1", "–", "1")]),
        ({"rows": []}, {"rows": []}, []),
    ],
)
def test_the_fields_that_a_write_changes(
    before: Any, sent: Any, expected: list[tuple[str, str, str, str]]
) -> None:
    found = changed_fields(before, sent)
    assert [(item.path, item.label, item.old, item.new) for item in found] == expected


@pytest.mark.parametrize(
    ("sent", "read", "expected"),
    [
        ({"a": "x"}, {"a": "x", "b": 1}, []),
        ({"a": None, "b": "", "c": []}, {}, []),
        ({"a": "x"}, {}, [("A", "dropped")]),
        ({"a": "x"}, {"a": None}, [("A", "dropped")]),
        ({"a": "x"}, {"a": "y"}, [("A", "changed")]),
        ({"a": "Ab-1"}, {"a": "ab 1"}, [("A", "reformatted")]),
        ({"a": "😀"}, {"a": "😁"}, [("A", "changed")]),
        ({"a": "1.50"}, {"a": 1.5}, [("A", "reformatted")]),
        ({"a": -5}, {"a": 5}, [("A", "changed")]),
        ({"a": "2024-01-31"}, {"a": "2024-01-31T00:00:00Z"}, [("A", "reformatted")]),
        ({"a": "2024-01-31"}, {"a": "2024-02-01T00:00:00Z"}, [("A", "changed")]),
        ({"r": [row("1"), row("2")]}, {"r": [row("2"), row("1", id="x")]}, []),
        ({"r": [row("1"), row("2")]}, {"r": [row("2")]}, [("R 1, Line 1", "dropped")]),
        ({"r": [row("1")]}, {"r": None}, [("R 1, Line 1", "dropped")]),
        ({"r": [row("1")]}, {"r": "odd"}, [("R", "changed")]),
        ({"o": {"p": "x"}}, {"o": "odd"}, [("O", "changed")]),
    ],
)
def test_the_fields_that_came_back_different(
    sent: Any, read: Any, expected: list[tuple[str, str]]
) -> None:
    assert [(item["label"], item["what"]) for item in differences(sent, read)] == expected


@pytest.mark.parametrize(
    ("before", "sent", "read", "expected"),
    [
        ({"a": "x"}, {"a": ""}, {"a": "x"}, ["A"]),
        ({"a": "x"}, {"a": None}, {"a": None}, []),
        ({"a": "x"}, {"b": "y"}, {"a": "x", "b": "y"}, []),
        ({"a": ""}, {"a": ""}, {"a": "x"}, []),
        ({"o": {"p": "x"}}, {"o": {"p": ""}}, {"o": {"p": "x"}}, ["O, P"]),
        ({"r": [row("1")]}, {"r": []}, {"r": [row("1")]}, ["R"]),
        ({"r": [row("1"), row("2")]}, {"r": [row("2")]}, {"r": [row("2"), row("1")]}, ["R"]),
        ({"r": [row("1")]}, {"r": [row("1", city="C")]}, {"r": [row("1", city="C")]}, []),
    ],
)
def test_the_fields_that_were_cleared_and_came_back(
    before: Any, sent: Any, read: Any, expected: list[str]
) -> None:
    assert [(item["label"], item["what"]) for item in not_cleared(before, sent, read)] == [
        (label, "not_cleared") for label in expected
    ]


def test_five_hundred_rows_are_not_compared_each_with_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = 0
    real = diff.outcome

    def counted(sent: Any, read: Any) -> diff.How | None:
        nonlocal compared
        compared += 1
        return real(sent, read)

    monkeypatch.setattr(diff, "outcome", counted)
    before = {"r": [row(f"{number}", city=f"City {number}") for number in range(500)]}
    sent = {"r": [*before["r"][1:], row("new")]}
    read = {"r": [*reversed(sent["r"])]}
    assert [*differences(sent, read), *not_cleared(before, sent, read)] == []
    assert compared < 5000
