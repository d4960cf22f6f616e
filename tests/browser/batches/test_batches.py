"""The page of a batch in a browser: it renews itself and takes nothing away from whoever uses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from customers.models import Batch, Write
from customers.web import links
from sandbox import Sandbox
from tests.browser.conftest import editor_page
from tests.support.batch_rows import batch_of

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser, live: str, editor: User) -> Iterator[Page]:
    """A browser in which the editor has signed in."""
    context = chromium.new_context(base_url=live)
    yield editor_page(context)
    context.close()


def test_the_page_renews_itself_and_keeps_focus_filter_and_what_is_typed(
    page: Page, sandbox: Sandbox, editor: User
) -> None:
    batch = batch_of(editor, sandbox.company("qbo"), "running", queued=96, confirmed=4)
    page.goto(links.batch(batch.company_id, batch.pk) + "?state=queued")
    page.locator("#q").fill("typed")
    page.locator("#row-7-out").focus()

    moved = Write.objects.filter(batch=batch, position__in=range(8, 54))
    moved.update(state="success", confirmation="confirmed")
    expect(page.locator("#count-confirmed strong")).to_have_text("50")
    expect(page.locator("#batch-rows tbody tr")).to_have_count(50)
    expect(page.locator("#row-8")).to_have_count(0)
    expect(page.locator("#row-7-out")).to_be_focused()
    expect(page.locator("#q")).to_have_value("typed")
    expect(page.locator("#announce")).to_have_text("Running, 50 % finished")

    Batch.objects.filter(pk=batch.pk).update(state="paused")
    expect(page.locator("#batch-state")).to_have_text("Paused")
    expect(page.locator("#announce")).to_have_text("Paused")
    page.locator("#batch-resume").click()
    page.wait_for_url("**/?state=queued")
    expect(page.locator("#batch-pause")).to_be_visible()
    page.locator("#row-7-out").click()
    expect(page.locator("#row-7")).to_have_count(0)
    expect(page.locator("#count-not_sent strong")).to_have_text("1")


@pytest.mark.parametrize("width", [360, 1440])
def test_no_page_of_a_batch_is_wider_than_the_window(
    page: Page, sandbox: Sandbox, editor: User, width: int
) -> None:
    batch = batch_of(
        editor,
        sandbox.company("qbo"),
        "running",
        refused=2,
        invalid=1,
        conflict=1,
        sent=1,
        confirmed=1,
    )
    Batch.objects.update(title="Set " + "x" * 90, note="y" * 200)
    Write.objects.update(customer_name="z" * 90, error_message="w" * 300)
    page.set_viewport_size({"width": width, "height": 800})
    company = batch.company_id
    for path in (
        links.batches(),
        links.batch(company, batch.pk),
        links.batch_row(company, batch.pk, 1),
    ):
        page.goto(path)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
