"""Another program writes into the shared cache: no code runs, no page fails, and at worst a text is wrong."""

from __future__ import annotations

import os
import pickle
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
import redis
from pytest_django import Settings

from customers.codat import cache
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.pages.controls import fields

pytestmark = pytest.mark.django_db

NOW = time.time()


class Command:
    """A pickle that creates a file when it is read."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


def pickles(path: str) -> list[bytes]:
    """The same command in each protocol, plain and compressed as Django's file cache does it."""
    plain = [
        pickle.dumps(Command(path), protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ]
    return [*plain, plain[-1] + zlib.compress(plain[-1])]


GARBAGE = [
    b"",
    b"\x00\xff\xfe",
    b"text",
    b"NaN",
    b"1e999",
    b"-1",
    b"1" * 400,
    b"true",
    b"null",
    b"{}",
    b"[]",
    b"[null, null]",
    b'["now", "{}"]',
    b"[" * 100_000,
    b'{"read_at": 1}',
    f"[{NOW}, null]".encode(),
    f'[{NOW}, "not json"]'.encode(),
    f'[{NOW}, "{{}}"]'.encode(),
    f'[{NOW}, "[]"]'.encode(),
    f'[{NOW}, "{"[" * 5000}"]'.encode(),
    f'[{NOW}, "{{\\"id\\": 5}}"]'.encode(),
    f'[{NOW}, "{{\\"id\\": \\"x\\", \\"dataConnections\\": [1]}}"]'.encode(),
    f'[{NOW}, "{{\\"results\\": 5, \\"totalResults\\": -1}}"]'.encode(),
    f'[{NOW}, "{{\\"type\\": \\"Nonsense\\"}}"]'.encode(),
    f'[{NOW + 10**6}, "{{}}"]'.encode(),
    f"[{NOW}, true]".encode(),
    f"[{NOW}, 10, -5, {{}}]".encode(),
    f"[{NOW}, 1.5, true, null]".encode(),
    f"[1e300, {'9' * 400}, 1, 1]".encode(),
    f"{NOW + 10**9}".encode(),
]


def visit(client: RawPathClient, company: str, customer_id: str) -> dict[str, int]:
    """The pages that read the cache, and their statuses."""
    addresses = [
        links.companies(),
        links.customers(company),
        links.customer(company, customer_id),
        links.edit(company, customer_id),
        links.attachments(company, customer_id),
    ]
    return {address: client.get(address).status_code for address in addresses}


def poison(keys: redis.Redis, prefix: str, value: bytes) -> int:
    """Write a value under every key of this test; how many there are."""
    names = list(keys.scan_iter(f"{prefix}*"))
    for name in names:
        keys.set(name, value, ex=60)
    return len(names)


def sign_in(client: RawPathClient) -> int:
    answer = client.post("/accounts/login/", {"username": "editor", "password": "wrong"})
    return answer.status_code


def test_no_value_in_the_cache_fails_a_page_or_runs_code(
    sandbox: Sandbox,
    editor_client: RawPathClient,
    redis_cache: redis.Redis,
    settings: Settings,
    tmp_path: Path,
) -> None:
    company = sandbox.company("files")
    customer_id = next(iter(sandbox.state("files").copy))
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    anonymous = RawPathClient()
    expected = visit(editor_client, company, customer_id)
    assert set(expected.values()) == {200}
    assert sign_in(anonymous) == 200
    proof = tmp_path / "code-ran"
    for value in [*pickles(str(proof)), *GARBAGE]:
        assert poison(redis_cache, prefix, value) >= 6
        assert visit(editor_client, company, customer_id) == expected, value[:60]
        assert sign_in(anonymous) in (200, 429)
    posted = fields(editor_client.get(links.edit(company, customer_id)))
    poison(redis_cache, prefix, GARBAGE[-1])
    assert editor_client.post(links.edit(company, customer_id), posted).status_code == 200
    assert not proof.exists()


def test_other_kinds_of_keys_are_no_answer(
    sandbox: Sandbox, editor_client: RawPathClient, redis_cache: redis.Redis, settings: Settings
) -> None:
    """A list or a hash under a key makes Redis itself refuse."""
    company = sandbox.company("files")
    customer_id = next(iter(sandbox.state("files").copy))
    expected = visit(editor_client, company, customer_id)
    for name in list(redis_cache.scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}*")):
        redis_cache.delete(name)
        redis_cache.rpush(name, "a")
    assert visit(editor_client, company, customer_id) == expected


def test_garbage_is_no_stale_data_either(
    sandbox: Sandbox, editor_client: RawPathClient, redis_cache: redis.Redis, settings: Settings
) -> None:
    company = sandbox.company("files")
    url = links.customers(company)
    for value in GARBAGE[::2]:
        sandbox.faults.clear()
        assert editor_client.get(url).status_code == 200
        poison(redis_cache, settings.CACHES["default"]["KEY_PREFIX"], value)
        # Not JSON: an error for which stale data may be shown, and that opens no circuit.
        sandbox.faults.add("/data/customers", "json", body="<html>", count=-1)
        assert editor_client.get(url).status_code == 502
    assert cache.availability.is_usable()


def test_the_file_cache_runs_no_pickles(
    sandbox: Sandbox,
    editor_client: RawPathClient,
    settings: Settings,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "cache"
    files = {"BACKEND": "codatdash.caches.FileCache", "LOCATION": str(folder)}
    settings.CACHES = {**settings.CACHES, "default": files, "stale": files}
    company = sandbox.company("files")
    customer_id = next(iter(sandbox.state("files").copy))
    expected = visit(editor_client, company, customer_id)
    proof = tmp_path / "code-ran"
    for value in [*pickles(str(proof)), *GARBAGE[::4]]:
        paths = list(folder.iterdir())
        assert len(paths) >= 4
        for path in paths:
            path.write_bytes(value)
        assert visit(editor_client, company, customer_id) == expected
    assert not proof.exists()
