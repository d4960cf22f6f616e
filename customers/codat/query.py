"""Codat's query language."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from customers.codat.text import is_invisible

# "Under 2048 characters" is Codat's limit. Counted in UTF-16 units, the largest of the plausible readings.
QUERY_LIMIT = 2047

# Operators, joiners and braces of the language; also quotes and the backslash. Assumed: Codat does not document
# whether these have a meaning, so they are treated as if they had.
_SYNTAX = frozenset("&|{}=!<>~\"'`\\‘’‚‛“”„‟«»‹›")

# Unicode categories: control characters, lone surrogates, line and paragraph separators.
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Search:
    """A search text, and what of it Codat's query language can express.

    All `words` must match. `ignored` are the characters that could not be sent, each once, as text for the screen.
    `too_long` is the number of words that did not fit into one query.
    """

    text: str = ""
    words: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    too_long: int = 0

    @property
    def sentence(self) -> str:
        """A notice about what was ignored, or ""."""
        if not self.ignored and not self.too_long:
            return ""
        sentences = []
        if self.ignored:
            verb = "was" if len(self.ignored) == 1 else "were"
            subject = "it" if len(self.ignored) == 1 else "they"
            sentences.append(
                f"Codat cannot search for {_enumerate(self.ignored)}, so {subject} {verb} ignored."
            )
        if self.too_long:
            words = f"{self.too_long} words were" if self.too_long > 1 else "one word was"
            sentences.append(f"The text is too long for one search: {words} ignored.")
        if self.words:
            quoted = tuple(f"“{word}”" for word in self.words)
            sentences.append(f"Searched for {_enumerate(quoted)}.")
        else:
            sentences.append("No search was run.")
        return " ".join(sentences)


def _enumerate(items: tuple[str, ...]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _name_if_unsendable(char: str) -> str:
    """A name on the screen for a character that cannot be sent; "" for one that can."""
    if char in _SYNTAX:
        return char
    if is_invisible(char):
        return "an invisible character"
    if unicodedata.category(char) in _CONTROLS and not char.isspace():
        return "a control character"
    return ""


def search(text: str, fields: tuple[str, ...], limit: int = QUERY_LIMIT) -> tuple[Search, str]:
    """The search for a text in some fields, and its query ("" for none).

    Each word becomes `{a~word||b~word}`, words are joined by `&&`. The query has at most `limit` UTF-16 units.
    """
    text = unicodedata.normalize("NFC", text)
    ignored: dict[str, None] = {}
    sendable = []
    for char in text:
        name = _name_if_unsendable(char)
        if name:
            ignored[name] = None
        sendable.append(" " if name else char)
    groups: list[str] = []
    words: list[str] = []
    too_long = 0
    remaining = limit
    for word in dict.fromkeys("".join(sendable).split()):
        group = "{" + "||".join(f"{name}~{word}" for name in fields) + "}"
        needed = _utf16_units(group) + (2 if groups else 0)
        if needed > remaining:
            too_long += 1
            continue
        remaining -= needed
        words.append(word)
        groups.append(group)
    return Search(text.strip(), tuple(words), tuple(ignored), too_long), "&&".join(groups)


def one_of(name: str, values: Iterable[str], limit: int = QUERY_LIMIT) -> Iterator[str]:
    """Queries for the records whose field has one of these values: `id=a||id=b`, as few as are needed.

    A value that the language cannot express is left out.
    """
    query, left = "", limit
    for value in values:
        part = f"{name}={value}"
        size = _utf16_units(part)
        is_plain = value == value.strip() and not any(map(_name_if_unsendable, value))
        if not value or not is_plain or size > limit:
            continue
        if query and size + 2 > left:
            yield query
            query, left = "", limit
        left -= size + (2 if query else 0)
        query = f"{query}||{part}" if query else part
    if query:
        yield query


# Letters that often carry an accent in one spelling of a name and none in another.
_OFTEN_ACCENTED = frozenset("aceinosuyzαεηιουωеиіу")
_MAX_PARTS, _MAX_PART = 8, 40


def similar_names(name: str) -> str:
    """A query for the customers whose name may have the same `folded_name`; "" where no query is possible.

    The language cannot fold accents. So of each word the longest piece without a letter that often carries one must
    be contained: "br" and "ltd" of "Brown Ltd". The results contain other names too: the caller compares them.
    """
    pieces = list(dict.fromkeys(filter(None, map(_plain_piece, _lower(name).split()))))
    # A name of vowels alone has no such piece: its words are searched for unchanged.
    words = pieces or list(dict.fromkeys(_letters(_lower(name)).split()))
    return "&&".join(f"customerName~{word[:_MAX_PART]}" for word in words[:_MAX_PARTS])


def _lower(name: str) -> str:
    """A name without case, invisible characters and compatibility forms, its accents composed with their letters."""
    visible = "".join(char for char in name if not is_invisible(char))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", visible).casefold())


def _plain_piece(word: str) -> str:
    plain = "".join(
        char
        if char not in _OFTEN_ACCENTED and len(unicodedata.normalize("NFD", char)) == 1
        else " "
        for char in _letters(word)
    )
    return max(plain.split(), key=len, default="")


def _letters(text: str) -> str:
    """The text with a blank for everything but letters and digits, so that it contains no syntax."""
    return "".join(char if char.isalnum() else " " for char in text)
