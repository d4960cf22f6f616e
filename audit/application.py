"""The dashboard with addresses that fail, since its pages about its own failures need one."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from codatdash.wsgi import application

__all__ = ["application"]

FAILURES: dict[int, Exception] = {
    400: SuspiciousOperation("an audit"),
    500: RuntimeError("an audit"),
    503: OperationalError("an audit"),
}


def fail(_: HttpRequest, status: int) -> HttpResponse:
    """Fail as the status says."""
    raise FAILURES[status]


# Imported here: it needs the applications, which `codatdash.wsgi` has loaded.
import_module(settings.ROOT_URLCONF).urlpatterns.append(path("audit/<int:status>/", fail))
