"""`python -m audit [--pages WORD] [--checkers NAME,...] [--pictures FOLDER]`: examine every page, print the table.

A run over all pages with all checkers also stores the table; any other run is for working on a page.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from audit import browser, html_checkers, lighthouse, report, tools
from audit.pages import LARGE, PAGES
from audit.reaching import Page
from audit.report import Row
from audit.stack import Stack, running
from bench.report import machine
from bench.timing import LoadMonitor

LATEST = tools.HERE / "latest.md"
# What each checker needs, as sentences about what is missing.
NEEDS: dict[str, tuple[Callable[[], str], ...]] = {
    "html-validate": (tools.node_is_missing,),
    "vnu": (tools.node_is_missing, tools.java_is_missing),
    "axe": (tools.chromium_is_missing,),
    "lighthouse": (tools.node_is_missing, tools.chromium_is_missing),
}


def available(wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """The checkers that can be run here, and a sentence for each that cannot."""
    usable, skipped = [], []
    for name in wanted:
        missing = next(filter(None, (need() for need in NEEDS[name])), "")
        if missing:
            skipped.append(f"{name}. {missing}")
        else:
            usable.append(name)
    return usable, skipped


def examine(
    stack: Stack,
    pages: Sequence[Page],
    checkers: Sequence[str],
    folder: Path,
    pictures: Path | None = None,
) -> list[Row]:
    """A row for each page."""
    rows = []
    served, scripted = folder / "served", folder / "scripted"
    served.mkdir()
    scripted.mkdir()
    with ExitStack() as resources:
        chromium = resources.enter_context(browser.chromium()) if "axe" in checkers else None
        lights = resources.enter_context(lighthouse.Lighthouse())
        for page in pages:
            print(f"  {page.name} ...", file=sys.stderr, flush=True)
            row = Row(page.name, max_blocking=report.MAX_BLOCKING if page.name == LARGE else None)
            request = page.request(stack)
            row.findings["status"] = html_checkers.save(stack, page, request, served)
            if chromium and not page.fragment and page.name != LARGE:
                seen = browser.examine(chromium, stack, page, request, pictures)
                row.findings["axe"] = seen.violations
                file = scripted / html_checkers.file_name(page.name)
                file.write_text(seen.html, encoding="utf-8")
            if "lighthouse" in checkers and not page.fragment and not page.act:
                row.scores = lights.examine(stack, page, request)
            rows.append(row)
    for name, check in html_checkers.CHECKERS.items():
        if name in checkers:
            _add(rows, name, check(served), "as served")
            if chromium:
                _add(rows, name, check(scripted), "after scripts")
    return rows


def _add(rows: Sequence[Row], name: str, findings: html_checkers.Findings, how: str) -> None:
    for row in rows:
        found = findings.get(html_checkers.file_name(row.name), [])
        row.findings.setdefault(name, []).extend(f"{line} ({how})" for line in found)


def main() -> int:
    """Examine and report; 1 where a bound is not met."""
    parser = argparse.ArgumentParser(prog="make audit", description=__doc__)
    parser.add_argument("--pages", default="", help="only the pages whose names contain this")
    parser.add_argument("--checkers", default=",".join(NEEDS), help="some of: %(default)s")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of what axe examines")
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    checkers, skipped = available(options.checkers.split(","))
    for sentence in skipped:
        print(f"Skipped: {sentence}")
    pages = [page for page in PAGES if options.pages in page.name]
    monitor = LoadMonitor()
    with running() as stack, tempfile.TemporaryDirectory(prefix="codatdash-audit-") as folder:
        rows = examine(stack, pages, checkers, Path(folder), options.pictures)
    print(report.as_text(rows))
    if len(pages) == len(PAGES) and len(checkers) == len(NEEDS):
        date = datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC")
        when = f"{date}; {machine()}. {monitor.verdict()}"
        LATEST.write_text(report.as_markdown(rows, when, skipped), encoding="utf-8")
        print(f"Written to {LATEST.relative_to(LATEST.parent.parent)}.")
    return int(any(row.problems for row in rows))


if __name__ == "__main__":
    sys.exit(main())
