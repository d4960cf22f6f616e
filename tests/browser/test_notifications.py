"""Notifications in a browser: chosen, sent by the worker to a mail server, opened from the mail, and read."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from customers.notices import facts, sending
from sandbox import Sandbox
from tests.browser.conftest import editor_page
from tests.support.notices import channel, mail_server
from tests.support.pages.accessibility import violations
from tests.support.problems import refused

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser, live: str, editor: User, settings: Settings) -> Iterator[Page]:
    settings.DASHBOARD_URL = live
    User.objects.filter(pk=editor.pk).update(email="editor@example.com", is_superuser=True)
    context = chromium.new_context(base_url=live, viewport={"width": 1440, "height": 900})
    yield editor_page(context)
    context.close()


def test_a_refusal_arrives_by_mail_and_is_read(
    page: Page, sandbox: Sandbox, editor: User, settings: Settings
) -> None:
    with mail_server(settings) as mailbox:
        page.goto("/settings/notifications/")
        page.get_by_label("My change was refused").select_option("By mail at once")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
        write = refused(editor, company_id=sandbox.company("qbo"))
        assert facts.tell_facts(lambda: False) == 1
        assert sending.send_due(lambda: False) == (1, 0)
    (mail,) = mailbox.mails
    page.reload()
    expect(page.locator("#notifications-entry .badge")).to_have_text("1")
    link = re.search(r"http\S+/notifications/\S+", mail.get_content())
    assert link
    page.goto(link[0])
    page.wait_for_url(f"**/writes/{write.pk}/")
    expect(page.locator("#notifications-entry .badge")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit(
    page: Page, editor: User, settings: Settings, width: int, scheme: str
) -> None:
    settings.HAS_MAIL = True
    channel("webhook")
    refused(editor)
    facts.tell_facts(lambda: False)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for address in ("/notifications/", "/settings/notifications/", "/settings/channels/"):
        page.goto(address)
        assert not violations(page), address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
