"""What axe finds on a page in a browser: one set of rules for the tests and for the audit."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# A rule of WCAG 2.2 that axe leaves out by default, and Lighthouse does not.
_OPTIONS = {"rules": {"target-size": {"enabled": True}}}


def violations(page: Page) -> list[str]:
    """The findings of axe, a line for each rule and element."""
    return [
        f"{violation['id']}: {node['html'][:200]} ({node.get('failureSummary', '')[:300]})"
        for violation in Axe().run(page, options=_OPTIONS).response["violations"]
        for node in violation["nodes"]
    ]
