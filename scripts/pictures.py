"""The pictures of the README, taken from a running `make run` with the sandbox.

    .venv/bin/python scripts/pictures.py [http://127.0.0.1:8000]

Needs Playwright with a browser, as `make test` installs it.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
# Wide enough for the navigation at the side; as high as a laptop's window.
SIZE: ViewportSize = {"width": 1280, "height": 800}
COMPANY = "Castle Street Cycles"


def sign_in(page: Page) -> None:
    """Sign in as the demo user."""
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("http://*/")


def take(page: Page, name: str) -> None:
    """Save what the window shows, once nothing is loading."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
    print(f"docs/pictures/{name}.png")


def main(url: str) -> None:
    """Take the list, one customer and the customer's form."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    # As root Chromium has no sandbox of its own.
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        context = browser.new_context(base_url=url, viewport=SIZE, color_scheme="light")
        page = context.new_page()
        sign_in(page)
        page.locator("#main").get_by_role("link", name=COMPANY).first.click()
        page.wait_for_url("**/customers/**")
        take(page, "list")
        page.locator("#main tbody a[href*='/customers/']").first.click()
        page.wait_for_url("**/customers/*/**")
        take(page, "customer")
        page.get_by_role("link", name="Edit all fields").first.click()
        page.wait_for_url("**/edit/**")
        take(page, "form")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
