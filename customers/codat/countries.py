"""Countries as people write them: a name, a code of two or three letters, or a word such as `UK`."""

from functools import cache

from customers.codat.iso_codes import COUNTRIES

# Words that no list of codes has, with their code of two letters.
_WORDS = {
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "usa": "US",
    "united states of america": "US",
    "america": "US",
    "holland": "NL",
    "the netherlands": "NL",
    "czech republic": "CZ",
    "turkey": "TR",
    "korea": "KR",
    "russia": "RU",
    "vietnam": "VN",
}

_LONGEST_CODE = 3


def spellings(text: str) -> tuple[str, ...]:
    """A country's code of two letters, that of three, and its name; () where the text is no country."""
    return _by_word().get(_folded(text), ())


def written(text: str) -> tuple[str, ...]:
    """Every way in which accounting software may write the country that a text names, and the text itself.

    That is its codes, its name and its words, in capitals, small letters and as a title; of no country the text alone.
    """
    country = spellings(text)
    words = [word for word, code in _WORDS.items() if code in country[:1]]
    dotted = [".".join(word.upper()) + "." for word in words if len(word) <= _LONGEST_CODE]
    found = [form for each in (text, *country, *words) for form in _forms(each)]
    return tuple(dict.fromkeys([*found, *dotted]))


def _forms(word: str) -> tuple[str, ...]:
    return word, word.upper(), word.lower(), word.title()


@cache
def _by_word() -> dict[str, tuple[str, str, str]]:
    by_code = {country[0]: country for country in COUNTRIES}
    words = {_folded(name): country for country in COUNTRIES for name in country}
    return words | {word: by_code[code] for word, code in _WORDS.items()}


def _folded(text: str) -> str:
    return " ".join(text.replace(".", "").split()).casefold()
