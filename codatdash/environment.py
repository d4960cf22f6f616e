"""Reads settings from the environment and `.env`, and checks each one: a wrong value stops the start with a sentence.

Every reader raises `ImproperlyConfigured` with one sentence that names the setting, says what is wrong with it and what
is expected. No sentence quotes a secret.
"""

from __future__ import annotations

import base64
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from customers import localisation

# What django-environ reads; it silently ignores any other line, such as one with blanks around the `=`.
_ENV_LINE = re.compile(r"(export )?[A-Za-z_0-9]+=.*|\s*(#.*)?")
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")
# Printable ASCII: what a header can carry. Typographic quotes come from word processors and chat programs.
_HEADER_SAFE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
# A host name, an address, or a name with a leading dot for all its subdomains; `*` for any.
_HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")


def load(path: Path) -> None:
    """Read a `.env` file into the environment, without overriding existing variables.

    A byte order mark, which some editors write, is skipped. An unreadable file stops the start.
    """
    if not path.is_file():
        return
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from None
    for position, line in enumerate(lines, start=1):
        if not _ENV_LINE.fullmatch(line):
            raise ImproperlyConfigured(f"{path.name}, line {position} is not NAME=value.")
    environ.Env.read_env(path, encoding="utf-8-sig")


def text(name: str, default: str = "") -> str:
    """The value without surrounding blanks. No character, not even `$`, has a special meaning."""
    return os.environ.get(name, "").strip() or default


def secret(name: str, why: str) -> str:
    """A value that has no default."""
    value = text(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set: {why}. Set it in the environment or in .env."
        )
    return value


def header(name: str) -> str:
    """A value that is sent in an HTTP header: printable ASCII."""
    value = text(name)
    if value and not _HEADER_SAFE.fullmatch(value):
        raise ImproperlyConfigured(
            f"{name} contains a character that cannot be sent, such as a typographic quote. Copy it again."
        )
    return value


def webhook_secret(name: str) -> str:
    """The secret of a Standard Webhooks endpoint: `whsec_` and Base64; "" where none is set."""
    value = header(name)
    try:
        base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is not a webhook secret: `whsec_` followed by letters, digits, + and /. Copy it again."
        ) from None
    return value


def whole(name: str, default: int, *, minimum: int, maximum: int) -> int:
    """A whole number within bounds."""
    value = text(name)
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", value) or not minimum <= int(value) <= maximum:
        raise ImproperlyConfigured(
            f"{name} is “{value}”. It must be a whole number from {minimum} to {maximum}."
        )
    return int(value)


def number(name: str, default: float, *, minimum: float, maximum: float) -> float:
    """A number within bounds."""
    value = text(name)
    if not value:
        return default
    if (
        not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value)
        or not minimum <= float(value) <= maximum
    ):
        raise ImproperlyConfigured(
            f"{name} is “{value}”. It must be a number from {minimum:g} to {maximum:g}."
        )
    return float(value)


def flag(name: str, *, default: bool) -> bool:
    """True or false."""
    value = text(name).lower()
    if not value:
        return default
    if value not in _TRUE + _FALSE:
        raise ImproperlyConfigured(f"{name} is “{value}”. It must be true or false.")
    return value in _TRUE


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of some words; case does not matter."""
    value = text(name, default).upper()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is “{value}”. It must be one of {', '.join(choices)}.")
    return value


def time_zone(name: str, default: str) -> str:
    """The name of a time zone."""
    value = text(name, default)
    if not localisation.is_time_zone(value):
        raise ImproperlyConfigured(
            f"{name} is “{value}”. It must be a name of the tz database, such as Europe/Berlin."
        )
    return value


def locale(name: str, default: str) -> str:
    """The name of a locale that readers may choose, too."""
    value = text(name, default)
    if not localisation.is_locale(value):
        raise ImproperlyConfigured(
            f"{name} is “{value}”. It must be one of {', '.join(localisation.LOCALES)}."
        )
    return value


def words(name: str) -> list[str]:
    """Words or names, separated by commas; blanks around them are ignored."""
    return _listed(name)


def hosts(name: str, default: list[str]) -> list[str]:
    """Host names, separated by commas; blanks around them are ignored."""
    values = _listed(name)
    for value in values:
        if not _HOST.fullmatch(value):
            raise ImproperlyConfigured(
                f"{name} contains “{value}”. It must be host names, separated by commas."
            )
    return values or default


def origins(name: str) -> list[str]:
    """Origins such as `https://dashboard.example.com`, separated by commas."""
    values = _listed(name)
    for value in values:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
            raise ImproperlyConfigured(
                f"{name} contains “{value}”. It must be origins such as"
                " https://dashboard.example.com, separated by commas."
            )
    return [value.rstrip("/") for value in values]


def contacts(name: str) -> list[str]:
    """Addresses at which people are reached, separated by commas: `mailto:`, `https:` or `tel:`."""
    values = _listed(name)
    for value in values:
        scheme, _, rest = value.partition(":")
        if scheme not in ("mailto", "https", "tel") or not rest or not _HEADER_SAFE.fullmatch(rest):
            raise ImproperlyConfigured(
                f"{name} contains “{value}”. It must be addresses such as mailto:security@example.com"
                " or https://example.com/report, separated by commas."
            )
    return values


def http_url(name: str, default: str = "", *, schemes: tuple[str, ...] = ("http", "https")) -> str:
    """A web address without a trailing slash; "" where none is set."""
    value = text(name, default).rstrip("/")
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        valid = (
            parts.scheme in schemes
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        valid = False
    if not valid:
        raise ImproperlyConfigured(f"{name} must be an {' or '.join(schemes)} address.")
    return value


def issuer(name: str) -> str:
    """The address of an OpenID provider; http on this machine only. "" where none is set."""
    value = http_url(name)
    parts = urlsplit(value)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ImproperlyConfigured(f"{name} must be https: otherwise anybody could sign in.")
    return value


def pairs(name: str, choices: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs such as `staff=Viewer`, separated by commas: a text and one of the choices."""
    found = []
    for value in _listed(name):
        key, _, choice = (part.strip() for part in value.rpartition("="))
        if not key or choice not in choices:
            raise ImproperlyConfigured(
                f"{name} contains “{value}”. It must be pairs such as staff={choices[0]}, separated by"
                f" commas; the second is one of {', '.join(choices)}."
            )
        found.append((key, choice))
    return found


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings of the database that a URL names. The URL may hold a password and is never quoted."""
    return _url(name, default, environ.Env.db_url_config, ("sqlite", "postgres", "postgresql"))


def cache(name: str, default: str) -> dict[str, Any]:
    """Django's settings of the cache that a URL names. Shared values are JSON, never pickles."""
    parsed = _url(
        name,
        default,
        environ.Env.cache_url_config,
        ("locmemcache", "rediscache", "rediss", "redis", "filecache", "dummycache"),
    )
    # `?key_prefix=...`: Django's settings have names in upper case only.
    config = {setting.upper(): value for setting, value in parsed.items()}
    if config["BACKEND"].endswith("RedisCache"):
        # Seconds. Pages work without a cache, so the time-out is short.
        waits = {"socket_connect_timeout": 1, "socket_timeout": 1}
        serializer = {"serializer": "codatdash.caches.JsonSerializer"}
        config["OPTIONS"] = config.get("OPTIONS", {}) | waits | serializer
    elif config["BACKEND"].endswith("FileBasedCache"):
        config["BACKEND"] = "codatdash.caches.FileCache"
    return config


def mail(name: str) -> dict[str, Any]:
    """Django's settings of the server that sends mail, by the names of Django's settings; {} where none is named."""
    if not text(name):
        return {}
    parsed = _url(
        name, "", environ.Env.email_url_config, ("smtp", "smtps", "smtp+tls", "consolemail")
    )
    names = ("BACKEND", "HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    found = {f"EMAIL_{each}": parsed.get(f"EMAIL_{each}") for each in names}
    return {setting: value for setting, value in found.items() if value}


def _url(name: str, default: str, parse: Any, schemes: tuple[str, ...]) -> dict[str, Any]:
    value = text(name, default)
    scheme = value.partition("://")[0]
    try:
        if scheme not in schemes:
            raise ValueError(scheme)
        parsed: dict[str, Any] = parse(value)
    except (ValueError, TypeError, KeyError, ImproperlyConfigured):
        raise ImproperlyConfigured(
            f"{name} is not an address that begins with {'://, '.join(schemes)}://. See .env.example."
        ) from None
    return parsed


def _listed(name: str) -> list[str]:
    return [value for part in text(name).split(",") if (value := part.strip())]
