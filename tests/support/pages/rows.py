"""The rows of a list of customers."""

import re
from html import unescape


def row_addresses(html: str) -> list[str]:
    """The addresses of the customers, in the order of the rows."""
    return [unescape(address) for address in re.findall(r'href="([^"]+)" id="at-\d+"', html)]
