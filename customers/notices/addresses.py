"""Addresses of the dashboard as they stand in mail and in channels."""

from django.conf import settings


def absolute(path: str) -> str:
    """The whole address of a path of the dashboard."""
    return f"{settings.DASHBOARD_URL}{path}"
