"""Pages in Chromium with JavaScript: what axe finds, and the HTML that scripts made of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Error, sync_playwright
from playwright.sync_api import Page as Tab

from audit import html_checkers, tools
from audit.reaching import Page
from audit.stack import Request, Stack
from tests.support.pages.accessibility import violations as found_by_axe

# A light desktop and a dark phone.
VARIANTS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1440), ("dark", 390))
# Posts as a browser without scripts does: HTMX would swap the response into the page.
_POST = """([action, pairs]) => {
  const form = document.createElement("form");
  Object.assign(form, {method: "post", action, hidden: true});
  for (const [name, value] of Object.entries(pairs))
    form.append(Object.assign(document.createElement("textarea"), {name, value}));
  document.body.append(form);
  form.submit();
}"""
# On a narrow screen the side column is closed; what is in it is clicked after it was opened.
_CLICK = """selector => {
  const clicked = document.querySelector(selector);
  if (!clicked.checkVisibility()) clicked.closest("[popover]").showPopover();
  clicked.click();
}"""
_IDLE = "() => !document.querySelector('.htmx-request')"


@dataclass(frozen=True)
class Seen:
    """A page as it was seen: axe's violations, and its HTML."""

    violations: list[str]
    html: str


@contextmanager
def chromium() -> Iterator[Browser]:
    """The installed Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=tools.chromium(), args=list(tools.CHROMIUM)
        )
        yield browser
        browser.close()


def examine(
    browser: Browser, stack: Stack, page: Page, request: Request, pictures: Path | None = None
) -> Seen:
    """What axe finds, and the HTML on the desktop. A picture of each is put into the folder `pictures`."""
    violations: list[str] = []
    html = ""
    for scheme, width in VARIANTS:
        how = f"axe, {scheme}, {width} px"
        context = browser.new_context(
            base_url=stack.url,
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
        )
        try:
            with stack.fault(page.fault):
                tab = _open(context, stack, page, request)
            html = html or f"<!doctype html>\n{tab.evaluate('document.documentElement.outerHTML')}"
            violations += [f"{how}: {line}" for line in found_by_axe(tab)]
            if pictures:
                picture = f"{html_checkers.slug(page.name)}-{width}.png"
                tab.screenshot(path=pictures / picture, full_page=True)
        except Error as error:
            violations.append(f"{how}: {error.message}")
        finally:
            context.close()
    return Seen(violations, html)


def _open(context: BrowserContext, stack: Stack, page: Page, request: Request) -> Tab:
    cookies = stack.visitor(page.person).cookies
    context.add_cookies(
        [{"name": name, "value": value, "url": stack.url} for name, value in cookies.items()]
    )
    tab = context.new_page()
    if request.fields is None:
        tab.goto(request.path)
    else:
        tab.goto("/accounts/login/")
        with tab.expect_navigation():
            tab.evaluate(_POST, [request.path, request.fields])
    if page.act:
        clicked, shown = page.act
        tab.evaluate(_CLICK, clicked)
        tab.wait_for_selector(shown)
    tab.wait_for_function(_IDLE)
    return tab
