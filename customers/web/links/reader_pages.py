"""The addresses of what is the reader's own: settings, notifications, shortcuts."""

import uuid


def settings() -> str:
    """The reader's settings."""
    return "/settings/"


def notifications(query: str = "") -> str:
    """What the reader was told; `query` is its query string without "?"."""
    return f"/notifications/?{query}" if query else "/notifications/"


def notification(notice_id: uuid.UUID | str) -> str:
    """Leads to what a notification is about."""
    return f"/notifications/{notice_id}/"


def notification_settings() -> str:
    """How the reader wants to be told."""
    return "/settings/notifications/"


def channels() -> str:
    """The team's channels, for administrators."""
    return "/settings/channels/"


def shortcuts() -> str:
    """All keyboard shortcuts."""
    return "/shortcuts/"
