"""Addresses of the dashboard as they stand in mail, in channels and in files."""

from django.conf import settings
from django.http import HttpRequest


def absolute(path: str, request: HttpRequest | None = None) -> str:
    """The whole address of a path of the dashboard: under DASHBOARD_URL.

    A request can name another host, so its own is used only where that setting is empty.
    """
    if request is not None and not settings.HAS_DASHBOARD_URL:
        return request.build_absolute_uri(path)
    return f"{settings.DASHBOARD_URL}{path}"
