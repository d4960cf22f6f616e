"""How static files are stored for production: compressed, and under names with a hash, so that browsers cache them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

# The folder of third-party files in static/: large, and loaded on demand.
VENDOR = "vendor"


class _Compressor(Compressor):  # type: ignore[misc]  # untyped
    """Skips Brotli for the large third-party files: it would take ten seconds at each start."""

    # Each file is stored twice, under its own name and under one with a hash: it is compressed once.
    compress_brotli = staticmethod(cache(Compressor.compress_brotli))
    compress_gzip = staticmethod(cache(Compressor.compress_gzip))

    def compress(self, path: str) -> Iterator[str]:
        if self.use_brotli and VENDOR in Path(path).parts:
            return _Compressor(use_brotli=False, quiet=True).compress(path)
        return super().compress(path)  # type: ignore[no-any-return]


class HashedFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Also puts the hashed names into the imports of the modules in static/form/.

    Django's `support_js_module_import_aggregation` would do so for every script, and fails at an example in a comment
    of django-htmx. tests/site/test_static_files.py fails where these patterns are no longer used.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("form/*.js", ((r"""(?P<matched>from "(?P<url>\./[^"]+)";)""", 'from "%(url)s";'),)),
    )

    def create_compressor(self, **options: Any) -> Compressor:
        """The compressor of `collectstatic`."""
        return _Compressor(**options)
