"""Keys of the shared cache."""

from customers.codat import cache


def test_cache_keys_suit_any_backend() -> None:
    keys = set()
    parts = (
        ["a b", "\x00"],
        ["\ud800", "я" * 500],
        ["a", "bc"],
        ["ab", "c"],
        ["a\0", "b"],
        ["a", "\0b"],
    )
    for ids in parts:
        key = cache.key("model", *ids)
        assert key.isascii()
        assert key.isprintable()
        assert " " not in key
        assert len(key) < 200
        keys.add(key)
    assert len(keys) == len(parts)
