"""Parts of a page that load themselves again: the same again changes nothing, anything else is shown."""

from __future__ import annotations

from collections import Counter
from itertools import count

import pytest
from playwright.sync_api import Page, Route, expect

from customers.web import links
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

_PART = """<div id="part" hx-get="/part/" hx-trigger="every 50ms" hx-target="this" hx-swap="outerHTML">
  <form><input type="hidden" name="csrfmiddlewaretoken" value="{token}"></form><p>{text}</p></div>"""
_INSERT = """html => {
  document.getElementById("main").insertAdjacentHTML("beforeend", html);
  htmx.process(document.getElementById("part"));
}"""
_WATCH = """new MutationObserver(() => {
    window.hasClicked ||= document.getElementById("part").textContent === "Clicked";
  }).observe(document.getElementById("main"), {childList: true, subtree: true})"""
_MARK = "document.getElementById('part').isMarked = true"
_IS_MARKED = "document.getElementById('part').isMarked === true"


class Part:
    """A part of a page whose text a test decides; each response has another token, as Django's have."""

    def __init__(self, page: Page) -> None:
        self.text = "First"
        self.answered: Counter[str] = Counter()
        self._tokens = count()
        self._page = page
        page.route("**/part/", self._answer)
        page.evaluate(_INSERT, self.html())

    def html(self) -> str:
        return _PART.format(token=next(self._tokens), text=self.text)

    def _answer(self, route: Route) -> None:
        headers = {"Content-Type": "text/html", "X-Request-ID": "1"}
        self.answered[self.text] += 1
        route.fulfill(body=self.html(), headers=headers)

    def wait_for(self, responses: int) -> None:
        """Until so many more responses with this text were sent; the last but one has arrived then."""
        enough = self.answered[self.text] + responses
        while self.answered[self.text] < enough:
            with self._page.expect_response("**/part/"):
                pass


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    page = open_page()
    page.goto(links.settings())
    return page


def test_the_same_again_leaves_the_page_as_it_is(page: Page) -> None:
    part = Part(page)
    part.wait_for(3)
    page.evaluate(_MARK)
    part.wait_for(5)
    assert page.evaluate(_IS_MARKED)


def test_a_change_is_shown_also_back_to_what_was(page: Page) -> None:
    part = Part(page)
    part.wait_for(3)
    for text in ("Second", "First"):
        part.text = text
        expect(page.locator("#part")).to_contain_text(text)


def test_what_came_from_elsewhere_meanwhile_is_replaced(page: Page) -> None:
    """The response to another request changed the part, and the next one says again what it said before."""
    part = Part(page)
    part.wait_for(3)
    page.evaluate(_WATCH)
    page.route(
        "**/click/",
        lambda route: route.fulfill(
            body='<div id="part" hx-swap-oob="innerHTML">Clicked</div>',
            headers={"Content-Type": "text/html", "X-Request-ID": "1"},
        ),
    )
    page.evaluate("htmx.ajax('GET', '/click/', {target: '#announce', swap: 'none'})")
    page.wait_for_function("window.hasClicked")
    expect(page.locator("#part")).to_contain_text("First")
