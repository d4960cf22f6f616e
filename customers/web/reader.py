"""The person who reads a page: how it is shown to them."""

from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Reader:
    """How pages are shown: the attributes of <html> (base.html), the time zone and the formats."""

    theme: Literal["system", "light", "dark"] = "system"
    density: Literal["comfortable", "compact"] = "comfortable"
    shortcuts: bool = True
    time_zone: str = "UTC"
    locale: str = "en_GB"


DEFAULT_READER = Reader()


def reader_of(request: HttpRequest) -> Reader:
    """The reader of a request."""
    return DEFAULT_READER
