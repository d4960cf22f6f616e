"""A file of ten rows at the page of its import."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from customers.models import Import
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.imports import alive, csv_of, uploaded, work
from tests.support.pages.import_page import HEADINGS, Pages


@pytest.fixture
def source(sandbox: Sandbox, editor: User) -> Import:
    """A file of ten rows that was read: three are wrong in one way, one may be a customer, one is twice in it."""
    rows = [[f"Alder {n}", f"a{n}@alder.example", "Active", f"+44 {n}", "x"] for n in range(5)]
    rows += [[f"Birch {n}", f"b{n}@birch.example", "Activ", f"+44 {n}", "x"] for n in range(3)]
    known = alive(sandbox)[0]["customerName"]
    rows += [[f"The {known}", "new@birch.example", "Active", "", ""]]
    rows += [["Alder 0", "other@alder.example", "Active", "", ""]]
    return work(uploaded(sandbox, editor, csv_of(HEADINGS, *rows)))


@pytest.fixture
def pages(source: Import, editor_client: RawPathClient) -> Pages:
    """An editor at the page of the import."""
    return Pages(editor_client, source)


@pytest.fixture
def checked(pages: Pages) -> Pages:
    """The same after the check."""
    pages.check()
    return pages
