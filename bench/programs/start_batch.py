"""`python -m bench.programs.start_batch COMPANY ROWS`: make, check and start a batch of customers; print its ID.

`python -m bench.programs.start_batch ID` prints how many rows were sent, and the seconds from the first to the last.
"""

from __future__ import annotations

import sys
import uuid

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  (needs the set-up)
from django.db.models import Max, Min  # noqa: E402

from customers.batches import checking, creating, journaling, states  # noqa: E402
from customers.batches.instructions import Action, Instruction  # noqa: E402
from customers.codat.companies import accounting_connections  # noqa: E402
from customers.models import Write  # noqa: E402
from customers.service import default_service  # noqa: E402


def start(company_id: str, count: int) -> str:
    """Start a batch of so many customers; its ID."""
    service = default_service()
    user, _ = User.objects.get_or_create(username="bench", defaults={"is_superuser": True})
    company = service.get_company(company_id=company_id)
    page = service.list(company_id=company_id, page_size=count, query="metadata.isDeleted!=true")
    request = creating.BatchRequest(
        company_id=company_id,
        company=company,
        connection=accounting_connections(company)[0],
        selected=[creating.Selected(str(one.get("id")), "") for one in page["results"]],
        title="Set Phone",
        submission=uuid.uuid4(),
        instructions=[Instruction(Action.SET, "phone", "+44 20 7946 0999")],
    )
    batch, _ = creating.create(request, user)
    while not checking.check_turn(batch, service).is_finished:
        pass
    batch.refresh_from_db()
    if not states.start(batch, user):
        raise AssertionError(f"the batch is {batch.state}: {batch.message}")
    journaling.journal(batch)
    return str(batch.pk)


def report(batch_id: str) -> str:
    """How many rows were sent, and in how many seconds."""
    sent = Write.objects.filter(batch_id=batch_id).exclude(sent_at=None)
    ends = sent.aggregate(first=Min("sent_at"), last=Max("sent_at"))
    took = (ends["last"] - ends["first"]).total_seconds() if ends["last"] else 0.0
    return f"{sent.count()} {took}"


if __name__ == "__main__":
    arguments = sys.argv[1:]
    print(start(arguments[0], int(arguments[1])) if len(arguments) == 2 else report(arguments[0]))
