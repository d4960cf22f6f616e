"""1,000 deliveries of events about 300 writes, as a bad day may bring them."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from typing import Any

from sandbox import Sandbox
from tests.support.journal import pushes
from tests.support.webhooks import (
    OTHER_SECRET,
    SUCCESSFUL,
    UNSUCCESSFUL,
    Event,
    ended,
    event,
)


@dataclass
class Storm:
    """1,000 deliveries: a third are repeated, a tenth out of order, 60 forged, some about no write of the journal."""

    keys: list[str]
    known: dict[str, Any]
    chance: random.Random
    genuine: list[Event]
    late: list[Event]
    unrelated: list[Event]
    forged: list[Event]

    @property
    def authentic(self) -> list[Event]:
        return [*self.genuine, *self.late, *self.unrelated]

    def deliveries(self) -> list[Event]:
        """All of them in their order of arrival."""
        deliveries = [*self.genuine, *self.unrelated]
        self.chance.shuffle(deliveries)
        for item in [*self.forged, *self.chance.sample(self.authentic, 333)]:
            deliveries.insert(self.chance.randrange(len(deliveries)), item)
        # After the events that they contradict.
        return deliveries + self.late


def storm(sandbox: Sandbox, chance: random.Random) -> Storm:
    """The events about 300 push operations."""
    keys = [str(uuid.UUID(int=number + 1)) for number in range(300)]
    known = dict(zip(keys, pushes(sandbox), strict=True))
    name = {"Success": SUCCESSFUL, "Failed": UNSUCCESSFUL, "TimedOut": UNSUCCESSFUL}
    wins = [key for key, push in known.items() if push["status"] == "Success"]
    return Storm(
        keys,
        known,
        chance,
        genuine=[
            ended(sandbox, key, name[push["status"]], f"r{number}" if push["changes"] else None)
            for number, (key, push) in enumerate(known.items())
        ],
        late=[ended(sandbox, key, UNSUCCESSFUL) for key in wins[:100]],
        unrelated=[
            *(ended(sandbox, str(uuid.uuid4()), SUCCESSFUL, "elsewhere") for _ in range(100)),
            *(event("client.rateLimit.reached", {"dailyQuota": 1}) for _ in range(50)),
            *(event("something.new", {"id": key}) for key in keys[:57]),
        ],
        forged=[
            ended(sandbox, key, SUCCESSFUL if push["status"] != "Success" else UNSUCCESSFUL, "forged",
                  secret=OTHER_SECRET)
            for key, push in list(known.items())[:60]
        ],
    )  # fmt: skip
