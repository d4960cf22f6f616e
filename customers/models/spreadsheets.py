"""The tables of spreadsheets: what left the house, and imports with their rows; part of `customers.models`."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.models.batches import Batch
from customers.scoped import CompanyManager


class Export(models.Model):
    """One export: who took which customers out of the dashboard, how many, and whether the file is whole.

    The row is made before the first byte is sent. It is never deleted. It holds no customer's data but the words of a
    search in its question, which are deleted by age.
    """

    class State(models.TextChoices):
        """How it ended. One whose process died stays *running*; its page says since when nothing was written."""

        RUNNING = "running", "Running"
        COMPLETE = "complete", "Complete"
        INTERRUPTED = "interrupted", "Interrupted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(
        default=timezone.now, help_text="When rows were written last."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="exports"
    )
    username = models.CharField(max_length=150)
    company_id = models.CharField(max_length=64)
    company_name = models.TextField(blank=True)
    connection_id = models.CharField(max_length=64, blank=True)
    file_format = models.CharField(max_length=10)
    columns = models.JSONField(default=list, help_text="The keys of its columns.")
    question = models.TextField(blank=True, help_text="The list's query string.")
    is_selection = models.BooleanField(default=False, help_text="Ticked rows, not the whole list.")
    synced_at = models.DateTimeField(null=True, help_text="When Codat's copy was last synced.")
    promised = models.PositiveIntegerField(null=True, help_text="Rows that Codat announced.")
    written = models.PositiveIntegerField(default=0, help_text="Rows so far.")
    state = models.CharField(max_length=12, choices=State, default=State.RUNNING)
    message = models.TextField(
        blank=True, help_text="Why it was interrupted, or what differs from what was promised."
    )
    ended_at = models.DateTimeField(null=True)

    objects = CompanyManager["Export"]()

    class Meta:
        """Lines are only added, and updated by their own export."""

        default_permissions = ()
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["company_id", "-created_at"]),
            models.Index(fields=["user", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"Export of {self.company_name} by {self.username}"


class Import(models.Model):
    """A file that somebody uploaded to change customers: how it is read, what its columns mean, and how far it is.

    `spreadsheets/importing/states.py` has the states and their moves. After *sent* its `batch` says the rest.
    """

    class State(models.TextChoices):
        """Where an import is."""

        READING = "reading", "Reading the file"
        UNREADABLE = "unreadable", "Not readable"
        COLUMNS = "columns", "Columns to match"
        CHECKING = "checking", "Checking rows"
        CHECKED = "checked", "Checked"
        SENT = "sent", "Sent as a batch"
        CANCELLED = "cancelled", "Cancelled"

    OPEN = (State.READING, State.UNREADABLE, State.COLUMNS, State.CHECKING, State.CHECKED)
    # States in which the worker has something to do.
    WORKING = (State.READING, State.CHECKING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="imports"
    )
    username = models.CharField(max_length=150)
    company_id = models.CharField(max_length=64)
    company_name = models.TextField(blank=True)
    connection_id = models.CharField(max_length=64)
    platform_name = models.TextField(blank=True)

    file_name = models.TextField(blank=True)
    size = models.PositiveIntegerField(default=0, help_text="Bytes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    reading = models.JSONField(
        default=dict, help_text="How the file is read: a `files.reading.Reading`; {} to be guessed."
    )
    headings = models.JSONField(default=list, help_text="The texts of the heading row.")
    mapping = models.JSONField(
        default=list, help_text="For each column the key of its field, empty where it is left out."
    )
    match_by = models.TextField(blank=True, help_text="Key of the field that names a customer.")
    clear_word = models.CharField(max_length=40, default="(clear)")
    replaces_rows = models.BooleanField(
        default=False,
        help_text="Addresses and contacts that the file does not have are removed.",
    )

    state = models.CharField(max_length=10, choices=State, default=State.READING)
    # Grows with each change of reading, mapping or decision: work for an older one stores nothing.
    version = models.PositiveIntegerField(default=1)
    message = models.TextField(blank=True, help_text="Why it is not readable or waits; a sentence.")
    due_at = models.DateTimeField(null=True, help_text="When the worker tries again.")
    total = models.PositiveIntegerField(default=0, help_text="Rows below the heading.")
    done = models.PositiveIntegerField(default=0, help_text="Rows read or checked so far.")
    checked_at = models.DateTimeField(null=True)
    batch = models.OneToOneField(
        Batch, null=True, blank=True, on_delete=models.SET_NULL, related_name="source_import"
    )
    forgotten_at = models.DateTimeField(
        null=True, help_text="When the file and its rows were deleted."
    )

    objects = CompanyManager["Import"]()

    class Meta:
        """Users with the permission to write customers may import."""

        default_permissions = ()
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["company_id", "-created_at"]),
            models.Index(fields=["user", "-created_at"]),
            models.Index(fields=["state", "created_at"]),
            models.Index(fields=["digest", "created_at"]),
        ]

    def __str__(self) -> str:
        return f"Import {self.file_name} by {self.username}: {self.get_state_display()}"


class ImportFile(models.Model):
    """A piece of an uploaded file, so that any dashboard and any worker can read it."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField(help_text="From 1.")
    content = models.BinaryField()

    COMPANY = "source__company_id"

    objects = CompanyManager["ImportFile"]()

    class Meta:
        """Pieces are written once."""

        default_permissions = ()
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="one_piece_per_number")
        ]

    def __str__(self) -> str:
        return f"Piece {self.number} of {self.source_id}"


class ImportRow(models.Model):
    """One row of an uploaded file: its cells, which customer it means, and what its check found."""

    class State(models.TextChoices):
        """What the check found. NEW and CHANGED can be sent."""

        WAITING = "waiting", "Not checked yet"
        NEW = "new", "New"
        CHANGED = "changed", "Changed"
        UNCHANGED = "unchanged", "Unchanged"
        INVALID = "invalid", "Needs correction"
        QUESTION = "question", "Needs a decision"
        AMBIGUOUS = "ambiguous", "Fits several customers"
        TWICE = "twice", "Twice in the file"
        UNKNOWN_ID = "unknown_id", "Unknown ID"
        DELETED = "deleted", "Deleted customer"
        CONFLICT = "conflict", "In another import or batch"
        LEFT_OUT = "left_out", "Left out"
        BLANK = "blank", "Empty row"

    SENDABLE = (State.NEW, State.CHANGED)
    PROBLEMS = (
        State.INVALID,
        State.QUESTION,
        State.AMBIGUOUS,
        State.TWICE,
        State.UNKNOWN_ID,
        State.DELETED,
        State.CONFLICT,
    )

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField(help_text="The number of the row in the sheet, from 1.")
    cells = models.JSONField(default=list, help_text="The texts of its cells, as they were read.")
    remarks = models.JSONField(
        default=dict, help_text="What the file says of a cell beside its text, by column index."
    )
    corrections = models.JSONField(
        default=dict, help_text="Texts that a person typed instead, by column index."
    )
    decision = models.TextField(
        blank=True, help_text="`create`, `leave_out`, or `change:` and a customer's ID."
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    customer_id = models.TextField(blank=True)
    customer_name = models.TextField(blank=True)
    problems = models.JSONField(
        default=list, help_text="kind, column (index or null), text, choices; see `problems.py`."
    )
    # The kind of the first problem: problems are shown in groups of it.
    problem_kind = models.CharField(max_length=100, blank=True)
    changes = models.JSONField(default=list, help_text="label, old, new; texts.")
    instructions = models.JSONField(
        default=list, help_text="What the row changes, for the row of its batch."
    )
    acknowledged = models.JSONField(default=list, help_text="As in a row of a batch.")

    COMPANY = "source__company_id"

    objects = CompanyManager["ImportRow"]()

    class Meta:
        """A row of the sheet is there once."""

        default_permissions = ()
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["source", "position"], name="one_row_of_the_sheet")
        ]
        indexes = [
            models.Index(fields=["source", "state", "position"]),
            models.Index(fields=["source", "problem_kind", "position"]),
        ]

    def __str__(self) -> str:
        return f"Row {self.position} of {self.source_id}: {self.get_state_display()}"


class ImportStep(models.Model):
    """What a person, or the worker, did with an import. Holds no value of a customer, and stays when the rows go."""

    class Action(models.TextChoices):
        """The step."""

        UPLOAD = "upload", "Uploaded"
        REPLACE = "replace", "Corrected file uploaded"
        FILE = "file", "Read in another way"
        COLUMNS = "columns", "Columns matched"
        CHECK = "check", "Checked again"
        CORRECT = "correct", "Rows corrected"
        DECIDE = "decide", "Rows decided"
        LEAVE_OUT = "leave_out", "Rows left out"
        SEND = "send", "Sent"
        CANCEL = "cancel", "Cancelled"
        DELETE = "delete", "Deleted"

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    username = models.CharField(max_length=150, blank=True, help_text="Empty for the worker.")
    action = models.CharField(max_length=10, choices=Action)
    message = models.TextField(blank=True, help_text="Such as `17 rows: Country`.")

    COMPANY = "source__company_id"

    objects = CompanyManager["ImportStep"]()

    class Meta:
        """Steps are only added."""

        default_permissions = ()
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} by {self.username or 'the worker'}"


class ColumnMapping(models.Model):
    """What the columns of a sheet meant last, for the next sheet with the same headings; shared with colleagues."""

    company_id = models.CharField(max_length=64)
    connection_id = models.CharField(max_length=64)
    headings_digest = models.CharField(max_length=64)
    mapping = models.JSONField(default=list)
    match_by = models.TextField(blank=True)
    file_name = models.TextField(blank=True)
    username = models.CharField(max_length=150)
    used_at = models.DateTimeField(default=timezone.now)

    objects = CompanyManager["ColumnMapping"]()

    class Meta:
        """One for each set of headings and connection."""

        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["company_id", "connection_id", "headings_digest"],
                name="one_mapping_per_headings",
            )
        ]

    def __str__(self) -> str:
        return f"Mapping of {self.file_name}"
