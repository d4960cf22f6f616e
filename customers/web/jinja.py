"""Jinja's environment: filters for values from Codat (`customers.formatting`), icons, addresses of static files."""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.template.defaultfilters import pluralize
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django_htmx.jinja import htmx_script
from jinja2 import Environment, Undefined

from customers import formatting
from customers.web import company_mark
from customers.web.difference import difference
from customers.web.reader import DEFAULT_READER


def _for_missing(format_value: Callable[[Any], str]) -> Callable[[Any], str]:
    """A filter that treats an undefined name as null: it reads as a dash."""
    return lambda value: format_value(None if isinstance(value, Undefined) else value)


def _icon(environment: Environment, name: str) -> SafeString:
    """An icon of static/icons.svg, by its macro."""
    module: Any = environment.get_template("components/icons.html").module
    return SafeString(module.icon(name))


def environment(**options: Any) -> Environment:
    """The environment that settings.TEMPLATES names."""
    made = Environment(**options)  # noqa: S701  Django's backend sets autoescape
    formats = {
        "day": formatting.day,
        "when": formatting.when,
        "when_day": formatting.when_day,
        "since": formatting.since,
        "long_ago": formatting.long_ago,
        "dash": formatting.text_or_dash,
        "label": formatting.label,
        "bytes": formatting.size,
        "thousands": formatting.thousands,
    }
    made.filters |= {name: _for_missing(function) for name, function in formats.items()}
    made.filters["pluralize"] = pluralize
    made.filters["json_script"] = json_script
    made.globals |= {
        "difference": difference,
        # The address of a page of the site, by the name of its route.
        "route": lambda name, *args: reverse(name, args=args),
        "initials": company_mark.initials,
        "company_colour": company_mark.colour,
        # Globals, because the page of a 500 has no context.
        "default_reader": DEFAULT_READER,
        "product_name": lambda: settings.PRODUCT_NAME,
        # Cached: the storage looks up a file's hashed name each time, and it never changes while a process runs.
        "static": functools.cache(static),
        "htmx_script": functools.cache(htmx_script),
        # Most pages have more than ten: a macro's call and its import are a twentieth of a list page's time.
        "icon": functools.cache(functools.partial(_icon, made)),
    }
    return made
