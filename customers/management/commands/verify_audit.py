"""Verify the audit: whether an entry was changed or removed since it was chained; for cron and for auditors."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.audit import chains
from customers.formatting import counted
from customers.models.audit import Chain


class Command(BaseCommand):
    """Exit code 0 where both chains are whole, 1 where one is not."""

    help = "Verify the hashes of the audit. Prints the first broken entry of each chain."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--expect`: a hash that was logged or noted earlier, which the chain must still have."""
        parser.add_argument(
            "--expect",
            action="append",
            default=[],
            metavar="CHAIN:NUMBER:HASH",
            help="such as reads:120:9f86d0…, from a line of the worker's log",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found, a line for each chain and for each expected hash."""
        results = [chains.verify(name) for name in Chain.values]
        for found in results:
            verified = counted(found.verified, "entry", "entries")
            line = f"{found.chain}: {verified} verified, {found.waiting} not chained yet"
            if found.broken is not None:
                line += f", broken at entry {found.broken}. {found.reason}"
            else:
                line += f", newest {found.number} {found.hash}".rstrip()
            self.stdout.write(line)
        differing = [text for text in options["expect"] if not _is_there(text)]
        for text in differing:
            self.stdout.write(f"expected hash not found: {text}")
        if differing or any(found.broken is not None for found in results):
            sys.exit(1)


def _is_there(expected: str) -> bool:
    """Whether the chain has this hash at this number. Raises CommandError where that is not what the text says."""
    name, _, rest = expected.partition(":")
    number, _, digest = rest.partition(":")
    if name not in Chain.values or not number.isdecimal() or not digest:
        raise CommandError("--expect takes CHAIN:NUMBER:HASH, such as reads:120:9f86d0…")
    return chains.hash_of(name, int(number)) == digest
