"""Several people ask for the same batch in the same instant. On PostgreSQL, tests/writes/test_races.py runs this."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connections

from customers.models import Batch, BatchRow, BatchStep
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import customers_of
from tests.support.journal import COMPANY
from tests.support.pages.controls import Controls
from tests.support.patience import PATIENCE
from tests.support.people import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("groups")]

PEOPLE, ROUNDS = 4, 3


def browser(name: str) -> RawPathClient:
    """The browser of an editor."""
    client = RawPathClient()
    client.force_login(person(name))
    return client


def at_once(path: str, posts: list[tuple[RawPathClient, dict[str, str]]]) -> list[int]:
    """Post all in the same instant; the statuses."""
    line = threading.Barrier(len(posts))

    def post(job: tuple[RawPathClient, dict[str, str]]) -> int:
        client, typed = job
        try:
            Batch.objects.exists()  # Connected before the start.
            line.wait(timeout=PATIENCE)
            return int(client.post(path, typed).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(posts)) as pool:
        return list(pool.map(post, posts))


@pytest.mark.parametrize("is_one_page", [True, False], ids=["a double click", "several people"])
def test_the_same_request_in_one_instant_is_one_batch(
    sandbox: Sandbox, editor: User, *, is_one_page: bool
) -> None:
    path = links.new_batch(sandbox.company(COMPANY), connection=sandbox.connection(COMPANY))
    people = [browser(f"person{n}") for n in range(PEOPLE)]
    for turn in range(ROUNDS):
        typed = {"f.1.key": "phone", "f.1.action": "set", "f.1.text": str(turn)}
        pages = [one.post(path, {"id": customers_of(sandbox, 3)}) for one in people]
        forms = [Controls(page.content.decode()).fields | typed for page in pages]
        posts = [*zip(people, forms, strict=True)]
        if is_one_page:
            posts = [(people[0], forms[0])] * PEOPLE
        statuses = at_once(path, posts)

        batch = Batch.objects.get(instructions__0__text=str(turn))
        assert BatchRow.objects.filter(batch=batch).count() == 3
        assert BatchStep.objects.filter(batch=batch).count() == 1
        told = 303 if is_one_page else 409
        assert sorted(statuses) == [303] + [told] * (PEOPLE - 1)
    assert Batch.objects.count() == ROUNDS
