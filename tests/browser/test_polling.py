"""Parts of a page that load themselves again: the same again changes nothing, anything else is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count

import pytest
from playwright.sync_api import Page, Route, expect

from customers.web import links
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

# As every response of the dashboard has them.
HEADERS = {"Content-Type": "text/html", "X-Request-ID": "1"}
_PART = """<div id="part" hx-get="/part/" hx-trigger="every 50ms" hx-target="this" hx-swap="outerHTML">
  <form><input type="hidden" name="csrfmiddlewaretoken" value="{token}"></form><p>{text}</p></div>"""
_INSERT = """html => {
  document.getElementById("main").insertAdjacentHTML("beforeend", html);
  htmx.process(document.getElementById("part"));
}"""
_WATCH = """new MutationObserver(() => {
    window.hasClicked ||= document.getElementById("part").textContent === "Clicked";
  }).observe(document.getElementById("main"), {childList: true, subtree: true})"""
_COUNT_ENDS = """() => {
  window.ended = 0;
  addEventListener("htmx:afterRequest", ({ detail }) => {
    window.ended += detail.pathInfo.requestPath === "/part/";
  });
}"""
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
        self.answered[self.text] += 1
        route.fulfill(body=self.html(), headers=HEADERS)

    def wait_for(self, responses: int) -> None:
        """Until so many more responses with this text were sent; the last but one has arrived then."""
        enough = self.answered[self.text] + responses
        while self.answered[self.text] < enough:
            with self._page.expect_response("**/part/"):
                pass


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Until a condition of the test holds, which responses to the page bring about."""
    for _ in range(200):
        if condition():
            return
        page.evaluate("fetch('/healthz')")
    raise AssertionError("it does not hold")


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    page = open_page()
    page.goto(links.settings())
    return page


@pytest.mark.parametrize("before", [0, 3])
def test_the_same_again_leaves_the_page_as_it_is(page: Page, before: int) -> None:
    """Also the first time: what the page was served with is the same."""
    part = Part(page)
    part.wait_for(before)
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
            headers=HEADERS,
        ),
    )
    page.evaluate("htmx.ajax('GET', '/click/', {target: '#announce', swap: 'none'})")
    wait_until(page, lambda: bool(page.evaluate("window.hasClicked")))
    expect(page.locator("#part")).to_contain_text("First")


def test_a_slow_response_is_not_followed_at_once(page: Page) -> None:
    """While the clock stands still, the end of a request leads to no other one."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    part = Part(page)
    # Its timers are those of the clock that is stopped now.
    page.evaluate("document.getElementById('part').remove()")
    page.unroute("**/part/")
    page.route("**/part/", hold)
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    page.evaluate(_COUNT_ENDS)
    page.evaluate(_INSERT, part.html())
    # The first response is swapped, and the second says the same.
    for number in (1, 2):
        page.clock.run_for(60)
        wait_until(page, partial(_has, held, number))
        # Ticks while the response is awaited.
        page.clock.run_for(500)
        held[-1].fulfill(body=part.html(), headers=HEADERS)
        wait_until(page, partial(_has_ended, page, number))
    page.evaluate("fetch('/healthz')")
    assert len(held) == 2


def _has(held: list[Route], number: int) -> bool:
    return len(held) == number


def _has_ended(page: Page, number: int) -> bool:
    return bool(page.evaluate("ended") == number)
