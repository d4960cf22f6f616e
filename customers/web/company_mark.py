"""A company's mark: its initials in one of eight colours, so that one sees without reading where one is."""

import re
import zlib

# As many as static/tokens.css has: --mark-0 to --mark-7.
COLOURS = 8
# Words that no initial is taken from, where there are others.
_SMALL_WORDS = {"and", "of", "the", "for", "de", "la", "und", "y", "et"}


def initials(name: str) -> str:
    """`Harbour Lights Ltd` -> `HL`, `Kestrel` -> `KE`; "" for a name without letters and digits.

    Scripts that have no capitals get one letter: two of them are no abbreviation there.
    """
    words: list[str] = re.findall(r"[^\W_]+", name.replace("’", "").replace("'", ""))
    words = [word for word in words if word.lower() not in _SMALL_WORDS] or words
    if not words:
        return ""
    first = words[0]
    if first[0].upper() == first[0].lower() and not first[0].isdigit():
        return first[0]
    return (first[0] + words[1][0] if len(words) > 1 else first[:2]).upper()[:2]


def colour(company_id: str) -> int:
    """The number of a company's colour, 0 to 7: the same on every page and in every process."""
    return zlib.crc32(company_id.encode(errors="replace")) % COLOURS
