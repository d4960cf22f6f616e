"""The kinds of event that people are told of, and the ways in which they are told."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A kind of event. The value is stored."""

    CHANGE_FAILED = "change-failed"
    CHANGE_DIFFERENT = "change-different"
    BATCH = "batch"
    IMPORT = "import"
    CONNECTION = "connection"
    ANY_CONNECTION = "any-connection"
    APPROVAL_WANTED = "approval-wanted"
    APPROVAL_DECIDED = "approval-decided"
    MENTION = "mention"
    OWNER = "owner"
    ACCESS = "access"


class Way(StrEnum):
    """How a person is told of a kind. By mail and in a digest means on the page as well."""

    OFF = "off"
    PAGE = "page"
    MAIL = "mail"
    DIGEST = "digest"


WAY_LABELS = {
    Way.OFF: "Off",
    Way.PAGE: "On the page",
    Way.MAIL: "By mail at once",
    Way.DIGEST: "In a daily digest",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is the same for every event of a kind.

    `label` is for a person's settings, `team_label` for those of a channel, "" where channels are not told.
    `is_own`: it is about the work of the person who is told, so others are told where that person is away.
    `permission`: without it a person is not offered the kind. `default` is the way of those who have chosen none.
    """

    label: str
    team_label: str = ""
    is_own: bool = False
    permission: str = "customers.read_customers"
    default: Way = Way.PAGE


_WRITE = "customers.write_customers"
FACTS = {
    Kind.CHANGE_FAILED: Facts(
        "My change was refused, timed out or is unknown",
        "A change was refused, timed out or is unknown",
        is_own=True,
        permission=_WRITE,
    ),
    Kind.CHANGE_DIFFERENT: Facts(
        "My change came back different, or was not found",
        "A change came back different, or was not found",
        is_own=True,
        permission=_WRITE,
    ),
    Kind.BATCH: Facts(
        "My batch finished, was paused or waits",
        "A batch finished, was paused or waits",
        is_own=True,
        permission=_WRITE,
    ),
    Kind.IMPORT: Facts(
        "My import needs me", "An import needs a person", is_own=True, permission=_WRITE
    ),
    Kind.CONNECTION: Facts(
        "A connection of a company that I look after broke", "A company’s connection broke"
    ),
    Kind.ANY_CONNECTION: Facts("A connection of any other company broke", default=Way.OFF),
    Kind.APPROVAL_WANTED: Facts(
        "A change waits for approval",
        "A change waits for approval",
        permission="customers.approve_changes",
    ),
    Kind.APPROVAL_DECIDED: Facts(
        "My change was approved or returned", is_own=True, permission=_WRITE
    ),
    Kind.MENTION: Facts("Somebody mentioned me in a note"),
    Kind.OWNER: Facts("Somebody made me the owner of a company, a customer or a change"),
    Kind.ACCESS: Facts("Somebody asks for access", permission="customers.manage_people"),
}
CHANNEL_KINDS = {kind: facts.team_label for kind, facts in FACTS.items() if facts.team_label}
