"""The page of the workers: who is alive, what each chore did, and what waits; for administrators alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from customers.access.roles import Role
from customers.batches import journaling
from customers.models import Lease
from customers.worker import status
from customers.worker.chores import CHORES
from customers.writes import leases
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import started
from tests.support.journal import customer, pass_time, sent, write_request
from tests.support.people import person

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/workers/"
MINUTE = timedelta(minutes=1)


def text(client: RawPathClient, **headers: str) -> str:
    """The page's text, in one line."""
    response = client.get(URL, headers=headers)
    assert response.status_code == 200
    html = response.content.decode()
    shown = re.sub(r"<[^>]+>", " ", html.partition("<h1>")[2] or html)
    return " ".join(shown.split()).replace(" .", ".")


def alive(name: str = "host:1:a", message: str = "") -> None:
    lease = f"{leases.WORKER}{name}"
    leases.take(lease, holder=name, lasts=leases.ALIVE)
    leases.renew(lease, holder=name, lasts=leases.ALIVE, message=message)


@pytest.mark.parametrize("name", ["outsider_client", "viewer_client", "editor_client"])
def test_others_may_not_open_it_and_have_no_link(
    name: str, request: pytest.FixtureRequest, sandbox: Sandbox
) -> None:
    client = request.getfixturevalue(name)
    assert client.get(URL).status_code == 403
    assert URL not in client.get("/settings/").content.decode()


def test_signed_out_it_leads_to_the_sign_in(anonymous_client: RawPathClient) -> None:
    assert anonymous_client.get(URL).status_code == 302


def test_the_role_of_an_administrator_is_enough() -> None:
    client = RawPathClient()
    client.force_login(person("lead", Role.ADMINISTRATOR))
    assert client.get(URL).status_code == 200


def test_administrators_have_a_link_in_their_menu(administrator_client: RawPathClient) -> None:
    assert f'href="{URL}"' in administrator_client.get("/settings/").content.decode()


def test_without_a_worker_it_says_what_to_do(administrator_client: RawPathClient) -> None:
    page = text(administrator_client)
    assert "No worker is running." in page
    assert "Start one with manage.py work , or run settle_writes from cron." in page
    assert page.count("Never") == len(CHORES)
    assert "No row of a running batch waits" in page


def test_a_worker_shows_since_when_what_it_does_and_its_last_error(
    administrator_client: RawPathClient, sandbox: Sandbox, editor: User
) -> None:
    batch = started(sandbox, editor, 1)
    error = '{"what": "Follow", "error": "Codat <b>broke</b>.", "at": "%s"}'
    alive(message=error % (timezone.now() - 3 * MINUTE).isoformat())
    Lease.objects.update(ran_at=timezone.now() - timedelta(hours=2))
    page = text(administrator_client)
    assert "No worker is running" not in page
    assert "host:1:a 2 hours ago just now Waiting for work" in page
    assert "Follow: Codat &lt;b&gt;broke&lt;/b&gt;. 3 minutes ago" in page
    leases.take("chore:follow", holder="host:1:a/chores-1", lasts=MINUTE)
    leases.take(f"send:{batch.company_id}", holder="host:1:a/send", lasts=MINUTE)
    leases.take("chore:confirm", holder="host:1:ab/chores-1", lasts=MINUTE)
    page = text(administrator_client)
    assert f"Follow sent changes, Send batches of {batch.company_name}" in page
    assert page.count("Running now") == 2


def test_a_round_that_cron_ran_lately_is_enough(administrator_client: RawPathClient) -> None:
    leases.take("chore:follow", holder="host:1:a/once", lasts=MINUTE)
    leases.give_back("chore:follow", holder="host:1:a/once")
    assert "No worker is running" not in text(administrator_client)
    Lease.objects.update(ran_at=timezone.now() - 3 * MINUTE)
    assert "No worker is running." in text(administrator_client)


def test_a_worker_that_died_is_shown_as_lost(administrator_client: RawPathClient) -> None:
    alive()
    Lease.objects.update(until=timezone.now() - 10 * MINUTE)
    page = text(administrator_client)
    assert "No worker is running." in page
    assert "host:1:a Lost" in page


def test_chores_say_when_they_ran_and_are_due(administrator_client: RawPathClient) -> None:
    for name, due_in in (("forget", timedelta(days=1)), ("follow", timedelta(seconds=5))):
        leases.take(f"chore:{name}", holder="one", lasts=MINUTE)
        leases.give_back(
            f"chore:{name}",
            holder="one",
            due_in=due_in,
            took_ms=1234,
            done=7,
            failed=2,
            message="x",
        )
    Lease.objects.filter(name="chore:follow").update(due_at=timezone.now() - MINUTE)
    page = text(administrator_client)
    assert (
        "Delete old values, drafts, events, imports and messages just now 1,234 ms 7 2 in 1 day x"
        in page
    )
    assert "Follow sent changes just now 1,234 ms 7 2 When there is something to do x" in page
    assert "Delete expired sessions Never – – – Due now None" in page


def test_what_waits_is_counted_with_the_age_of_the_oldest(
    administrator_client: RawPathClient, sandbox: Sandbox, editor: User
) -> None:
    journaling.journal(started(sandbox, editor, 3))
    sent(editor, write_request(sandbox, customer(sandbox, 8), phone="1"))
    pass_time(sandbox, hours=3)
    page = text(administrator_client)
    assert "3 rows of running batches wait to be sent" in page
    assert "1 change is due to be checked. The oldest was last checked or sent 3 hours ago." in page


def test_what_is_due_is_counted_without_the_values_of_changes(
    administrator_client: RawPathClient,
    sandbox: Sandbox,
    editor: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for index in (7, 8):
        sent(editor, write_request(sandbox, customer(sandbox, index), phone="1"))
    pass_time(sandbox, hours=3)
    with CaptureQueriesContext(connection) as queries:
        assert "2 changes are due to be checked." in text(administrator_client)
    assert not [query for query in queries if '"customers_write"."payload"' in query["sql"]]
    monkeypatch.setattr(status, "MAX_PENDING", 2)
    assert "At least 2 changes are due to be checked." in text(administrator_client)


def test_it_renews_itself_and_works_without_scripts(administrator_client: RawPathClient) -> None:
    page = administrator_client.get(URL).content.decode()
    assert 'hx-get="/workers/" hx-trigger="every 5s"' in page
    fragment = administrator_client.get(URL, headers={"HX-Request": "true"}).content.decode()
    assert fragment.startswith('<div id="workers"')
    assert administrator_client.post(URL).status_code == 405


def test_it_reads_the_same_however_many_workers_there_were(
    administrator_client: RawPathClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alive("host:0:a")
    administrator_client.get(URL)
    with CaptureQueriesContext(connection) as one:
        administrator_client.get(URL)
    for number in range(1, 30):
        alive(f"host:{number}:a")
    with django_assert_num_queries(len(one)):
        administrator_client.get(URL)
