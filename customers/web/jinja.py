"""What templates have besides their context: filters for values from Codat, addresses of static files.

What the filters do is written in `customers.formatting`.
"""

import functools
from collections.abc import Callable
from typing import Any

from django.template.defaultfilters import pluralize
from django.templatetags.static import static
from django_htmx.jinja import htmx_script
from jinja2 import Environment, Undefined

from customers import formatting


def thousands(value: Any) -> str:
    """`5000` -> `5,000`."""
    return f"{value:,}" if isinstance(value, int) else formatting.text(value)


def _known(shown: Callable[[Any], str]) -> Callable[[Any], str]:
    """A filter to which what is missing is null: it reads as a dash then."""
    return lambda value: shown(None if isinstance(value, Undefined) else value)


class _Environment(Environment):
    """A dict's own keys come before its methods, as in Django's templates: `x.items` is what `x` has under "items"."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute` of a template. A form has hundreds, most of them of dicts: a tenth of its page's time."""
        if isinstance(obj, dict):
            try:
                return obj[attribute]
            except KeyError:
                pass
        try:
            return getattr(obj, attribute)
        except AttributeError:
            return super().getattr(obj, attribute)


def environment(**options: Any) -> Environment:
    """Jinja's environment, as settings.TEMPLATES asks for it."""
    made = _Environment(**options)
    values = {
        "day": formatting.day,
        "when": formatting.when,
        "since": formatting.since,
        "dash": formatting.text,
        "label": formatting.label,
        "bytes": formatting.size,
        "thousands": thousands,
    }
    made.filters |= {name: _known(shown) for name, shown in values.items()}
    made.filters["pluralize"] = pluralize
    # Each asks the storage, which looks a file's hashed name up; the names last as long as the process.
    made.globals |= {"static": functools.cache(static), "htmx_script": functools.cache(htmx_script)}
    return made
