"""The page on which a batch is made, as tests use it."""

from __future__ import annotations

from typing import Any

from customers.models import Batch, BatchRow
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import COMPANY
from tests.support.pages.controls import Controls

COUNTRY = {"f.1.key": "addresses.country", "f.1.action": "set", "f.1.text": "GB"}


def url(sandbox: Sandbox, company: str = COMPANY, **more: Any) -> str:
    return links.new_batch(sandbox.company(company), connection=sandbox.connection(company), **more)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def posted(answer: Any, **typed: str) -> dict[str, str]:
    """What the form in an answer would post after typing."""
    found = Controls(text_of(answer)).fields
    assert "submission" in found, text_of(answer)[:2000]
    # A browser leaves out the line break at the beginning of a <textarea>.
    return found | {"note": found["note"].removeprefix("\n")} | typed


def opened(client: RawPathClient, path: str, *ids: str) -> Any:
    answer = client.post(path, {"id": ids}) if ids else client.get(path)
    assert answer.status_code == 200, text_of(answer)
    return answer


def save(client: RawPathClient, path: str, answer: Any, **typed: str) -> Any:
    return client.post(path, posted(answer) | COUNTRY | typed | {"action": "save"})


def batch_of(answer: Any) -> Batch:
    """The batch that an answer leads to."""
    assert answer.status_code == 303, text_of(answer)
    return Batch.objects.get(pk=answer["Location"].rstrip("/").rpartition("/")[2])


def ids_of(batch: Batch) -> list[str]:
    return [row.customer_id for row in BatchRow.objects.filter(batch=batch)]
