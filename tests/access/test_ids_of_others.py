"""A form names what it makes by an ID of its own. One that another company's row has makes something of its own."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models

from customers.models import Batch, Draft, Export, Import, Note, Write
from customers.web import links
from sandbox import Sandbox
from tests.access.test_other_companies import Other, client, mine, other, restricted
from tests.conftest import RawPathClient
from tests.support.journal import customer
from tests.support.pages import exports, new_batches
from tests.support.pages.controls import Controls, fields

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("has_index")]

__all__ = ["client", "mine", "other", "restricted"]


def values(row: models.Model) -> dict[str, Any]:
    """A row as the database has it, whoever may see it."""
    stored = type(row)._base_manager.filter(pk=row.pk).values().first()
    assert stored is not None
    return dict(stored)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_note(client: RawPathClient, other: Other, mine: str) -> None:
    theirs = Note.objects.get(company_id=other.company)
    before, post = values(theirs), {"action": "add", "text": "Mine", "note": str(theirs.pk)}
    assert client.post(links.notes(mine), post).status_code == 422
    assert values(theirs) == before


def test_an_export(client: RawPathClient, other: Other, mine: str, sandbox: Sandbox) -> None:
    before, url = values(other.export), exports.page_url(sandbox)
    page = exports.opened(client, url)
    answer = exports.press(client, url, page, submission=str(other.export.pk))
    assert exports.content(answer)
    assert values(other.export) == before
    assert Export.objects.get(company_id=mine).pk != other.export.pk


def test_an_import(client: RawPathClient, other: Other, mine: str) -> None:
    before, url = values(other.source), links.new_import(mine)
    typed = Controls(text_of(client.get(url))).fields
    typed |= {"cells": "", "submission": str(other.source.pk)}
    file = SimpleUploadedFile("a.csv", b"Firm,E-mail\nFern Kitchens,a@fern.example\n")
    assert client.post(url, typed | {"file": file}).status_code == 303
    assert values(other.source) == before
    assert Import.objects.get(company_id=mine).pk != other.source.pk


def test_a_batch(client: RawPathClient, other: Other, mine: str, sandbox: Sandbox) -> None:
    before, url = values(other.batch), new_batches.url(sandbox)
    page = new_batches.opened(client, url, customer(sandbox))
    answer = new_batches.save(client, url, page, submission=str(other.batch.pk))
    assert answer.status_code == 303, text_of(answer)
    assert values(other.batch) == before
    assert Batch.objects.get(company_id=mine).pk != other.batch.pk


def test_a_change(client: RawPathClient, other: Other, mine: str, sandbox: Sandbox) -> None:
    before, url = values(other.write), links.edit(mine, customer(sandbox))
    typed = fields(client.get(url)) | {"f.phone": "+44 20 7946 0000", "action": "save"}
    answer = client.post(url, typed | {"submission": str(other.write.submission)})
    assert answer.status_code == 303, text_of(answer)
    assert values(other.write) == before
    assert Write.objects.get(company_id=mine).submission != other.write.submission


def test_a_draft(
    client: RawPathClient, restricted: User, other: Other, mine: str, sandbox: Sandbox
) -> None:
    theirs = Draft.objects.get(user=restricted, company_id=other.company)
    before, url = values(theirs), links.edit(mine, customer(sandbox))
    typed = fields(client.get(url)) | {"submission": str(theirs.submission), "f.phone": "2"}
    assert client.post(links.draft(mine, customer(sandbox)), typed).status_code < 500
    assert values(theirs) == before


def test_an_id_that_nobody_has(client: RawPathClient, mine: str, sandbox: Sandbox) -> None:
    url, pk = exports.page_url(sandbox), uuid.uuid4()
    page = exports.opened(client, url)
    exports.content(exports.press(client, url, page, submission=str(pk)))
    assert Export.objects.get(company_id=mine).pk == pk
