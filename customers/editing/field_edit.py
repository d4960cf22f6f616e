"""Editing one field where it is shown: a form of the whole customer, of which a browser sees and posts one input.

The save is the very one of the form (`editing.save`), so it is merged, guarded and journaled alike. Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.http import QueryDict

from customers.editing import opening
from customers.editing.edit import Edit, Target
from customers.forms import MISSING, Form
from customers.forms.blocks import Block, GroupBlock, ItemBlock, LeafBlock, ListBlock
from customers.forms.bound import Leaf, walk
from customers.forms.paths import (
    FIELD_PREFIX,
    KEEP_INVISIBLE_PREFIX,
    ORIGINAL_PREFIX,
    html_id,
    labels_of,
)
from customers.service import CustomerService
from customers.web.record_field import RecordField, record_field

# What else of a post belongs to the save of one field.
_SAVE_FIELDS = ("base", "submission", "retry_of", "same_name")


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One field of an edit. `path` is that of a leaf of its form."""

    edit: Edit
    path: str

    @property
    def form(self) -> Form:
        """The form that the field is part of."""
        return self.edit.form

    @property
    def leaf(self) -> Leaf:
        """The field."""
        leaf = find_leaf(self.form, self.path)
        assert leaf is not None  # noqa: S101  `open_field` and `read_field` looked for it
        return leaf

    @property
    def block(self) -> LeafBlock:
        """What the template shows of the field; it takes the focus."""
        self.form.focus_on(self.path)
        return next(block for block in _leaf_blocks(self.form.blocks) if block.path == self.path)

    @property
    def other_problems(self) -> list[str]:
        """The problems of the form that are not about this field."""
        anchor = html_id(self.path)
        return [line["text"] for line in self.form.summary if line["anchor"] != anchor]

    @property
    def datalists(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """The suggestions that the input refers to: id, and (code, name) of each."""
        wanted = self.block.display.suggestions
        return [entry for entry in self.form.datalists if entry[0] == wanted]

    def shown(self) -> RecordField:
        """The field with its value, as the customer's page shows it."""
        leaf = self.leaf
        value = leaf.value()
        return record_field(
            labels_of(self.path),
            self.path,
            self.block.label,
            None if value is MISSING else value,
            is_editable=True,
        )

    def of(self, edit: Edit) -> FieldEdit:
        """The same field of another edit."""
        return replace(self, edit=edit)


def find_leaf(form: Form, path: str) -> Leaf | None:
    """The field of a form that has this path and one input; None where there is none."""
    for field, _ in walk(form.root):
        if field.path == path:
            return field if isinstance(field, Leaf) else None
    return None


def open_field(target: Target, path: str, service: CustomerService) -> FieldEdit | None:
    """The field, opened on the record; None where the model has no input for it. Raises CodatError."""
    return _field_edit(opening.open_record(target, service), path)


def read_field(target: Target, path: str, post: QueryDict) -> FieldEdit | None:
    """The field as a browser posted it: the record as it was opened with that one change. Raises FormTampered."""
    return _field_edit(opening.read_post(target, only(path, post)), path)


def rebuild_field(
    target: Target, path: str, post: QueryDict, service: CustomerService
) -> FieldEdit | None:
    """What was typed over the record as it is now; the record that it was opened with cannot be read."""
    edit = opening.rebuild(target, only(path, post), target.read(service))
    return _field_edit(edit, path)


def only(path: str, post: QueryDict) -> QueryDict:
    """A post with what belongs to one field and its save, whatever else it holds."""
    names = {prefix + path for prefix in (FIELD_PREFIX, ORIGINAL_PREFIX, KEEP_INVISIBLE_PREFIX)}
    names.update(_SAVE_FIELDS)
    kept = QueryDict(mutable=True)
    for name in names & set(post):
        kept.setlist(name, post.getlist(name))
    return kept


def _field_edit(edit: Edit, path: str) -> FieldEdit | None:
    return FieldEdit(edit, path) if find_leaf(edit.form, path) else None


def _leaf_blocks(blocks: Iterable[Block]) -> Iterator[LeafBlock]:
    for block in blocks:
        if isinstance(block, LeafBlock):
            yield block
        elif isinstance(block, GroupBlock):
            yield from _leaf_blocks(block.blocks)
        elif isinstance(block, ListBlock):
            for row in block.rows:
                if isinstance(row, ItemBlock):
                    yield from _leaf_blocks(row.blocks)
