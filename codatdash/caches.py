"""Caches whose values are JSON. Django's pickles would run code that another program has written to the cache.

A value that is not JSON reads as missing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache


class JsonSerializer:
    """The serializer of Django's Redis cache. Integers are stored as digits, so that Redis can count them."""

    def dumps(self, value: Any) -> bytes:
        """A JSON value as bytes."""
        return msgspec.json.encode(value)

    def loads(self, data: bytes) -> Any:
        """The value, None for data that is not JSON."""
        try:
            return msgspec.json.decode(data)
        except (ValueError, RecursionError):
            return None


# Files of a cache; above this number the oldest third is deleted.
MAX_FILES = 3000


class FileCache(BaseCache):
    """One file for each key in a folder of this user: a cache for several processes of one machine.

    A file contains `[time of expiry or null, value]`.
    """

    def __init__(self, folder: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._folder = Path(folder).absolute()
        self._serializer = JsonSerializer()

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The value under a key."""
        found, value = self._read(self._path(key, version))
        return value if found else default

    def set(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        """Store a value atomically: a reader gets the old one or the new one."""
        self._cull()
        written = self._written(value, timeout)
        with self._changing():
            written.replace(self._path(key, version))

    def add(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Store a value if the key does not exist; whether it was stored."""
        path = self._path(key, version)
        with self._changing():
            if self._read(path)[0]:
                return False
            self._written(value, timeout).replace(path)
        return True

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a number, which keeps its expiry. Raises ValueError where the key does not exist."""
        path = self._path(key, version)
        with self._changing():
            entry = self._entry(path)
            if entry is None:
                raise ValueError("no such key")
            expiry, value = entry
            value += delta
            left = None if expiry is None else expiry - time.time()
            self._written(value, left).replace(path)
        return int(value)

    def touch(
        self,
        key: str,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Set the expiry of a value; whether the key existed."""
        path = self._path(key, version)
        with self._changing():
            found, value = self._read(path)
            if found:
                self._written(value, timeout).replace(path)
        return found

    def delete(self, key: str, version: int | None = None) -> bool:
        """Delete a value; whether the key existed."""
        try:
            self._path(key, version).unlink()
        except FileNotFoundError:
            return False
        return True

    def clear(self) -> None:
        """Delete all values."""
        for path in self._folder.glob("*.json"):
            path.unlink(missing_ok=True)

    def _path(self, key: str, version: int | None) -> Path:
        full_key = self.make_and_validate_key(key, version=version)
        return self._folder / f"{hashlib.sha256(full_key.encode()).hexdigest()}.json"

    def _read(self, path: Path) -> tuple[bool, Any]:
        """Whether a value exists, and the value."""
        entry = self._entry(path)
        return (False, None) if entry is None else (True, entry[1])

    def _entry(self, path: Path) -> tuple[float | None, Any] | None:
        """Time of expiry and value; None where there is none or it has expired."""
        try:
            entry = self._serializer.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        match entry:
            case [None, value]:
                return None, value
            case [int() | float() as expiry, value] if expiry > time.time():
                return expiry, value
        return None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """One thread of one process at a time changes values: what it has read is still so when it writes."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / "lock").open("ab") as file:
            # Given back when the file is closed, also by the end of the process.
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _written(self, value: Any, timeout: float | None) -> Path:
        """A new file of this value, under a name of its own."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        entry = [self.get_backend_timeout(timeout), value]
        descriptor, name = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._serializer.dumps(entry))
        return Path(name)

    def _cull(self) -> None:
        """Delete the oldest files where the folder is full."""
        paths = list(self._folder.glob("*.json"))
        if len(paths) < MAX_FILES:
            return
        ages = {}
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                ages[path] = path.stat().st_mtime
        for path in sorted(ages, key=ages.__getitem__)[: max(len(ages) // 3, 1)]:
            path.unlink(missing_ok=True)
