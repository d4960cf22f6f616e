"""Stops a command with one sentence, not a traceback, where the operator has to correct something."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError


@contextmanager
def operator_errors() -> Iterator[None]:
    """Ends the process with a sentence for a wrong setting or a database that cannot be reached."""
    try:
        yield
    except ImproperlyConfigured as error:
        sys.exit(f"Not started. {error}")
    except OperationalError as error:
        # The first line only: drivers add hints, and some repeat the address with its user.
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
        sys.exit(f"The database cannot be used: {reason}. Check DATABASE_URL.")


def check_settings() -> None:
    """Load the settings; a wrong one ends the process with a sentence that names it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codatdash.settings")
    from django.conf import settings

    with operator_errors():
        settings.SECRET_KEY  # noqa: B018
