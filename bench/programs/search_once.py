"""`python -m bench.programs.search_once`: the 95th percentile of searches in seconds, and bytes of PostgreSQL."""

import random
import time
from statistics import quantiles

import django

# Of every kind of search once in each round; the rest of a text is random.
ROUNDS = 40


def _texts(chance: random.Random, names: list[str]) -> list[str]:
    """The beginning of a name, a word in its middle, all of it, a typing error, a phone, an e-mail address, nothing."""
    name = chance.choice(names)
    words = name.split()
    cut = chance.randrange(1, len(name))
    return [
        name[: chance.randrange(2, 6)],
        words[-1],
        name,
        name[:cut] + name[cut + 1 :],
        f"0{chance.randrange(100, 1000)}",
        f"{words[0]}@".lower(),
        f"qzx{chance.randrange(1000)}",
    ]


def main() -> None:
    """Search the index in the database that the settings name."""
    django.setup()
    from django.db import connection

    from customers.index.search import search
    from customers.models import IndexedCustomer

    chance = random.Random(1)  # noqa: S311  the same texts in every run
    names = list(IndexedCustomer.objects.order_by("pk").values_list("name", flat=True)[:5_000])
    search(names[0])
    took = []
    for text in (text for _ in range(ROUNDS) for text in _texts(chance, names)):
        started = time.perf_counter()
        search(text)
        took.append(time.perf_counter() - started)
    size = 0
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            (size,) = cursor.fetchone()
    print(quantiles(took, n=20)[-1], size)


if __name__ == "__main__":
    main()
