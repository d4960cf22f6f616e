"""`@name` in a text: who is meant, of those who may see the company.

Somebody who may not see it is no mention: nothing tells whether the name exists.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from customers.notes.people import readers_named

# A user name has letters, digits and @.+-_; one that follows such a character is part of an email address.
_MENTION = re.compile(r"(?<![\w@.+-])@([\w.+@-]{1,150})")
# Of a sentence, not of the name; a name that ends so is found, too.
_TRAILING = ".+-@"
# Names that are looked up for one text.
MAX_NAMES = 20


def find_mentions(text: str, company_id: str) -> dict[str, int]:
    """The users that a text mentions and who may see a company: IDs by user names."""
    names = list(dict.fromkeys(name for match in _matches(text) for name in _readings(match)))
    return {user.get_username(): user.pk for user in readers_named(names[:MAX_NAMES], company_id)}


def parts(text: str, mentions: Mapping[str, int]) -> Iterator[tuple[str, bool]]:
    """A text in parts, each with whether it is a mention."""
    end = 0
    for match in _MENTION.finditer(text):
        name = _first(_readings(match[1]), mentions)
        if not name:
            continue
        if match.start() > end:
            yield text[end : match.start()], False
        end = match.start() + 1 + len(name)
        yield text[match.start() : end], True
    if end < len(text):
        yield text[end:], False


def _matches(text: str) -> Iterator[str]:
    return (match[1] for match in _MENTION.finditer(text))


def _readings(name: str) -> list[str]:
    """A name as it stands, and without what may be the sentence's: the longest first."""
    bare = name.rstrip(_TRAILING)
    return [name] if bare == name else [name, bare] if bare else [name]


def _first(names: Iterable[str], mentions: Mapping[str, int]) -> str:
    return next((name for name in names if name in mentions), "")
