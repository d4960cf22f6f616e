"""A form, bound and validated, from a create/update model. See the package for its use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from customers.codat.text import page_text
from customers.formatting import path_label
from customers.forms import actions, merge, signing
from customers.forms.blocks import Block
from customers.forms.bound import Binder, Field, Group, Labels, Leaf, ReadOnlyField, walk
from customers.forms.changes import Change, UnsentValue, form_changes, unsent_values
from customers.forms.error_mapping import ErrorMapper
from customers.forms.layout import layout
from customers.forms.model import READ_ONLY_NAMES, Node
from customers.forms.paths import FIELD_PREFIX, html_id, labels_of
from customers.forms.post_data import PostData, PostReader
from customers.forms.presentation.display import CompiledModel, compile_model
from customers.forms.validation import error_names_field, validate, warnings
from customers.forms.values import MISSING, to_json

_MAX_FINDING_LENGTH = 1000


class Form:
    """A form for one record.

    model: Codat's create/update model: a JSON object, a parsed Node, or compiled (for many forms). Raises ModelError.
    record: the customer as read, with exact numbers; None for an empty form. Ignored where there is `data`.
    data: the posted QueryDict. It holds the record that the form was opened with, signed; raises FormTampered where
        that cannot be read.
    filled: values to fill in over the record, as a person would (an earlier payload, the result of a merge).
    creating: the `id` can be typed if the model has one, the only option of a required field is preselected,
        required lists start with a blank item, and `changes()` names everything that is sent.
    purpose: what the form is for (company, connection and customer): a record that was signed for another purpose is
        not accepted.
    """

    def __init__(
        self,
        model: Mapping[str, Any] | Node | CompiledModel,
        record: Mapping[str, Any] | None = None,
        *,
        data: PostData | None = None,
        filled: Mapping[str, Any] | None = None,
        creating: bool = False,
        purpose: str = "",
    ) -> None:
        self.compiled = compile_model(model)
        self.creating = creating
        self.purpose = f"{purpose}:{'create' if creating else 'update'}"
        self.focus = ""
        self.problems: list[str] = []
        self.unknown_inputs: dict[str, str] = {}
        self.removed_values: dict[str, str] = {}
        self.base: dict[str, Any]
        if data is not None:
            self.base = signing.unsign((data.getlist("base") or [""])[-1], self.purpose)
        else:
            self.base = dict(record or {})
        root = Binder(creating=creating).bind(self.compiled.root, "", self.base, is_new=creating)
        assert isinstance(root, Group)  # noqa: S101  a parsed model's root is an object
        self.root = root
        if data is not None:
            reader = PostReader(data)
            reader.read(root)
            self.problems = reader.problems
            self.unknown_inputs = reader.unknown_inputs
            self.removed_values = reader.removed_values
        if filled is not None:
            root.fill(dict(filled))

    # -- for views ----------------------------------------------------------------------------

    def apply_action(self, action: str) -> str | None:
        """Do what a row button says. Returns the id to focus, which `focus` holds too; None for no such button."""
        focus = actions.apply_action(self.root, action)
        self.focus = focus or ""
        self._reset_errors()
        return focus

    def focus_on(self, path: str) -> None:
        """Let a field take the focus, of a group or list its first input; nothing where there is no such field."""
        for field, _ in walk(self.root):
            if field.path == path and path:
                self.focus = actions.first_input_id(field)

    def focus_first(self) -> None:
        """Let the name take the focus, else the first input of the page."""
        name = self.root.child("customerName")
        self.focus = actions.first_input_id(name or self.root)

    def focus_error(self) -> None:
        """Let the first field with an error take the focus, if there is one."""
        for field, _ in self._invalid[:1]:
            if field.path:
                self.focus = actions.first_input_id(field)

    def is_valid(self) -> bool:
        """Check required values and types; the errors are then at their fields and in `summary`."""
        validate(self.root, creating=self.creating)
        self._reset_errors()
        return not self.errors and not self.problems

    def add_findings(
        self, findings: Iterable[object], *, sent: Mapping[str, Any] | None = None
    ) -> None:
        """Put Codat's validation items (objects with itemId and message) at their fields.

        A finding without a field goes to the summary; anything of another shape is skipped. `sent` are the values
        that the findings are about, where the form may have been changed since it was filled with them: then a
        finding stays only while its field has the value that was sent.
        """
        source = self.root if sent is None else self._filled(sent)
        mapper = ErrorMapper(source)
        fields = {field.path: field for field, _ in walk(self.root)}
        for finding in findings:
            if not isinstance(finding, Mapping):
                continue
            message = _finding_text(finding.get("message"))
            about = mapper.find(finding.get("itemId"))
            if about is None or isinstance(about, ReadOnlyField):
                item_id = _finding_text(finding.get("itemId"))
                self.problems.append(f"{item_id}: {message}" if item_id else message)
                continue
            field = fields.get(about.path)
            if field is not None and merge.equal_json(field.value(), about.value()):
                field.error = f"{field.error} {message}".strip()
        self._reset_errors()

    def _filled(self, values: Mapping[str, Any]) -> Group:
        """The fields of this form after opening it with these values; items have the same keys."""
        form = Form(self.compiled.root, self.base, filled=values, creating=self.creating)
        return form.root

    def payload(self) -> dict[str, Any]:
        """What to send. For an invalid field it has the entered text."""
        value: dict[str, Any] = self.root.value()
        return value

    def payload_json(self, *, indent: int | None = None) -> str:
        """The payload as JSON text, with all digits of its numbers."""
        return to_json(self.payload(), indent=indent)

    def changes(self) -> list[Change]:
        """The old and new value of each changed field. [] where saving would change nothing."""
        return form_changes(self.root, creating=self.creating)

    def merge(self, theirs: Mapping[str, Any], data: PostData | None = None) -> merge.Merge:
        """Compare with the current record. `Merge.conflicts` is empty where no one else changed it.

        Choices are read from `data`.
        """
        return merge.merge(self.compiled.root, self.base, dict(theirs), self.payload(), data)

    def record_changes(self, record: Mapping[str, Any]) -> list[Change]:
        """What changed in the record after this form (a draft) was opened, for the model's fields."""
        return merge.record_changes(self.compiled.root, self.base, dict(record))

    @property
    def errors(self) -> dict[str, list[str]]:
        """Errors by the name of the input (`f.` and the path)."""
        return {FIELD_PREFIX + field.path: [field.error] for field, _ in self._invalid}

    @property
    def summary(self) -> list[dict[str, str]]:
        """Errors for the top of the page: {text, anchor}; anchor is the id of the field, "" for none."""
        lines = [{"text": problem, "anchor": ""} for problem in self.problems]
        for field, labels in self._invalid:
            anchor = html_id(field.path) if field.path else ""
            lines.append({"text": _summary_text(field, labels), "anchor": anchor})
        return lines

    @property
    def is_untouched(self) -> bool:
        """Whether the form has the same values as when it was opened."""
        opened = Form(self.compiled.root, self.base, creating=self.creating)
        return not self.unknown_inputs and self.payload_json() == opened.payload_json()

    @property
    def has_removed_characters(self) -> bool:
        """Whether invisible characters were removed from the entered text."""
        return any(isinstance(field, Leaf) and field.original_text for field, _ in walk(self.root))

    @cached_property
    def warnings(self) -> dict[str, str]:
        """Warnings about required values that the stored record lacks, by path. They do not block a save."""
        return warnings(self.root, creating=self.creating)

    @cached_property
    def _invalid(self) -> list[tuple[Field, Labels]]:
        return [(field, labels) for field, labels in walk(self.root) if field.error]

    def _reset_errors(self) -> None:
        for name in ("_invalid", "warnings"):
            self.__dict__.pop(name, None)

    @cached_property
    def unsent(self) -> list[UnsentValue]:
        """The values of the record that the model has no field for."""
        return unsent_values(self.root)

    # -- for the template ---------------------------------------------------------------------

    @property
    def blocks(self) -> list[Block]:
        """The fields to show, in order; see customers/forms/layout.py."""
        error_paths = [field.path for field, _ in self._invalid]
        return layout(
            self.compiled,
            self.root,
            focus=self.focus,
            error_paths=error_paths,
            warnings=self.warnings,
            creating=self.creating,
        )

    @property
    def removed_fields(self) -> list[dict[str, str]]:
        """The entered values of fields that were removed from the model, to be copied: {path, label, text}."""
        return [
            {
                "path": path,
                "label": page_text(path_label(labels_of(path))),
                "text": page_text(text),
            }
            for path, text in self.removed_values.items()
        ]

    @property
    def signed_base(self) -> str:
        """The record that the form was opened with, signed, for the hidden input `base`."""
        return signing.sign(self.base, self.purpose)

    @property
    def datalists(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """The suggestions that inputs refer to: id, and (code, name) of each."""
        return self.compiled.datalists


def copy_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a record for a new one: without IDs, dates, and empty values."""
    values = _without_empty(dict(record), drop=READ_ONLY_NAMES | {"id"})
    return values if isinstance(values, dict) else {}


def _without_empty(value: Any, drop: frozenset[str] = READ_ONLY_NAMES) -> Any:
    """A value without its empty parts; MISSING where it is empty. `drop` are properties to leave out."""
    if isinstance(value, dict):
        properties = {
            key: inner
            for key, item in value.items()
            if key not in drop and (inner := _without_empty(item)) is not MISSING
        }
        return properties or MISSING
    if isinstance(value, list):
        items = [inner for item in value if (inner := _without_empty(item)) is not MISSING]
        return items or MISSING
    return MISSING if value is None or value == "" else value


def _summary_text(field: Field, labels: Labels) -> str:
    """An error with the label of its field; where the error names the field, with the labels above it."""
    label = path_label(labels[:-1] if error_names_field(field) else labels, name_label=str)
    return f"{label}: {field.error}" if label else field.error


def _finding_text(raw: object) -> str:
    return page_text(raw)[:_MAX_FINDING_LENGTH].strip() if isinstance(raw, str) else ""
