"""The tables of batches and of background work; part of `customers.models`."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.scoped import CompanyManager


class Lease(models.Model):
    """A turn that one process at a time has: sending to a company, a chore, or being alive as a worker.

    `worker/leases.py` takes and returns leases on the database's clock. `due_at` is when the turn is wanted next;
    empty for always. The other fields say what the last turn did, for the page of the workers.
    """

    name = models.CharField(primary_key=True, max_length=200)
    holder = models.CharField(max_length=100, blank=True, help_text="Empty while nobody has it.")
    until = models.DateTimeField(null=True, help_text="When the holder loses it.")
    due_at = models.DateTimeField(null=True)
    ran_at = models.DateTimeField(null=True, help_text="When the last turn began.")
    took_ms = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0, help_text="What the last turn did, as a number.")
    failed = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True, help_text="The last error, or what is waited for.")

    class Meta:
        """No one edits leases."""

        default_permissions = ()
        ordering = ["name"]

    def __str__(self) -> str:
        return f"Lease {self.name}"


class CompanySync(models.Model):
    """The sync of a company's customers that this dashboard asked for last: one for all changes that wait for it."""

    company_id = models.CharField(primary_key=True, max_length=64)
    refresh_id = models.CharField(max_length=64, blank=True, help_text="The pull operation.")
    asked_at = models.DateTimeField(null=True)
    progress = models.PositiveIntegerField(null=True, help_text="Percent.")
    status = models.CharField(max_length=100, blank=True)
    checks = models.PositiveIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    event_at = models.DateTimeField(
        null=True, help_text="When Codat's last event about the company arrived."
    )

    objects = CompanyManager["CompanySync"]()

    class Meta:
        """No one edits syncs."""

        default_permissions = ()

    def __str__(self) -> str:
        return f"Sync of {self.company_id}"


class Batch(models.Model):
    """Changes of many customers of one company, made of one request: who asked, for what, why, and how far it is.

    `batches/states.py` has the states and their moves.
    """

    class State(models.TextChoices):
        """Where a batch is. Waiting is no state: a running batch has `halted` and `due_at`."""

        PREPARING = "preparing", "Checking"
        READY = "ready", "Ready to start"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"
        DONE = "done", "Finished"

    class Kind(models.TextChoices):
        """Where the rows come from."""

        EDIT = "edit", "Bulk edit"
        RETRY = "retry", "Retry"
        UNDO = "undo", "Undo"
        IMPORT = "import", "Import"

    class Halt(models.TextChoices):
        """Why a running batch sends nothing at the moment."""

        NONE = "", "Not halted"
        UNAVAILABLE = "unavailable", "Codat is unavailable"
        QUOTA = "quota", "The day’s calls are used up"
        REFUSED = "refused", "Codat refuses the dashboard’s calls"
        UNKNOWN = "unknown", "An outcome is unknown"

    OPEN = (State.PREPARING, State.READY, State.RUNNING, State.PAUSED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="batches"
    )
    username = models.CharField(max_length=150)
    company_id = models.CharField(max_length=64)
    company_name = models.TextField(blank=True)
    connection_id = models.CharField(max_length=64)
    platform_name = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EDIT)
    title = models.TextField(help_text="What it does, as a sentence without a full stop.")
    note = models.TextField(blank=True, help_text="Why, in the person's words.")
    question = models.TextField(blank=True, help_text="The list's query string that was selected.")
    company_tags = models.JSONField(default=dict, help_text="The company's tags, for the rules.")
    instructions = models.JSONField(
        default=list, help_text="What shall be different; see `batches/instructions.py`."
    )
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="Of the request: the same one twice is one batch."
    )
    source = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="followers"
    )
    total = models.PositiveIntegerField(default=0)
    is_filled = models.BooleanField(default=True, help_text="Whether all its rows are stored.")

    state = models.CharField(max_length=10, choices=State, default=State.PREPARING)
    due_at = models.DateTimeField(null=True, help_text="When a halted batch continues.")
    halted = models.CharField(max_length=12, choices=Halt, blank=True)
    message = models.TextField(blank=True, help_text="Why it halted or paused, as a sentence.")
    halts = models.PositiveIntegerField(default=0, help_text="In a row, without a success between.")
    calls = models.PositiveIntegerField(default=0, help_text="Calls to Codat so far.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)

    objects = CompanyManager["Batch"]()

    class Meta:
        """Users with the permission to write customers may start batches."""

        default_permissions = ()
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["company_id", "-created_at"]),
            models.Index(fields=["user", "-created_at"]),
            models.Index(fields=["state", "created_at"]),
            models.Index(fields=["fingerprint", "created_at"]),
            # The few that a worker continues.
            models.Index(
                fields=["created_at"],
                condition=models.Q(is_filled=False),
                name="unfilled_batches",
            ),
        ]

    def __str__(self) -> str:
        return f"Batch {self.title} by {self.username}: {self.get_state_display()}"


class BatchRow(models.Model):
    """One customer of a batch: what its check found, what will be sent, and the write once it is journaled.

    `customer_id` is "" for a new customer, which only an import has. The values wait here until the batch is started:
    what nobody started is in no history. Then they are the write's.
    """

    class State(models.TextChoices):
        """What the check found. A row that can be sent has a write, whose state says the rest."""

        WAITING = "waiting", "Not checked yet"
        CHECKED = "checked", "Ready"
        UNCHANGED = "unchanged", "Unchanged"
        INVALID = "invalid", "Needs correction"
        CONFLICT = "conflict", "Changed by others"
        MISSING = "missing", "Not found"
        LEFT_OUT = "left_out", "Left out"

    NEEDS_PERSON = (State.INVALID, State.CONFLICT)

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField(help_text="From 1.")
    customer_id = models.TextField(blank=True)
    customer_name = models.TextField(blank=True)
    instructions = models.JSONField(
        default=list, help_text="Of this row alone, as an import has them."
    )
    acknowledged = models.JSONField(
        default=list, help_text="Customers of the same name that a person has confirmed."
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problems = models.JSONField(default=list, help_text="Sentences: path, label, text.")
    changes = models.JSONField(default=list, help_text="label, old, new; texts.")
    checked_at = models.DateTimeField(null=True)
    new_name = models.TextField(
        blank=True,
        help_text="The name that it gives a new or renamed customer, as `folded_name` makes it.",
    )
    payload = models.TextField(
        blank=True, help_text="The JSON text to send, until the write has it."
    )
    before = models.TextField(blank=True, help_text="The record as it was read; JSON text.")
    merged = models.JSONField(default=list, help_text="As in a write.")
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="Who gave the row values of its own, last.",
    )
    retry_of = models.ForeignKey(
        "customers.Write", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    write = models.OneToOneField(
        "customers.Write",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="batch_row",
    )

    COMPANY = "batch__company_id"

    objects = CompanyManager["BatchRow"]()

    class Meta:
        """A customer is in a batch once."""

        default_permissions = ()
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="one_row_per_position"),
            # A new customer has no ID before Codat has it.
            models.UniqueConstraint(
                fields=["batch", "customer_id"],
                condition=~models.Q(customer_id=""),
                name="one_row_per_customer",
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "state", "position"]),
            models.Index(
                fields=["batch", "new_name"], condition=~models.Q(new_name=""), name="new_names"
            ),
        ]

    def __str__(self) -> str:
        return f"Row {self.position} of {self.batch_id}: {self.get_state_display()}"

    @property
    def known_customer_id(self) -> str:
        """The customer's ID, also of one that the row's write created; "" while there is none."""
        return self.customer_id or (self.write.customer_id if self.write else "")

    @property
    def label(self) -> str:
        """The customer for people: the name, else the ID."""
        return self.customer_name or self.known_customer_id or "New customer"


class BatchStep(models.Model):
    """What a person, or the worker, did with a batch: created, started, paused, resumed, cancelled."""

    class Action(models.TextChoices):
        """The step."""

        CREATE = "create", "Created"
        START = "start", "Started"
        PAUSE = "pause", "Paused"
        RESUME = "resume", "Resumed"
        CANCEL = "cancel", "Cancelled"
        FINISH = "finish", "Finished"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    username = models.CharField(max_length=150, blank=True, help_text="Empty for the worker.")
    action = models.CharField(max_length=10, choices=Action)
    message = models.TextField(blank=True)

    COMPANY = "batch__company_id"

    objects = CompanyManager["BatchStep"]()

    class Meta:
        """Steps are only added."""

        default_permissions = ()
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.get_action_display()} by {self.username or 'the worker'}"
