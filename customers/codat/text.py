"""Text cleaners, one per medium. What comes from Codat, and what people paste, may hold any character.

| for | use |
| --- | --- |
| a database column | `db_safe` |
| a page | `page_text`; `single_line` for names and headings; `visible_text` to quote user input |
| the two sides of a difference | `marked_text` |
| user input, before it is sent | `without_invisible` |
| an input of a form | `input_text` |
| a response header | `header_text` |
| the name of a saved file | `file_name_text` |
| the log | `log_text` |
| comparing two names | `folded_name` |
| a cell of a spreadsheet | `protect` in `cell_text` |

None of them escapes for HTML: templates do. Which characters are *invisible*, and which text is *blank*, is defined
here only.
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
# Characters. A longer suffix is not treated as an extension.
MAX_EXTENSION = 10

REPLACEMENT = "\ufffd"

# Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt), annotation marks, and the Braille blank: they have
# no glyph. Zero-width space, BOM, soft hyphen, marks that set the direction of text, fillers, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Letters and signs of scripts whose words need joiners: Arabic, Syriac, the Indic scripts, Khmer, Mongolian, ...
_JOINING = re.compile(
    "[\u0600-\u10ff\u1200-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f]"
)
_JOINERS = "\u200c\u200d"
_BLACK_FLAG = "\U0001f3f4"
# Tags after a flag; the longest in use has six letters and an end tag.
_MAX_TAGS = 8

# What HTML forbids, or a browser does not post unchanged: control characters but tab and newline, lone surrogates, and
# noncharacters.
_NOT_IN_HTML = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
    )
    + "]"
)

# The Unicode blocks of combining diacritical marks.
_ACCENT = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

# What Windows, macOS and shells do not accept in a file name.
_NOT_IN_A_FILE_NAME = re.compile(r'[<>:"/\\|?*]')
# Names of devices on Windows, with any suffix after the first dot ("Naming Files, Paths, and Namespaces"). Windows
# treats superscript digits as digits, and ignores blanks at the end of a name.
_WINDOWS_DEVICE = re.compile(
    r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)\s*(\.|$)", re.IGNORECASE
)

_HEADER_VALUE = re.compile(r"[\x20-\x7e]+")


def is_invisible(char: str) -> bool:
    """Whether a character has no glyph of its own, so that pasted text may contain it unnoticed."""
    return _INVISIBLE.match(char) is not None


def without_invisible(text: str) -> str:
    """Text without invisible characters, except those that its script or an emoji needs."""
    if text.isascii():
        return text
    return _INVISIBLE.sub(lambda match: match[0] if _is_needed(text, match.start()) else "", text)


def is_blank(text: str) -> bool:
    """Whether a text has no visible character."""
    return not text or text.isspace() or not _INVISIBLE.sub("", text).strip()


def marked_text(text: str) -> str:
    """Text in which each character that is invisible, or looks like another one, is replaced by a mark: `[U+200B]`."""
    if text.isascii() and text.isprintable():
        return text
    kept = without_invisible(text) if _INVISIBLE.search(text) else text
    if kept == text and all(map(_is_plain, text)):
        return text
    return "".join(
        char
        if _is_plain(char) or (is_invisible(char) and _is_needed(text, index))
        else f"[U+{ord(char):04X}]"
        for index, char in enumerate(text)
    )


def _is_plain(char: str) -> bool:
    """Whether a character is a line break, a tab, the usual space, or a visible one."""
    return char in " \n\t" or (char.isprintable() and not is_invisible(char))


def _is_needed(text: str, index: int) -> bool:
    """Whether the text around it needs an invisible character: a joiner, the style of an emoji, a flag."""
    char = text[index]
    # Reads a limited number of characters, because a text may consist of invisible ones only.
    nearby = text[max(index - _MAX_TAGS, 0) : index]
    before = nearby.rstrip("\ufe0e\ufe0f")[-1:]
    after = text[index + 1 : index + 2]
    if "\U000e0020" <= char <= "\U000e007f":
        return re.search(f"{_BLACK_FLAG}[\U000e0020-\U000e007e]*$", nearby) is not None
    if not before or is_invisible(before):
        return False
    if char in _JOINERS:
        after = "" if is_invisible(after) else after
        if _JOINING.match(before):
            # A virama with a joiner may end a word (Malayalam).
            return unicodedata.combining(before) == 9 or bool(_JOINING.match(after))
        return char == "\u200d" and _is_symbol(before) and _is_symbol(after)
    if char in "\ufe0e\ufe0f":
        is_keycap = before in "0123456789#*" and after == "\u20e3"
        return is_keycap or _is_symbol(before) or before in "‼⁉〰〽"
    if "\ufe00" <= char <= "\ufe0d" or "\U000e0100" <= char <= "\U000e01ef":
        return unicodedata.category(before) in ("Lo", "Sm")
    return "\u180b" <= char <= "\u180f" and "\u1800" <= before <= "\u18af"


def _is_symbol(char: str) -> bool:
    return bool(char) and unicodedata.category(char)[0] == "S"


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
    """Text in which each character that is invisible, or breaks the line, is replaced by U+FFFD."""
    return "".join(char if char.isprintable() else REPLACEMENT for char in text)


def single_line(text: str) -> str:
    """Text as one line in NFC: blanks joined, control and format characters left out."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = "".join(
        " "
        if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Zs")
        else ""
        if unicodedata.category(char)[0] == "C" or is_invisible(char)
        else char
        for char in unicodedata.normalize("NFC", text)
    )
    return " ".join(spaced.split())


def folded_name(name: str) -> str:
    """A name normalised so that two spellings of one name are equal; "" where it has no visible character.

    NFKC, no case, no combining marks, no invisible characters, single blanks: "CAFÉ  du Lac" is "cafe du lac".
    Only the marks of alphabets are left out (accents): vowel signs of other scripts distinguish names.
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
    # Checked last, because each step before can produce the name of a device: `aux .pdf` becomes `aux.pdf`.
    return _shorten(f"_{stem}", ending) if _WINDOWS_DEVICE.match(shortened) else shortened


def _shorten(stem: str, ending: str) -> str:
    """``stem`` + ``ending`` in at most `MAX_FILE_NAME` bytes of UTF-8, the stem cut at a whole character."""
    room = MAX_FILE_NAME - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + ending


def log_text(text: str) -> str:
    """Text as one bounded line of ASCII: it may quote what came over the network."""
    return text[:MAX_LOG_TEXT].encode("unicode_escape").decode()
