"""Django's setting LOGGING. The settings import this module, so it imports nothing of Django."""

from typing import Any


def logging(level: str, *, is_text: bool, has_colour: bool) -> dict[str, Any]:
    """Everything from `level` on goes to standard error: as text for people, or as lines of JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "codatdash.logs.JsonFormatter"},
            "text": {"()": "codatdash.terminal_log.TextFormatter", "colour": has_colour},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "text" if is_text else "json",
                "filters": ["for_people"] if is_text and level != "DEBUG" else [],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "filters": {
            "exceptions": {"()": "codatdash.logs.ExceptionsOnly"},
            "for_people": {"()": "codatdash.terminal_log.ForPeople"},
        },
        "loggers": {
            # Without Django's own handlers, which mail and print whole requests.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"filters": ["exceptions"]},
        },
    }
