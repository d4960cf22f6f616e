"""How static files are stored for production: compressed, and under names with a hash, so that browsers keep them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Also puts the hashed names into the imports of the modules in static/form/.

    Django's `support_js_module_import_aggregation` would do so for every script, and fails at an example in a comment
    of django-htmx. tests/site/test_static_files.py fails where these patterns are no longer used.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("form/*.js", ((r"""(?P<matched>from "(?P<url>\./[^"]+)";)""", 'from "%(url)s";'),)),
    )
