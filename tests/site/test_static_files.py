"""Static files as a build leaves them: hashed, compressed, and kept by the browser for good."""

from __future__ import annotations

from pathlib import Path

import brotli
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from pytest_django import Settings

from codatdash import settings as configured
from tests.conftest import RawPathClient


def test_they_are_hashed_compressed_and_immutable(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = configured.STORAGES  # as in production, not as the other tests have it
    call_command("collectstatic", "--noinput", verbosity=0)
    source = (settings.BASE_DIR / "static" / "app.css").read_bytes()
    address = staticfiles_storage.url("app.css")
    assert address != "/static/app.css"

    answer = RawPathClient().get(address, headers={"Accept-Encoding": "gzip, br"})
    body = b"".join(answer)
    assert answer["Content-Encoding"] == "br"
    assert brotli.decompress(body) == source
    assert len(body) < len(source) / 2
    assert "immutable" in answer["Cache-Control"]
