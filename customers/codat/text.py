"""Text cleaners, one per medium. What comes from Codat, and what people paste, may hold any character.

| for | use |
| --- | --- |
| a database column | `db_safe` |
| a page | `page_text`; `single_line` for names and headings; `visible_text` to quote what somebody typed |
| an input of a form | `input_text` |
| a response header | `header_text` |
| the name of a saved file | `file_name_text` |
| the log | `log_text` |
| comparing two names | `folded_name` |

None of them escapes for HTML: templates do. Which characters are *invisible* is decided here alone.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

MAX_DB_TEXT = 5000
MAX_HEADER_TEXT = 200
MAX_LOG_TEXT = 200
# Bytes. File systems allow 255, and browsers add a number to a name that exists already.
MAX_FILE_NAME = 200
# Characters. What is longer is no extension.
MAX_EXTENSION = 10

REPLACEMENT = "\ufffd"

# Format characters that pasted text brings along: zero-width space, BOM, marks that set the direction of text.
_INVISIBLE = frozenset(
    "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)

# What HTML cannot carry and a browser does not send back: control characters but tab and newline, and lone
# surrogates.
_NOT_IN_HTML = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

# The Unicode blocks of combining diacritical marks.
_ACCENT = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

# What Windows, macOS and shells do not accept in a file name.
_NOT_IN_A_FILE_NAME = re.compile(r'[<>:"/\\|?*]')
# Names of devices on Windows, whatever stands behind the first dot ("Naming Files, Paths, and Namespaces"). It takes
# superscript digits for digits, and ignores blanks at the end of a name.
_WINDOWS_DEVICE = re.compile(
    r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)\s*(\.|$)", re.IGNORECASE
)

_HEADER_VALUE = re.compile(r"[\x20-\x7e]+")


def is_invisible(char: str) -> bool:
    """Whether a character has no glyph of its own and comes along unnoticed with pasted text."""
    return char in _INVISIBLE


def db_safe(value: object, limit: int = MAX_DB_TEXT) -> str:
    """Text that every database accepts: at most ``limit`` characters, without NUL; "" for null."""
    return ("" if value is None else str(value))[:limit].replace("\0", "")


def page_text(text: str) -> str:
    """Text that a page can show and a form returns unchanged.

    Line ends become ``\\n``; a character that HTML cannot carry becomes U+FFFD.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_IN_HTML.sub(REPLACEMENT, text)


def visible_text(text: str) -> str:
    """Text in which each character that cannot be seen, or that breaks the line, is U+FFFD."""
    return "".join(char if char.isprintable() else REPLACEMENT for char in text)


def single_line(text: str) -> str:
    """Text as one line in NFC: blanks joined, control and format characters left out."""
    spaced = "".join(
        " "
        if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Zs")
        else ""
        if unicodedata.category(char)[0] == "C"
        else char
        for char in unicodedata.normalize("NFC", text)
    )
    return " ".join(spaced.split())


def folded_name(name: str) -> str:
    """A name in the form in which two spellings of one name are equal; "" where nothing of it can be seen.

    NFKC, no case, no combining marks, no invisible characters, single blanks: "CAFÉ  du Lac" is "cafe du lac".
    Only the marks of alphabets are left out (accents): vowel signs of other scripts make another name.
    """
    seen = "".join(char for char in name if not is_invisible(char))
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", seen).casefold())
    return single_line(_ACCENT.sub("", plain))


def input_text(value: object) -> str:
    """A plain JSON value as the text of its input or option: numbers with all digits; "" for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return page_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 30:
        return format(value, "f")
    return str(value)


def header_text(value: str) -> str:
    """The value where it may be passed on in a response header, else "": ASCII, one line, not too long."""
    fits = len(value) <= MAX_HEADER_TEXT and _HEADER_VALUE.fullmatch(value)
    return value if fits else ""


def file_name_text(name: str, infix: str = "") -> str:
    """A file name that every system accepts: no path, at most `MAX_FILE_NAME` bytes, no device; may be empty.

    ``infix`` is put before the extension, and neither of them is shortened.
    """
    cleaned = _NOT_IN_A_FILE_NAME.sub("_", single_line(name)).strip(". ")
    stem, dot, extension = cleaned.rpartition(".")
    if not stem or len(extension) > MAX_EXTENSION:
        stem, dot, extension = cleaned, "", ""
    ending = infix + dot + extension
    shortened = _shorten(stem, ending)
    # Checked last, because each step before can make the name of a device: `aux .pdf` becomes `aux.pdf`.
    return _shorten(f"_{stem}", ending) if _WINDOWS_DEVICE.match(shortened) else shortened


def _shorten(stem: str, ending: str) -> str:
    """``stem`` + ``ending`` in at most `MAX_FILE_NAME` bytes of UTF-8, the stem cut at a whole character."""
    room = MAX_FILE_NAME - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + ending


def log_text(text: str) -> str:
    """Text as one bounded line of ASCII: it may quote what came over the network."""
    return text[:MAX_LOG_TEXT].encode("unicode_escape").decode()
