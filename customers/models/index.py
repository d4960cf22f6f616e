"""The tables of the index of customers; part of `customers.models`.

The index is a help for finding and counting, and never the truth: it holds what finding needs of each customer, as
Codat's copy had it. `customers/index/` fills and asks it.
"""

from django.db import models
from django.utils import timezone

from customers.scoped import CompanyManager


class IndexedCompanyQuerySet(models.QuerySet["IndexedCompany"]):
    """What other rooms tell the index."""

    def make_due(self, *company_ids: str) -> int:
        """Have the worker read companies now, because their copies or connections may have changed; how many.

        A turn that is running meanwhile leaves them due.
        """
        now = timezone.now()
        return self.filter(company_id__in=company_ids).update(changed_at=now, due_at=now)


IndexedCompanyManager = CompanyManager.from_queryset(IndexedCompanyQuerySet)


class IndexedCompany(models.Model):
    """How far the index is with the customers of one company, read through one connection.

    A pass reads all pages of the company's customers. Rows that it has seen have its number, so that what Codat no
    longer has is known at its end. It continues at `next_page` in whichever process has the company's turn next.
    """

    class State(models.TextChoices):
        """Whether its customers are in the index. It stays complete while it is read again."""

        WAITING = "waiting", "Not read yet"
        FILLING = "filling", "Being read"
        COMPLETE = "complete", "Complete"
        NEVER_SYNCED = "never", "Never synced"
        NO_CONNECTION = "none", "No accounting connection"
        FAILED = "failed", "Could not be read"

    company_id = models.CharField(max_length=64, unique=True)
    connection_id = models.CharField(max_length=64, blank=True)
    name = models.TextField(blank=True)
    platform_name = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    customers = models.PositiveIntegerField(default=0, help_text="Rows of the index.")
    synced_at = models.DateTimeField(
        null=True, help_text="When Codat's copy was synced that the index has."
    )
    read_at = models.DateTimeField(
        null=True, help_text="When the last reading began that has ended."
    )
    filled_at = models.DateTimeField(null=True, help_text="When the last whole pass began.")
    compared_at = models.DateTimeField(
        null=True, help_text="The `read_at` of the customers that were compared for duplicates."
    )
    changed_at = models.DateTimeField(
        null=True, help_text="When something said that the copy may have changed."
    )
    due_at = models.DateTimeField(default=timezone.now, help_text="When the worker reads it next.")

    pass_number = models.PositiveIntegerField(default=0)
    next_page = models.PositiveIntegerField(
        default=0, help_text="Of the pass that is running; 0 for none."
    )
    pass_began_at = models.DateTimeField(null=True)
    last_sync = models.DateTimeField(
        null=True, help_text="When the copy was synced, as Codat said when a reading last began."
    )
    is_repeated = models.BooleanField(
        default=False, help_text="The pass before saw another number of customers than Codat has."
    )

    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    message = models.TextField(blank=True, help_text="The last error, as a sentence.")

    objects = IndexedCompanyManager()

    class Meta:
        """No one edits the index."""

        default_permissions = ()
        verbose_name_plural = "indexed companies"
        indexes = [models.Index(fields=["due_at"], name="companies_due")]

    def __str__(self) -> str:
        return f"Index of {self.name or self.company_id}: {self.get_state_display()}"


class IndexedCustomer(models.Model):
    """What finding needs of one customer. Lists are lines of a text.

    `searched` and `name_key` are normalised by `index/words.py`. Their order in the database is that of their bytes,
    on every database (migration 0017). `broken_rules` are bits of `index/rules/`.
    """

    source = models.ForeignKey(
        IndexedCompany, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    customer_id = models.TextField()
    name = models.TextField(blank=True)
    name_key = models.TextField(blank=True, help_text="The words of the name.")
    contact_names = models.TextField(blank=True)
    emails = models.TextField(blank=True)
    phones = models.TextField(blank=True, help_text="Digits, after a plus sign where it has one.")
    registration_number = models.TextField(blank=True)
    tax_number = models.TextField(blank=True)
    city = models.TextField(blank=True)
    postal_code = models.TextField(blank=True)
    country = models.TextField(blank=True)
    status = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=10, blank=True)
    is_deleted = models.BooleanField(default=False)
    modified_at = models.DateTimeField(null=True)
    source_modified_at = models.DateTimeField(null=True)
    pass_number = models.PositiveIntegerField(help_text="The pass that saw it last.")
    searched = models.TextField(help_text="All words that it is found by, between blanks.")
    written_phones = models.TextField(blank=True, help_text="As they are written, for the rules.")
    has_address = models.BooleanField(default=False)
    has_invisible = models.BooleanField(
        default=False, help_text="A value has characters that nobody sees."
    )
    broken_rules = models.IntegerField(default=0, help_text="The bits of the rules that it breaks.")
    rules_version = models.SmallIntegerField(
        default=0, help_text="Of the rules when it was checked; 0: not yet."
    )

    COMPANY = "source__company_id"

    objects = CompanyManager["IndexedCustomer"]()

    class Meta:
        """No one edits the index."""

        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["source", "customer_id"], name="indexed_once")
        ]
        indexes = [
            models.Index(fields=["name_key", "id"], name="indexed_by_name"),
            models.Index(fields=["customer_id"], name="indexed_by_id"),
            models.Index(fields=["source", "broken_rules"], name="indexed_by_broken_rules"),
            models.Index(fields=["rules_version"], name="indexed_by_rules"),
        ]

    def __str__(self) -> str:
        return f"Indexed customer {self.customer_id}"


class IndexedWord(models.Model):
    """A word of the names in the index, between blanks. A search with a typing error looks here for words like it."""

    word = models.TextField()

    class Meta:
        """No one edits the index."""

        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["word"], name="word_once")]

    def __str__(self) -> str:
        return self.word.strip()
