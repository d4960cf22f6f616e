"""The instructions of a batch as a form: what is chosen and typed, its inputs, and what is wrong. Knows no HTTP.

An entry is one instruction. Its inputs are named `f.<number>.<part>`, as those of a customer's form are, so the same
macros show them; `entries` has the numbers, joined by commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from customers.batches import instructions as rules
from customers.batches.instructions import (
    MAX_INSTRUCTIONS,
    Action,
    BulkField,
    BulkList,
    Instruction,
)
from customers.codat.text import page_text
from customers.forms import PostData
from customers.forms.blocks import LeafBlock, LeafState, has_lines, leaf_described_by
from customers.forms.dates import date_input
from customers.forms.model import NodeType
from customers.forms.presentation.display import CompiledModel, NodeDisplay
from customers.forms.presentation.widths import room_for

# Characters of a value. Codat's own limits are far below.
MAX_TEXT = 5_000
# Options of a field that are suggested for the value to replace.
_MAX_SUGGESTED = 500
_NUMBER = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_ACTIONS = ((Action.SET, "Set to"), (Action.REPLACE, "Replace"), (Action.CLEAR, "Clear"))
_PARTS = ("key", "action", "find", "text", "where_key", "where_text")


@dataclass(slots=True)
class Entry:
    """One instruction as it is chosen and typed. `values` are those of an added row, `errors` sentences by part."""

    number: int
    key: str = ""
    action: str = ""
    find: str = ""
    text: str = ""
    where_key: str = ""
    where_text: str = ""
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    has_focus: bool = False

    @classmethod
    def of(cls, number: int, instruction: Instruction) -> Entry:
        """The entry of an instruction."""
        entry = cls(number, action=str(instruction.action), values=dict(instruction.values))
        for part in ("key", "find", "text"):
            setattr(entry, part, getattr(instruction, part))
        # The page offers one condition, so a batch that was made by it has one at most.
        for key, text in [*instruction.where.items()][:1]:
            entry.where_key, entry.where_text = key, text
        return entry


@dataclass(frozen=True, slots=True)
class EntryView:
    """What the page shows of an entry.

    `choices` are the fields by group, `actions` what can be done with the chosen one; [] where none is chosen.
    `conditions` are the fields that a condition can be about. `inputs` are of the new value, or of an added row.
    `suggested` are the values of the field for the one to `find`.
    """

    entry: Entry
    actions: Sequence[tuple[str, str]] = ()
    find: LeafBlock | None = None
    suggested: Sequence[str] = ()
    inputs: Sequence[LeafBlock] = ()
    conditions: Sequence[tuple[str, str]] = ()
    where: LeafBlock | None = None
    is_removable: bool = True


class InstructionForm:
    """The entries of one page, for a connection's model."""

    def __init__(self, compiled: CompiledModel, entries: Iterable[Entry] = ()) -> None:
        self.compiled = compiled
        self.fields: dict[str, BulkField] = {each.key: each for each in rules.bulk_fields(compiled)}
        self.lists: dict[str, BulkList] = {each.key: each for each in rules.bulk_lists(compiled)}
        self.entries = [*entries] or [Entry(1)]

    @classmethod
    def of(cls, compiled: CompiledModel, instructions: Iterable[Instruction]) -> InstructionForm:
        """The form with instructions that were given before."""
        return cls(compiled, (Entry.of(n, one) for n, one in enumerate(instructions, 1)))

    @classmethod
    def read(cls, compiled: CompiledModel, post: PostData) -> InstructionForm:
        """The form as it was posted."""
        form = cls(compiled)
        order = (post.getlist("entries") or [""])[-1].split(",", MAX_INSTRUCTIONS)
        numbers = [int(each) for each in order if _NUMBER.fullmatch(each)]
        entries = [form._entry(n, post) for n in dict.fromkeys(numbers[:MAX_INSTRUCTIONS])]
        form.entries = entries or form.entries
        return form

    def _entry(self, number: int, post: PostData) -> Entry:
        def posted(part: str) -> str:
            return page_text((post.getlist(f"f.{number}.{part}") or [""])[-1])

        entry = Entry(number)
        for part in _PARTS:
            setattr(entry, part, posted(part))
        for known in self._row_fields(entry):
            if text := posted(f"v.{known.key}"):
                entry.values[known.key] = text
        return entry

    def _row_fields(self, entry: Entry) -> Sequence[BulkField]:
        return self.lists[entry.key].fields if entry.key in self.lists else ()

    # -- buttons, and what was entered --------------------------------------------------------------

    def apply_action(self, action: str) -> None:
        """Do what a button says: `add`, or `remove:<number>`. Any other one changes nothing."""
        verb, _, number = action.partition(":")
        if verb == "add" and len(self.entries) < MAX_INSTRUCTIONS:
            entry = Entry(max(each.number for each in self.entries) + 1, has_focus=True)
            self.entries.append(entry)
        elif verb == "remove":
            kept = [each for each in self.entries if str(each.number) != number]
            self.entries = kept or [Entry(1)]
            self.entries[-1].has_focus = True

    @property
    def order(self) -> str:
        """The numbers of the entries, as the form posts them."""
        return ",".join(str(entry.number) for entry in self.entries)

    @property
    def may_add(self) -> bool:
        """Whether another instruction can be added."""
        return len(self.entries) < MAX_INSTRUCTIONS

    @property
    def instructions(self) -> list[Instruction]:
        """What was entered, without entries for which no field was chosen."""
        return [self._instruction(each) for each in self.entries if each.key]

    def _instruction(self, entry: Entry) -> Instruction:
        """Of an entry only what its action needs: what other inputs had before says nothing."""
        if entry.key in self.lists:
            values = {key: text for key, text in entry.values.items() if text.strip()}
            return Instruction(Action.ADD, entry.key, values=values)
        action = _action(entry)
        known = self.fields.get(entry.key)
        has_where = bool(known and known.list_key and entry.where_key)
        return Instruction(
            action,
            entry.key,
            text="" if action is Action.CLEAR else entry.text,
            find=entry.find if action is Action.REPLACE else "",
            where={entry.where_key: entry.where_text} if has_where else {},
        )

    def is_valid(self) -> bool:
        """Check the entries; the errors are then at their parts and in `summary`."""
        for entry in self.entries:
            entry.errors = self._errors(entry) if entry.key else {}
        if not self.instructions:
            self.entries[0].errors = {"key": "Choose what to change."}
        return not any(entry.errors for entry in self.entries)

    def _errors(self, entry: Entry) -> dict[str, str]:
        instruction = self._instruction(entry)
        texts = {"find": instruction.find, "text": instruction.text, **instruction.values}
        texts["where_text"] = entry.where_text if instruction.where else ""
        found = {
            part: "Enter at most 5,000 characters."
            for part, text in texts.items()
            if len(text) > MAX_TEXT
        }
        known = self.fields.get(entry.key)
        if instruction.action is Action.CLEAR and known and self._is_always_required(known):
            found["action"] = f"{known.label} is required, so it cannot be cleared."
        return rules.errors(instruction, self.fields) | found

    def _is_always_required(self, known: BulkField) -> bool:
        return self.compiled.displays[known.node].required == "always"

    @property
    def summary(self) -> list[dict[str, str]]:
        """Errors for the top of the page: {text, anchor}; anchor is the id of the input."""
        lines = []
        for entry in self.entries:
            for part, sentence in entry.errors.items():
                label = self._label(entry, part)
                path = part if part in _PARTS else f"v.{part}"
                lines.append(
                    {
                        "text": f"{label}: {sentence}" if label else sentence,
                        "anchor": f"f-{entry.number}.{path}",
                    }
                )
        return lines

    def _label(self, entry: Entry, part: str) -> str:
        known = self.fields.get(entry.key if part in _PARTS else part)
        if known is None or (part == "action" and entry.errors[part].startswith(known.label)):
            return ""
        return known.label

    # -- for the template ---------------------------------------------------------------------------

    @property
    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The fields that can be chosen: (group, [(key, label)]). A list's own group begins with a new row of it."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for known in self.fields.values():
            group = groups.setdefault(known.group or "Customer", [])
            added = self.lists.get(known.list_key)
            if added and added.label == known.group and not group:
                group.append((added.key, f"Add {_an(added.noun)}"))
            group.append((known.key, known.label))
        listed = {key for group in groups.values() for key, _ in group}
        for added in self.lists.values():
            if added.key not in listed:
                groups.setdefault(added.label, []).append((added.key, f"Add {_an(added.noun)}"))
        return list(groups.items())

    @property
    def datalists(self) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        """The suggestions that inputs refer to: id, and (code, name) of each."""
        return self.compiled.datalists

    @property
    def views(self) -> list[EntryView]:
        """What the page shows of each entry."""
        is_removable = len(self.entries) > 1
        return [
            replace(self._view(entry), is_removable=is_removable or bool(entry.key))
            for entry in self.entries
        ]

    def _view(self, entry: Entry) -> EntryView:
        if entry.key in self.lists:
            blocks = [
                self._block(entry, f"v.{each.key}", each, _row_label(each, entry.key, self.lists))
                for each in self._row_fields(entry)
            ]
            return EntryView(entry, inputs=blocks)
        known = self.fields.get(entry.key)
        if known is None:
            return EntryView(entry)
        action = _action(entry)
        conditions = self._conditions(known)
        where = self.fields.get(entry.where_key) if conditions else None
        if where is not None and where.list_key != known.list_key:
            where = None
        is_replacing = action is Action.REPLACE
        return EntryView(
            entry,
            actions=[(str(value), label) for value, label in _ACTIONS],
            find=self._find_block(entry, known) if is_replacing else None,
            suggested=[label for _, label in known.options][:_MAX_SUGGESTED],
            inputs=[self._value_block(entry, known)] if action is not Action.CLEAR else [],
            conditions=conditions,
            where=self._where_block(entry, where) if where else None,
        )

    def _conditions(self, known: BulkField) -> list[tuple[str, str]]:
        """The conditions for the rows of a field's list: (key, label), first that for all of them; [] for no list."""
        if not known.list_key:
            return []
        others = [
            (each.key, f"Where {_row_label(each, known.list_key, self.lists)} is")
            for each in self.fields.values()
            if each.list_key == known.list_key and each.key != known.list_key
        ]
        noun = self.lists[known.list_key].noun if known.list_key in self.lists else "row"
        return [("", f"In every {noun}"), *others] if others else []

    def _value_block(self, entry: Entry, known: BulkField) -> LeafBlock:
        label = "With" if _action(entry) is Action.REPLACE else "New value"
        return self._block(entry, "text", known, label)

    def _where_block(self, entry: Entry, where: BulkField) -> LeafBlock:
        return self._block(entry, "where_text", where, where.label, has_help=False)

    def _find_block(self, entry: Entry, known: BulkField) -> LeafBlock:
        """What is stored may be none of the options, so any text can be entered; options are suggested."""
        block = self._block(entry, "find", known, "Where it is", has_help=False)
        if not known.options or known.node.type is NodeType.BOOLEAN:
            return block
        suggestions = f"known-{entry.number}"
        display = replace(block.display, options=(), suggestions=suggestions, has_attributes=True)
        return block._replace(display=display, options=(), width="m")

    def _block(
        self, entry: Entry, part: str, known: BulkField, label: str, *, has_help: bool = True
    ) -> LeafBlock:
        display = self.compiled.displays[known.node]
        if not has_help:
            display = _without_help(display)
        name = part.removeprefix("v.")
        text = getattr(entry, part) if part in _PARTS else entry.values.get(name, "")
        error = entry.errors.get(name, "")
        state = LeafState(error=error) if error else None
        path = f"{entry.number}.{part}"
        is_long = not display.options and len(text) > display.room
        return LeafBlock(
            path,
            label,
            text,
            room_for(len(text)) if is_long else display.width,
            has_lines(display, text),
            "",
            leaf_described_by(path, display, state),
            date_input(text) if display.is_date else None,
            display,
            display.options,
            state,
        )


def _action(entry: Entry) -> Action:
    """What is done to the field of an entry: it is set where nothing was chosen."""
    known = {str(action): action for action, _ in _ACTIONS}
    return known.get(entry.action, Action.SET)


def _row_label(known: BulkField, list_key: str, lists: dict[str, BulkList]) -> str:
    """A field's label within a row: of a list in it with that one's name, "Phone: Number"."""
    outer = lists[list_key].label if list_key in lists else ""
    inner = known.group.removeprefix(outer).removeprefix(", ")
    return f"{inner}: {known.label}" if inner else known.label


def _an(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _without_help(display: NodeDisplay) -> NodeDisplay:
    """The display of an input for a value that is stored: limits and help are about new ones."""
    return replace(
        display, help=(), short_limit="", min_length=None, max_length=None, is_noted=False
    )
