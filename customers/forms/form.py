"""A form, bound and validated, from a create/update model. See the package for its use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any

import simplejson
from django.utils.safestring import SafeString

from customers.codat.text import page_text
from customers.formatting import path_label
from customers.forms import actions, merge, signing
from customers.forms.bound import Binding, Group, Kept, Labels, Rows, State, walk
from customers.forms.changes import Change, Unsent, changes, unsent
from customers.forms.error_mapping import ErrorMapper
from customers.forms.markup import CompiledModel
from customers.forms.model import READ_ONLY_ANYWHERE, Node, parse
from customers.forms.paths import FIELD, html_id
from customers.forms.post_data import Data, Reader
from customers.forms.render import Item, render
from customers.forms.validation import check
from customers.forms.values import MISSING, dump


# A process sees one model per connection; a kept one costs some 100 kB.
@lru_cache(maxsize=64)
def _sheet(model: str) -> CompiledModel:
    return CompiledModel(parse(simplejson.loads(model, use_decimal=True)))


def sheet_for(model: Mapping[str, Any] | Node) -> CompiledModel:
    """The parsed model with the constant parts of its form, kept by its JSON. Raises ModelError."""
    if isinstance(model, Node):
        return CompiledModel(model)
    try:
        text = dump(model)
    except RecursionError:
        return CompiledModel(parse(model))
    return _sheet(text)


class Form:
    """A form for one record.

    model: Codat's create/update model (JSON object or parsed Node). Raises ModelError.
    record: the customer as read, exact numbers; None for an empty form. Ignored when `data` is there.
    data: the posted QueryDict. The record that the form was opened with comes out of it, signed;
        raises FormTampered when it does not.
    filled: values to fill in as if typed over the record (a payload from before, a merge's result).
    creating: the `id` may be typed if the model has one, single required options are preselected,
        required lists start with a blank row, and `changes()` names everything that is sent.
    purpose: what the form is for (company, connection and customer): a base signed for another does not open.
    """

    def __init__(
        self,
        model: Mapping[str, Any] | Node,
        record: Mapping[str, Any] | None = None,
        *,
        data: Data | None = None,
        filled: Mapping[str, Any] | None = None,
        creating: bool = False,
        purpose: str = "",
    ) -> None:
        self.sheet = sheet_for(model)
        self.creating = creating
        self.purpose = f"{purpose}:{'create' if creating else 'update'}"
        self.focus = ""
        self.problems: list[str] = []
        self.unplaced: dict[str, str] = {}
        self.base: dict[str, Any]
        if data is not None:
            self.base = signing.unsign((data.getlist("base") or [""])[-1], self.purpose)
        else:
            self.base = dict(record or {})
        root = Binding(creating=creating).bind(self.sheet.root, "", self.base, new=creating)
        assert isinstance(root, Group)  # noqa: S101  parse() lets only objects be roots
        self.root = root
        if data is not None:
            reader = Reader(data)
            reader.read(root)
            self.problems = reader.problems
            self.unplaced = reader.unplaced
        if filled is not None:
            root.fill(dict(filled))

    # -- what is asked of it ------------------------------------------------------------------

    def act(self, action: str) -> str | None:
        """Do what a row button says; the id to focus, which is also kept in `focus`, or None."""
        focus = actions.act(self.root, action)
        self.focus = focus or ""
        self._forget()
        return focus

    def is_valid(self) -> bool:
        """Check required values and types; errors are then at their fields and in `summary`."""
        check(self.root)
        self._forget()
        return not self.errors and not self.problems

    def place(self, items: Iterable[object]) -> None:
        """Put Codat's validation items (dicts with itemId and message) at their fields; what has no
        field goes to the summary. Unknown shapes are skipped."""
        placer = ErrorMapper(self.root)
        for item in items:
            if not isinstance(item, Mapping):
                continue
            message = _sentence(item.get("message"))
            state = placer.find(item.get("itemId"))
            if state is None or isinstance(state, Kept):
                where = _sentence(item.get("itemId"))
                self.problems.append(f"{where}: {message}" if where else message)
            else:
                state.error = f"{state.error} {message}".strip()
        self._forget()

    def payload(self) -> dict[str, Any]:
        """What to send. Of an invalid field it holds the text that was typed."""
        value: dict[str, Any] = self.root.value()
        return value

    def payload_json(self, *, indent: int | None = None) -> str:
        """The payload as JSON text, digits kept."""
        return dump(self.payload(), indent=indent)

    def changes(self) -> list[Change]:
        """Field by field, old and new. Empty: saving would change nothing."""
        return changes(self.root, creating=self.creating)

    def merge(self, theirs: Mapping[str, Any], data: Data | None = None) -> merge.Merge:
        """Compare with the record as it is now. `Merge.conflicts` is empty if nobody interfered;
        choices are read from `data`."""
        return merge.merge(self.sheet.root, self.base, dict(theirs), self.payload(), data)

    def since(self, record: Mapping[str, Any]) -> list[Change]:
        """What changed in the record since this form (a draft) was opened, for the model's fields."""
        return merge.differences(self.sheet.root, self.base, dict(record))

    @property
    def errors(self) -> dict[str, list[str]]:
        """Errors by name of the input (`f.` and the path)."""
        return {FIELD + state.path: [state.error] for state, _ in self._wrong}

    @property
    def summary(self) -> list[dict[str, str]]:
        """Errors for the top of the page: {text, anchor}; anchor is an id, or "" for none."""
        lines = [{"text": problem, "anchor": ""} for problem in self.problems]
        for state, labels in self._wrong:
            label = path_label(labels, name_label=str)
            text = f"{label}: {state.error}" if label else state.error
            lines.append({"text": text, "anchor": html_id(state.path) if state.path else ""})
        return lines

    @cached_property
    def _wrong(self) -> list[tuple[State, Labels]]:
        return [(state, labels) for state, labels in walk(self.root) if state.error]

    def _forget(self) -> None:
        self.__dict__.pop("_wrong", None)

    @cached_property
    def unsent(self) -> list[Unsent]:
        """Values of the record that the model has no field for."""
        return unsent(self.root)

    # -- what the templates show --------------------------------------------------------------

    @property
    def items(self) -> list[Item]:
        """Everything to render, in order: one flat list for one loop."""
        return render(self)

    @property
    def sections(self) -> list[dict[str, str]]:
        """The groups and lists of the first level, to jump to: {id, label}; empty where there is one at most."""
        found = [
            {"id": html_id(child.path), "label": child.node.label}
            for child in self.root.children
            if isinstance(child, (Group, Rows))
        ]
        return found if len(found) > 1 else []

    @property
    def sealed(self) -> str:
        """The base record, signed, for the hidden input."""
        return signing.sign(self.base, self.purpose)

    @property
    def lists(self) -> SafeString:
        """The datalists that the form's inputs refer to."""
        return self.sheet.lists


def copy_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record to begin a new one from: without what identifies or dates it, and without its
    empty values, which nobody would type into a new form."""
    values = _without_empty(dict(record), drop=READ_ONLY_ANYWHERE | {"id"})
    return values if isinstance(values, dict) else {}


def _without_empty(value: Any, drop: frozenset[str]) -> Any:
    if isinstance(value, dict):
        kept = {
            key: inner
            for key, item in value.items()
            if key not in drop
            and (inner := _without_empty(item, READ_ONLY_ANYWHERE)) is not MISSING
        }
        return kept or MISSING
    if isinstance(value, list):
        rows = [
            inner
            for item in value
            if (inner := _without_empty(item, READ_ONLY_ANYWHERE)) is not MISSING
        ]
        return rows or MISSING
    return MISSING if value is None or value == "" else value


def _sentence(raw: object) -> str:
    return page_text(raw)[:1000].strip() if isinstance(raw, str) else ""
