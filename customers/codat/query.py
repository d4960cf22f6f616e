"""Codat's query language."""

import unicodedata
from dataclasses import dataclass

from customers.codat.text import is_invisible

# "Under 2048 characters" is Codat's limit. Counted in UTF-16 units, the largest of the plausible readings.
QUERY_LIMIT = 2047


# Operators, joiners and braces of the language; and quotes and the backslash, about which Codat says nothing:
# that they mean something there is a guess on the safe side.
_SYNTAX = frozenset("&|{}=!<>~\"'`\\‘’‚‛“”„‟«»‹›")


# Categories: control characters, lone surrogates, line and paragraph separators.
_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Search:
    """Typed text as far as Codat's language can express it.

    `words` must all be found; `left_out` are the characters that could not be sent, each once, in a form that can be
    shown; `too_long` is the number of words that did not fit into one query.
    """

    text: str = ""
    words: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    too_long: int = 0

    @property
    def sentence(self) -> str:
        """What the person must be told about the search, or ""."""
        if not self.left_out and not self.too_long:
            return ""
        said = []
        if self.left_out:
            ignored = "it was ignored" if len(self.left_out) == 1 else "they were ignored"
            said.append(f"Codat cannot search for {_listed(self.left_out)}, so {ignored}.")
        if self.too_long:
            said.append(
                "The text is too long for one search: "
                + (f"{self.too_long} words were" if self.too_long > 1 else "one word was")
                + " ignored."
            )
        if self.words:
            said.append(f"Searched for {_listed(tuple(f'“{word}”' for word in self.words))}.")
        else:
            said.append("No search was run.")
        return " ".join(said)


def _listed(things: tuple[str, ...]) -> str:
    return things[0] if len(things) == 1 else ", ".join(things[:-1]) + " and " + things[-1]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _unsendable(char: str) -> str:
    """The name by which a character that cannot be sent is shown; "" for one that can be sent."""
    if char in _SYNTAX:
        return char
    if is_invisible(char):
        return "an invisible character"
    if unicodedata.category(char) in _CONTROLS and not char.isspace():
        return "a control character"
    return ""


def search(text: str, fields: tuple[str, ...], room: int = QUERY_LIMIT) -> tuple[Search, str]:
    """Read typed text; answer what is searched for and the query for it ("" when nothing is).

    Each word becomes `{a~word||b~word}`, words are joined by `&&`. The query has at most `room` UTF-16 units.
    """
    text = unicodedata.normalize("NFC", text)
    left_out: dict[str, None] = {}
    kept = []
    for char in text:
        name = _unsendable(char)
        if name:
            left_out[name] = None
        kept.append(" " if name else char)
    groups: list[str] = []
    words: list[str] = []
    too_long = 0
    for word in dict.fromkeys("".join(kept).split()):
        group = "{" + "||".join(f"{name}~{word}" for name in fields) + "}"
        needed = _units(group) + (2 if groups else 0)
        if needed > room:
            too_long += 1
            continue
        room -= needed
        words.append(word)
        groups.append(group)
    return Search(text.strip(), tuple(words), tuple(left_out), too_long), "&&".join(groups)
