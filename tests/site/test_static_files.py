"""Static files of a build: hashed, compressed, and cached by the browser without limit."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from urllib.parse import urljoin

import brotli
import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from pytest_django import Settings

from codatdash import settings as configured
from tests.conftest import RawPathClient

IMPORT = re.compile(r"""\bfrom\s*["']([^"']+)["']""")


@pytest.fixture
def collected(settings: Settings, tmp_path: Path) -> Path:
    """The static files as `collectstatic` stores them for production."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = configured.STORAGES  # as in production, not as the other tests have it
    call_command("collectstatic", "--noinput", verbosity=0)
    return tmp_path


def test_they_are_hashed_compressed_and_immutable(settings: Settings, collected: Path) -> None:
    source = (settings.BASE_DIR / "static" / "components.css").read_bytes()
    address = staticfiles_storage.url("components.css")
    assert address != "/static/components.css"

    answer = RawPathClient().get(address, headers={"Accept-Encoding": "gzip, br"})
    body = b"".join(answer)
    assert answer["Content-Encoding"] == "br"
    assert brotli.decompress(body) == source
    assert len(body) < len(source) / 2
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.usefixtures("collected")
def test_modules_import_each_other_under_hashed_names() -> None:
    client = RawPathClient()
    addresses, loaded = [staticfiles_storage.url("form/main.js")], dict[str, str]()
    while addresses:
        address = addresses.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer["Cache-Control"], address
        assert answer["Content-Type"].startswith("text/javascript")
        loaded[address] = b"".join(answer).decode()
        imports = [urljoin(address, name) for name in IMPORT.findall(loaded[address])]
        addresses += [name for name in imports if name not in loaded]
    names = {re.sub(r"\.[0-9a-f]{12}\.js$", "", address) for address in loaded}
    modules = (Path(configured.BASE_DIR) / "static" / "form").glob("*.js")
    assert names == {f"/static/form/{module.stem}" for module in modules}


@pytest.mark.usefixtures("collected")
def test_files_from_elsewhere_are_gzipped(settings: Settings) -> None:
    """Brotli would take seconds at each start."""
    for name in ("pdf.min.mjs", "pdf.worker.min.mjs", "jbig2_nowasm_fallback.js"):
        source = (settings.BASE_DIR / "static" / "vendor" / "pdfjs" / name).read_bytes()
        address = staticfiles_storage.url(f"vendor/pdfjs/{name}")
        answer = RawPathClient().get(address, headers={"Accept-Encoding": "gzip, br"})
        assert answer["Content-Type"].startswith("text/javascript")
        assert answer["Content-Encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer)) == source
