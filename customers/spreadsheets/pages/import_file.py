"""How the file of an import is read, as its page shows it: a form, and the first rows as they are in the file."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace

from django.http import QueryDict

from customers.formatting import thousands
from customers.models import Import
from customers.spreadsheets.files import reading
from customers.spreadsheets.files.limits import MAX_HEADER_ROW, Unreadable, whole_number
from customers.spreadsheets.files.tables import (
    CSV,
    DELIMITERS,
    ENCODINGS,
    Reading,
    SheetRow,
)
from customers.spreadsheets.importing import uploading

# Rows and columns of the preview, and bytes of a file that is opened for it while somebody waits.
_ROWS, _COLUMNS, _MAX_CELL = 8, 8, 60
_MAX_BYTES = 2 * 1024 * 1024
_FORMATS = {"csv": "text", "xlsx": "Excel workbook", "ods": "OpenDocument spreadsheet"}


@dataclass(frozen=True, slots=True)
class FileForm:
    """The settings of a file. `header_row` is as it was typed; `errors` are by the name of the field."""

    reading: Reading
    header_row: str
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Import) -> "FileForm | None":
        """As the import has them; None before they are guessed."""
        with suppress(ValueError):
            made = Reading.from_json(source.reading)
            return cls(made, str(made.header_row))
        return None

    @classmethod
    def posted(cls, source: Import, post: QueryDict) -> "FileForm | None":
        """As they were posted; what is not possible is in `errors`."""
        before = cls.of(source)
        if before is None:
            return None
        made, errors = before.reading, {}
        if made.format == CSV:
            made = replace(
                made,
                encoding=_one_of(post.get("encoding", ""), ENCODINGS, made.encoding),
                delimiter=_one_of(post.get("delimiter", ""), DELIMITERS, made.delimiter),
                quote="" if post.get("quote") == "none" else '"',
            )
        else:
            made = replace(made, sheet=_one_of(post.get("sheet", ""), made.sheets, made.sheet))
        text = post.get("header_row", "").strip()
        header_row = whole_number(text, MAX_HEADER_ROW)
        if header_row is not None:
            made = replace(made, header_row=header_row)
        else:
            errors["header_row"] = (
                f"Heading row: enter a number from 1 to {thousands(MAX_HEADER_ROW)}."
            )
        return cls(made, text, errors)

    @property
    def summary(self) -> str:
        """`text, UTF-8, comma, headings in row 1`."""
        made = self.reading
        if made.format == CSV:
            parts = [ENCODINGS[made.encoding], DELIMITERS[made.delimiter].lower()]
        else:
            parts = [f"sheet “{made.sheet}”"]
        return ", ".join([_FORMATS[made.format], *parts, f"headings in row {made.header_row}"])

    @property
    def encodings(self) -> list[tuple[str, str]]:
        """The choices of a text's encoding; [] for a workbook."""
        return list(ENCODINGS.items()) if self.reading.format == CSV else []

    @property
    def delimiters(self) -> list[tuple[str, str]]:
        """The choices of what stands between cells; [] for a workbook."""
        return list(DELIMITERS.items()) if self.reading.format == CSV else []


def preview(source: Import, form: FileForm) -> list[SheetRow]:
    """The first rows of the file, those above the heading too; [] where it is large or cannot be read."""
    if source.size > _MAX_BYTES or source.forgotten_at:
        return []
    with suppress(Unreadable):
        found = reading.preview(uploading.content_of(source), form.reading, _ROWS)
        return [
            replace(row, cells=[text[:_MAX_CELL] for text in row.cells[:_COLUMNS]]) for row in found
        ]
    return []


def _one_of(text: str, allowed: Collection[str], otherwise: str) -> str:
    return text if text in allowed else otherwise
