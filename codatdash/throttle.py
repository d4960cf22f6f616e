"""Slows password guesses, through the shared cache, before a password hash is computed.

Guesses are counted for the name and address together, for the name alone and for the address alone. The first few
are free; after that each guess has to wait twice as long as the one before. No attacker can lock out a user:

- Guesses from a browser that has signed in to the account before, which has a signed cookie, are counted separately.
- Waits for a name alone, or for an address alone, are short: a colleague behind the same proxy, or the owner of a
  name that is being guessed from another address, waits a minute at most.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import BaseCache, caches
from django.http import HttpRequest

from customers.codat import cache as shared_cache

# Seconds for which guesses are counted.
WINDOW = 3600
# Password hashes computed at the same time, so that signing in leaves a core for other requests.
MAX_HASHES = max((os.cpu_count() or 2) // 2, 1)
# Seconds that a sign-in waits for a slot.
HASH_TIMEOUT = 10.0

_hashes = threading.BoundedSemaphore(MAX_HASHES)


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` guesses without a wait; then waits that double up to `longest` seconds."""

    free: int
    longest: int

    def wait(self, count: int) -> int:
        """Seconds to wait after so many guesses."""
        return min(2 ** min(count - self.free, 30), self.longest) if count > self.free else 0


FOR_ONE = Limit(free=5, longest=900)
FOR_NAME = Limit(free=20, longest=60)
FOR_ADDRESS = Limit(free=60, longest=60)
# Six digits are few, and whoever guesses them from many addresses has the password already. The owner's known browser
# is counted apart.
FOR_CODE_OF_NAME = Limit(free=10, longest=900)


@dataclass(frozen=True, slots=True)
class Guess:
    """A password for `name` from `address`. `browser` identifies a browser that has signed in as `name` before.

    `what` is what is guessed: kinds are counted apart.
    """

    name: str
    address: str
    browser: str = ""
    what: str = "password"

    def limits(self) -> dict[str, Limit]:
        """The counters that this guess counts for, by their keys in the cache."""
        name, network = self.name.casefold(), _network(self.address)
        if self.browser:
            return {_key(self.what, "browser", name, self.browser): FOR_ONE}
        return {
            _key(self.what, "one", name, network): FOR_ONE,
            _key(self.what, "name", name): FOR_CODE_OF_NAME if self.what == "code" else FOR_NAME,
            _key(self.what, "address", network): FOR_ADDRESS,
        }


def count(guess: Guess) -> int:
    """Count a guess before it is checked. Returns the seconds that it has to wait, 0 where it may be checked."""
    return _with_cache(lambda cache: _count(cache, guess))


def forget(guess: Guess) -> None:
    """Reset the count for this name and address (or browser), after the correct password.

    For the name alone and the address alone this attempt is not counted, so that people who sign in often never wait.
    """
    own = [key for key, limit in guess.limits().items() if limit is FOR_ONE]
    shared = [key for key, limit in guess.limits().items() if limit is not FOR_ONE]

    def delete(cache: BaseCache) -> int:
        cache.delete_many([*own, *map(_until, own)])
        for key in shared:
            # ValueError: it has expired since.
            with suppress(ValueError):
                cache.decr(key)
        return 0

    _with_cache(delete)


@contextmanager
def hashing() -> Iterator[bool]:
    """A slot for computing a password hash; False where none became free in time."""
    acquired = _hashes.acquire(timeout=HASH_TIMEOUT)
    try:
        yield acquired
    finally:
        if acquired:
            _hashes.release()


def client_address(request: HttpRequest) -> str:
    """The address of the client, behind as many proxies as the settings state.

    Each proxy appends the address of its client to `X-Forwarded-For`; entries before those may be forged.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.PROXY_COUNT:
        return peer
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    return hops[-settings.PROXY_COUNT] if len(hops) >= settings.PROXY_COUNT else peer


def _count(cache: BaseCache, guess: Guess) -> int:
    limits, now = guess.limits(), time.time()
    waits = cache.get_many([_until(key) for key in limits])
    left = max((_wait(until, now) for until in waits.values()), default=0.0)
    if left > 0:
        return int(left) + 1
    for key, limit in limits.items():
        cache.add(key, 0, WINDOW)
        try:
            guesses = int(cache.incr(key))
        except ValueError:
            # It has expired since.
            continue
        wait = limit.wait(guesses)
        # Of several concurrent guesses beyond the free ones, one is checked.
        if wait and not cache.add(_until(key), now + wait, wait):
            return wait
    return 0


def _wait(until: object, now: float) -> float:
    """Seconds until a time from the cache; 0 for a value that is not a plausible time."""
    wait = until - now if shared_cache.is_number(until) else 0.0
    return wait if 0 < wait <= FOR_ONE.longest else 0.0


def _with_cache(use: Callable[[BaseCache], int]) -> int:
    """Use the shared cache, or this process's own while the shared one is unavailable."""
    result = shared_cache.attempt(lambda: use(caches["default"]), None)
    return use(caches["process"]) if result is None else result


def _network(address: str) -> str:
    """What an address is counted as: one of IPv6 as its /64, in which a client may take a new one for each guess."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return address
    # An IPv4 address in the form of IPv6 is that of one client.
    return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False))


def _key(*parts: str) -> str:
    """A cache key that shows neither name nor address."""
    return "guesses-" + hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _until(key: str) -> str:
    return f"{key}-until"
