"""Template filters for values from Codat; what they do is written in `customers.formatting`."""

from typing import Any

from django import template

from customers import formatting

register = template.Library()

register.filter("day", formatting.day)
register.filter("when", formatting.when)
register.filter("since", formatting.since)
register.filter("dash", formatting.text)
register.filter("label", formatting.label)
register.filter("bytes", formatting.size)


@register.filter
def thousands(value: Any) -> str:
    """`5000` -> `5,000`."""
    return f"{value:,}" if isinstance(value, int) else formatting.text(value)
