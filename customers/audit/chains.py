"""The chains of the audit: numbering and hashing new entries, verifying them, and deleting old ones.

Pages insert entries without a number, so that no request waits for another. One transaction at a time numbers those
of a chain, in the order of their IDs, under a lock on the chain's row. On PostgreSQL an entry may become visible after
one with a higher ID; then it follows in the chain. A process that dies leaves the transaction undone.

What verifying finds: an entry that was changed, removed from the middle or from the newest end, or inserted. What it
cannot find by itself is that all of a chain was computed anew by somebody who may write to the database; therefore
each turn logs the newest number and hash, and `verify_audit --expect` compares with one that was logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from customers.audit.hashing import digest
from customers.models import AuditChain, AuditEntry
from customers.models.audit import Chain

log = logging.getLogger(__name__)

# Entries of one transaction.
PIECE = 200


class Broken(Exception):
    """The part of a chain that is old enough to be deleted does not verify. It is kept as it is."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying a chain found: how many entries are right, and the first that is not.

    `broken` is its number, None for none; `reason` a sentence. `number` and `hash` are those of the newest entry.
    `waiting` are not chained yet.
    """

    chain: str
    verified: int
    waiting: int
    number: int
    hash: str
    broken: int | None = None
    reason: str = ""


def has_new() -> bool:
    """Whether an entry is not chained yet."""
    return AuditEntry.everywhere.filter(number=None).exists()


def extend(should_stop: Callable[[], bool] = lambda: False) -> int:
    """Chain the new entries; how many. Any number of processes may do it at once."""
    done = 0
    for name in Chain.values:
        while not should_stop() and (taken := _extend(name)):
            done += taken
    return done


def _extend(name: str) -> int:
    """Chain the next `PIECE` entries of a chain."""
    with transaction.atomic():
        chain = _locked(name)
        waiting = AuditEntry.everywhere.filter(chain=name, number=None)
        entries = list(waiting.order_by("id")[:PIECE])
        for entry in entries:
            chain.number += 1
            entry.number, entry.previous_hash = chain.number, chain.hash
            entry.hash = chain.hash = digest(entry)
        AuditEntry.everywhere.bulk_update(entries, ["number", "previous_hash", "hash"])
        if entries:
            chain.save(update_fields=["number", "hash"])
    if entries:
        facts = {"event": "audit", "chain": name, "number": chain.number, "hash": chain.hash}
        log.info("audit %s: %d entries, %s", name, chain.number, chain.hash, extra={"facts": facts})
    return len(entries)


def verify(name: str, *, through: int | None = None) -> Verification:
    """Verify a chain from its oldest entry to its newest, or to the number `through`."""
    chain = AuditChain.objects.filter(name=name).first() or AuditChain(name=name)
    entries = AuditEntry.everywhere.filter(chain=name)
    waiting = entries.filter(number=None).count()
    rows = entries.filter(number__gt=chain.anchor_number).order_by("number")
    # Entries that are chained meanwhile are none of this verification.
    end = chain.number if through is None else through
    number, last_hash = chain.anchor_number, chain.anchor_hash

    def result(broken: int | None = None, reason: str = "") -> Verification:
        verified = number - chain.anchor_number
        return Verification(name, verified, waiting, chain.number, chain.hash, broken, reason)

    for entry in rows.filter(number__lte=end).iterator(chunk_size=1000):
        if entry.number != number + 1:
            return result(number + 1, "It is missing.")
        if entry.previous_hash != last_hash:
            return result(entry.number, "The hash of the entry before it is another one.")
        if entry.hash != digest(entry):
            return result(entry.number, "Its fields do not have its hash.")
        number, last_hash = entry.number, entry.hash
    if number != end:
        return result(number + 1, "It is missing.")
    if through is None:
        if last_hash != chain.hash:
            return result(number, "The chain’s newest hash is another one.")
        if _is_longer(name):
            return result(number + 1, "It is newer than the chain’s newest.")
    return result()


def _is_longer(name: str) -> bool:
    """Whether there is an entry after the chain's newest. In this order, one that is chained meanwhile is none."""
    last = AuditEntry.everywhere.filter(chain=name).aggregate(last=Max("number"))["last"] or 0
    newest = AuditChain.objects.filter(name=name).values_list("number", flat=True).first() or 0
    return last > newest


def hash_of(name: str, number: int) -> str:
    """The hash of an entry by its number, also of the last deleted one; "" where it is not there."""
    chain = AuditChain.objects.filter(name=name).first()
    if chain and number and chain.anchor_number == number:
        return chain.anchor_hash
    entry = AuditEntry.everywhere.filter(chain=name, number=number).first()
    return entry.hash if entry else ""


def forget_old() -> int:
    """Delete the oldest part of each chain under the retention policy; how many entries.

    The number and hash of the last deleted one stay, so that the rest still verifies. Raises `Broken`.
    """
    days = {Chain.READS: settings.AUDIT_DAYS_READS, Chain.ACTIONS: settings.AUDIT_DAYS}
    return sum(_forget(name, days[name]) for name in Chain)


def _forget(name: Chain, days: int) -> int:
    limit = timezone.now() - timedelta(days=days)
    entries = AuditEntry.everywhere.filter(chain=name)
    chained = entries.exclude(number=None).order_by("number")
    first_kept = chained.filter(at__gte=limit).first()
    newest = chained.last()
    last = (first_kept or newest).number if newest else 0
    end = (last or 0) - (1 if first_kept else 0)
    chain = AuditChain.objects.filter(name=name).first()
    if chain is None:
        return 0
    if end > chain.anchor_number:
        found = verify(name, through=end)
        if found.broken is not None:
            raise Broken(f"{name} {found.broken}: {found.reason}")
        _anchor(name, end)
    return _delete(name)


def _anchor(name: str, number: int) -> None:
    """State that entries up to a number may be deleted."""
    with transaction.atomic():
        chain = _locked(name)
        if chain.anchor_number < number:
            chain.anchor_hash = AuditEntry.everywhere.get(chain=name, number=number).hash
            chain.anchor_number, chain.anchored_at = number, timezone.now()
            chain.save(update_fields=["anchor_number", "anchor_hash", "anchored_at"])


def _delete(name: str) -> int:
    """Delete what lies before the anchor, also what a process that died has left of it."""
    anchor = AuditChain.objects.get(name=name).anchor_number
    old, done = AuditEntry.everywhere.filter(chain=name, number__lte=anchor).order_by("number"), 0
    while keys := list(old.values_list("pk", flat=True)[:PIECE]):
        done += AuditEntry.everywhere.filter(pk__in=keys).delete()[0]
    return done


def _locked(name: str) -> AuditChain:
    """The row of a chain, locked until the transaction ends."""
    AuditChain.objects.get_or_create(name=name)
    return AuditChain.objects.select_for_update().get(name=name)
