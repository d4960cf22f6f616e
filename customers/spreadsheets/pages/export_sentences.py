"""An export of the journal in words."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from customers.batches.pages.question import Question, question_of
from customers.formatting import thousands
from customers.models import Export
from customers.spreadsheets.exporting.journal import is_silent
from customers.spreadsheets.exporting.options import FORMAT_LABELS, Format
from customers.web import links

_TONES = {Export.State.RUNNING: "info", Export.State.COMPLETE: "", Export.State.INTERRUPTED: "bad"}
_NOT_FINISHED = "Not finished"


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says of an export."""

    heading: str
    sentences: tuple[str, ...] = ()
    tone: str = "info"


STARTING = Said("Asking Codat for the first customers")
NOT_STARTED = Said("The export did not start", ("Press the button again.",), "warn")


def state_of(export: Export) -> tuple[str, str]:
    """The label and the tone of an export's state."""
    if is_silent(export):
        return _NOT_FINISHED, "warn"
    return export.get_state_display(), _TONES[Export.State(export.state)]


def what_of(export: Export, reader: User) -> tuple[str, Question | None]:
    """Which customers were exported, and the list they are from, where they were not ticked.

    A search over all companies may be for a customer of one that the reader does not see, so the words are for who
    searched alone.
    """
    if export.is_selection:
        return f"{thousands(export.promised or 0)} selected", None
    if export.question.startswith(links.search()) and export.user_id != reader.pk:
        return "Search of all companies", None
    question = question_of(export)
    if question is None:
        # The words of an old search were deleted.
        return "Found by a search", None
    return question.text[:1].upper() + question.text[1:], question


def format_of(export: Export) -> str:
    """The label of an export's format."""
    known = {each.value: label for each, label in FORMAT_LABELS.items()}
    return known.get(Format(export.file_format).value, export.file_format)


def said_of(export: Export) -> Said:
    """How far an export is, in sentences."""
    rows = f"{thousands(export.written)} of {_customers(export.promised or 0)}"
    were = "was" if export.written == 1 else "were"
    if is_silent(export):
        sentence = f"{rows} {were} written, then nothing more. The dashboard may have been stopped."
        return Said(_NOT_FINISHED, (sentence, "Export again for a whole file."), "warn")
    if export.state == Export.State.RUNNING:
        return Said("Exporting", (f"{rows} written.",))
    if export.state == Export.State.COMPLETE:
        remarks = (export.message,) if export.message else ()
        return Said(
            f"Exported {_customers(export.written)}", remarks, "warn" if remarks else "good"
        )
    reasons = (export.message, f"{rows} {were} written. Do not use the file, if there is one.")
    return Said("The export was interrupted", reasons, "bad")


def _customers(number: int) -> str:
    return f"{thousands(number)} customer{'' if number == 1 else 's'}"
