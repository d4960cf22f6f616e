"""The row about the search box: from a typed letter to the shown result, in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from statistics import quantiles

from playwright.sync_api import Page, sync_playwright

from bench.report import Row, milliseconds
from bench.testbed import PASSWORD, USER, Testbed

# Typed letter by letter; each letter that is shown before the next one is a measurement.
TEXTS = ("berg", "solar", "ltd", "anders", "0123", "mail@")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Types one letter more, and returns the milliseconds until its results stand in the page and have been laid out.
_TYPE = """(text) => new Promise((resolve) => {
  const input = document.getElementById("palette-q");
  const results = document.getElementById("palette-results");
  const start = performance.now();
  results.addEventListener("htmx:afterSettle", () => {
    results.getBoundingClientRect();
    resolve(performance.now() - start);
  }, { once: true });
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def row_of(testbed: Testbed, env: Mapping[str, str], sizes: tuple[int, int], *, rounds: int) -> Row:
    """The row, over an index that is filled with so many companies of so many customers."""
    server = testbed.dashboard(env)
    took = typed(server.port, rounds)
    testbed.stop(server)
    return row(took, sizes)


def row(took: list[float], sizes: tuple[int, int]) -> Row:
    """The row for measurements in seconds."""
    slow = quantiles(took, n=20)[-1]
    return Row(
        "Search box, typed letter to shown result, p95",
        slow * 1000,
        200,
        unit="ms",
        dashboard=milliseconds(slow),
        note=f"{sizes[0]:,} companies × {sizes[1]:,} customers, in Chromium",
    )


def typed(port: int, rounds: int) -> list[float]:
    """Seconds for each letter."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page(base_url=f"http://127.0.0.1:{port}")
        _open(page, {"username": USER, "password": PASSWORD})
        took = [
            page.evaluate(_TYPE, text[: length + 1]) / 1000
            for _ in range(rounds)
            for text in TEXTS
            for length in range(len(text))
        ]
        browser.close()
    return took


def _open(page: Page, person: Mapping[str, str]) -> None:
    page.goto("/accounts/login/")
    for name, value in person.items():
        page.locator(f"[name={name}]").fill(value)
    page.keyboard.press("Enter")
    page.locator("#bar-problems").wait_for(state="attached")
    page.goto("/settings/")
    page.keyboard.press("Control+k")
    page.locator("#palette-list").wait_for()
