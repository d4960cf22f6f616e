"""Names that somebody typed to try something, and names and values with characters that nobody sees."""

from __future__ import annotations

import re
import unicodedata

from customers.codat.text import without_invisible
from customers.index import words

# Words that alone are the name of a test.
_TEST_WORDS = frozenset(
    words.words(
        "test tests testing tester asdf asdfg asdfgh asdfghjkl qwer qwerty qwertz foo bar foobar baz blah dummy fake"
        " sample demo temp tmp deleteme donotuse lorem ipsum tba tbc tbd none null undefined unknown noname"
    )
)
# Words that say nothing beside one of the others: "Test customer 2".
_GENERIC_WORDS = frozenset(
    words.words(
        "customer customers client clients company account contact name user person the my new old record entry"
        " ltd inc gmbh llc please only ignore this"
    )
)
_PHRASES = re.compile(r"\b(delete me|do not use|dont use|please delete|to be deleted)\b")
# One letter again and again. "AAA Ltd" is the name of some companies.
_REPEATED = re.compile(r"[xz]{3,}|([^\W\d])\1{3,}")
# The blank that keeps a line together: pasted from the web, and taken for a usual one.
_NO_BREAK = "\u00a0"


def is_test(name: str) -> bool:
    """Whether a name is like that of a test. A real name with the word, as "Test Valley Council", is not."""
    found = [word for word in words.words(name) if not word.isdigit()]
    if _PHRASES.search(" ".join(found)):
        return True
    bare = [word.rstrip("0123456789") for word in found]
    is_wanted = [word in _TEST_WORDS or bool(_REPEATED.fullmatch(word)) for word in bare]
    rest = [word for word, is_test_word in zip(bare, is_wanted, strict=True) if not is_test_word]
    return any(is_wanted) and _GENERIC_WORDS.issuperset(rest)


def has_invisible(text: str) -> bool:
    """Whether a value has characters that nobody sees: invisible, control, doubled blanks, blanks around it."""
    if text.isascii() and text.isprintable():
        return text != " ".join(text.split())
    return (
        _NO_BREAK in text
        or text != text.strip()
        or re.search(r"\s\s", text) is not None
        or any(unicodedata.category(char) == "Cc" for char in text)
        or without_invisible(text) != text
    )
