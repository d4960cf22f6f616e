"""What a problem is, and the kinds that there are. Knows no database."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from customers.formatting import counted

READ, WRITE = "customers.read_customers", "customers.write_customers"
CHANGES, CONNECTIONS, BATCHES, DASHBOARD = (
    "Changes that did not go through",
    "Connections",
    "Batches, imports and copies",
    "The dashboard itself",
)
# In the order of the page.
SECTIONS = (CHANGES, CONNECTIONS, BATCHES, DASHBOARD)
# A problem that its author has not looked at for so long has no owner: the author is away.
AWAY_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its section of the page, icon, tone, and the permission that its next action needs.

    `sees` is the permission without which a person does not see it. `is_of_changes`: it consists of changes of
    the journal. `may_be_resolved`: a person may say that these are dealt with; an unknown one is not until its outcome
    is known or decided. `is_of_companies`: one problem is of many companies.
    """

    name: str
    section: str
    icon: str
    tone: str
    acts: str = WRITE
    sees: str = READ
    is_of_changes: bool = False
    may_be_resolved: bool = False
    is_of_companies: bool = False


def _of_changes(name: str, icon: str, tone: str, *, may_be_resolved: bool = True) -> Kind:
    return Kind(name, CHANGES, icon, tone, is_of_changes=True, may_be_resolved=may_be_resolved)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _of_changes("refused", "x-circle", "bad"),
        _of_changes("not-sent", "no-symbol", "bad"),
        _of_changes("timed-out", "clock", "warn"),
        _of_changes("unknown", "question-mark-circle", "warn", may_be_resolved=False),
        _of_changes("different", "exclamation-triangle", "warn"),
        _of_changes("absent", "exclamation-triangle", "warn"),
        Kind("connection", CONNECTIONS, "link-slash", "bad", acts=READ),
        Kind("waiting-connection", CONNECTIONS, "link-slash", "warn", acts=READ),
        Kind("batch", BATCHES, "square-3-stack-3d", "info"),
        Kind("batch-failed", BATCHES, "square-3-stack-3d", "bad"),
        Kind("import", BATCHES, "arrow-up-tray", "info"),
        Kind("copies-old", BATCHES, "clock", "warn", acts=READ, is_of_companies=True),
        Kind("copies-late", BATCHES, "clock", "warn", acts=READ, is_of_companies=True),
        Kind("copies-none", BATCHES, "clock", "warn", acts=READ, is_of_companies=True),
        Kind("findings", BATCHES, "exclamation-triangle", "warn", acts=READ, is_of_companies=True),
        Kind("worker", DASHBOARD, "cpu-chip", "bad", sees=WRITE),
        Kind("webhooks", DASHBOARD, "signal-slash", "warn", sees=WRITE),
        Kind("quota", DASHBOARD, "bolt-slash", "warn", sees=WRITE),
    )
}


@dataclass(frozen=True, slots=True)
class Action:
    """The one next thing to do: a link, or where `post` is not "" a form that posts it as `action` to the problem.

    `copied` is a text that a button copies; then `url` is for browsers without scripts. Without any of these it is
    being done, and the label says so.
    """

    label: str
    url: str = ""
    post: str = ""
    copied: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody whose change or batch is part of a problem. `unseen_since`: not looked at by them since then."""

    user_id: int
    unseen_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that needs a person: one row of the page, however many events it has.

    `since` is when it began, `latest` when something of it happened last; None where that is not known. `count` is of
    how many changes, rows or companies it speaks. `swallowed` are the problems of the same company that it stands for.
    `companies` are the IDs that an action for several companies is about.
    """

    key: str
    kind: Kind
    title: str
    detail: str = ""
    company_id: str = ""
    company_name: str = ""
    since: datetime | None = None
    latest: datetime | None = None
    count: int = 1
    action: Action = Action("Show")
    authors: Sequence[Author] = ()
    swallowed: Sequence["Problem"] = ()
    companies: Sequence[str] = field(default=())

    @property
    def waiting(self) -> str:
        """What waits for this problem to end: `4 changes wait for it`; "" for nothing."""
        if not self.swallowed:
            return ""
        if all(one.kind.is_of_changes for one in self.swallowed):
            number, noun = sum(one.count for one in self.swallowed), "change"
        else:
            number, noun = len(self.swallowed), "other problem"
        return f"{counted(number, noun)} {'waits' if number == 1 else 'wait'} for it"

    def swallows(self, key: str) -> bool:
        """Whether this problem stands for the one with a key."""
        return any(one.key == key for one in self.swallowed)


def key_of(kind: str, *parts: str) -> str:
    """A stable key: a kind, and a hash of what tells this problem from others of its kind."""
    if not parts:
        return kind
    digest = hashlib.blake2b("\0".join(parts).encode(errors="replace"), digest_size=10).hexdigest()
    return f"{kind}-{digest}"
