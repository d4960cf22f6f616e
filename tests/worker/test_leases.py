"""Leases: one holder at a time, on the database's clock, and free again after the holder's death."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from customers.models import Lease
from customers.writes import leases
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

HALF_A_MINUTE = timedelta(seconds=30)
THREADS = 20


def take(holder: str, name: str = "send:one") -> bool:
    return leases.take(name, holder=holder, lasts=HALF_A_MINUTE)


def let_time_pass(time: timedelta) -> None:
    """All leases are so much older."""
    for column in ("until", "due_at", "ran_at"):
        Lease.objects.update(**{column: F(column) - time})


@pytest.mark.parametrize("exists", [True, False], ids=["free", "new"])
def test_of_twenty_threads_one_gets_the_lease(exists: bool) -> None:
    for round_ in range(5):
        name = f"send:{round_}"
        if exists:
            take("before", name)
            leases.give_back(name, holder="before")
        taken = all_at_once([partial(take, str(number), name) for number in range(THREADS)])
        assert sum(taken) == 1
        assert Lease.objects.get(name=name).holder == str(taken.index(True))


def test_of_twenty_threads_one_gets_the_lease_of_a_dead_process() -> None:
    assert take("dead")
    let_time_pass(HALF_A_MINUTE)
    assert sum(all_at_once([partial(take, str(number)) for number in range(THREADS)])) == 1


def test_a_lease_is_free_again_once_it_has_ended_or_was_given_back() -> None:
    assert take("one")
    assert not take("two")
    let_time_pass(HALF_A_MINUTE + timedelta(seconds=1))
    assert take("two")
    leases.give_back("send:one", holder="two")
    assert take("three")


def test_a_renewed_lease_lasts_longer_and_a_lost_one_cannot_be_renewed() -> None:
    take("one")
    let_time_pass(timedelta(seconds=20))
    assert leases.renew("send:one", holder="one", lasts=HALF_A_MINUTE)
    let_time_pass(timedelta(seconds=20))
    assert not take("two")
    let_time_pass(timedelta(seconds=20))
    assert not leases.renew("send:one", holder="one", lasts=HALF_A_MINUTE)
    assert take("two")
    # What the first one says now changes nothing.
    assert not leases.renew("send:one", holder="one", lasts=HALF_A_MINUTE)
    leases.give_back("send:one", holder="one", done=7)
    lease = Lease.objects.get()
    assert (lease.holder, lease.done) == ("two", 0)


def test_a_lease_that_is_not_due_is_not_taken() -> None:
    take("one")
    leases.give_back("send:one", holder="one", due_in=timedelta(minutes=1), done=3, message="x")
    lease = Lease.objects.get()
    assert (lease.holder, lease.until, lease.done, lease.message) == ("", None, 3, "x")
    assert not take("one")
    let_time_pass(timedelta(minutes=1))
    assert take("two")


def test_names_and_messages_of_any_length_are_stored() -> None:
    name = "send:" + "x" * 500
    assert take("one", name)
    assert not take("two", name)
    leases.give_back(name, holder="one", message="y" * 5000)
    assert take("two", name)


def test_the_last_seen_worker_is_the_one_that_was_renewed_last() -> None:
    assert leases.last_seen_worker() is None
    for name, age in (("a", 300), ("b", 60)):
        leases.take(f"{leases.WORKER}{name}", holder=name, lasts=leases.ALIVE)
        Lease.objects.filter(holder=name).update(
            until=Now() + leases.ALIVE - timedelta(seconds=age)
        )
    seen = leases.last_seen_worker()
    assert seen is not None
    assert 55 < (timezone.now() - seen).total_seconds() < 65
    leases.drop(f"{leases.WORKER}b", holder="b")
    seen = leases.last_seen_worker()
    assert seen is not None
    assert (timezone.now() - seen).total_seconds() > 290
