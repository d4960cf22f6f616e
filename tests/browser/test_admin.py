"""The admin site, for users and groups, under the site's own Content-Security-Policy."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser


def test_an_administrator_adds_a_viewer(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/admin/auth/user/add/")
    page.get_by_label("Username").fill("newviewer")
    page.locator("#id_password1").fill("a-long-Pass-1")
    page.locator("#id_password2").fill("a-long-Pass-1")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#id_groups_from").select_option(label="Viewers")
    page.locator("#id_groups_add, #id_groups_add_link").first.click()
    page.locator("#id_person-0-sees_all").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist")).to_contain_text("newviewer")

    other = open_page(signed_in=False)
    other.goto("/accounts/login/")
    other.get_by_label("User name").fill("newviewer")
    other.get_by_label("Password").fill("a-long-Pass-1")
    other.get_by_role("button", name="Sign in").click()
    other.get_by_role("link", name="Castle Street Cycles").click()
    expect(other.get_by_role("table")).to_be_visible()
    expect(other.get_by_role("link", name="New customer")).to_have_count(0)
