"""Creates the database file with mode 0600. SQLite gives its `-wal` and `-shm` files the mode of the database."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

_PRIVATE = stat.S_IRUSR | stat.S_IWUSR


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's backend, with private files."""

    def get_new_connection(self, conn_params: Any) -> Any:
        """A connection to a file that only its owner can read. The file of an older version is made private."""
        name = str(conn_params["database"])
        if name and name != ":memory:" and not name.startswith("file:"):
            make_private(Path(name))
        return super().get_new_connection(conn_params)


def make_private(path: Path) -> None:
    """Create a file with mode 0600, or restrict it to that. A file of another user is not changed."""
    try:
        path.touch(mode=_PRIVATE, exist_ok=False)
    except FileExistsError:
        for suffix in ("", "-wal", "-shm"):
            _restrict(path.with_name(path.name + suffix))
    except OSError:
        # SQLite reports this with its own error.
        return


def _restrict(path: Path) -> None:
    try:
        status = path.stat()
        if status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) & ~_PRIVATE:
            path.chmod(_PRIVATE)
    except OSError:
        # The journal files may be deleted at any time.
        return
