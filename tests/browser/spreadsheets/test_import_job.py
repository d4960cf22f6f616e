"""The whole job: 200 rows of a spreadsheet, 12 of them wrong, are mended on the page, sent, and all confirmed."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Locator, Page, expect

from customers.models import Batch, Import, Write
from customers.web import links
from sandbox import Sandbox
from tests.browser.conftest import editor_page, wait_for_work
from tests.support.batches import customers_of
from tests.support.programs import processes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BIG = "big"
CHANGED, NEW = 100, 100
ROWS = CHANGED + NEW
HEADINGS = [
    *("Our number", "Firm", "Telephone", "Status", "Street", "Town", "Post code", "Country"),
    "Remarks",
]
# Rows that are wrong, by their numbers from 0: a status that is not in the list, a postal code that is too long, a name
# that looks like a customer's.
WRONG_STATUS, LONG_CODE, ALIKE = range(0, 80, 10), (101, 151), (110, 160)


@pytest.fixture
def ids(sandbox: Sandbox) -> list[str]:
    """The customers that the sheet changes, and two with whose names rows of new customers are confused."""
    company = sandbox.state(BIG)
    found = customers_of(sandbox, CHANGED + len(ALIKE), BIG)
    for number, customer_id in enumerate(found):
        name = f"Lighthouse {number:03d}" + ("" if number < CHANGED else " Limited")
        for records in (company.source, company.copy):
            # QuickBooks masks these numbers, so they come back different.
            masked = ("taxNumber", "registrationNumber")
            kept = {key: value for key, value in records[customer_id].items() if key not in masked}
            records[customer_id] = kept | {"customerName": name, "addresses": []}
    sandbox.settings.push_delay = sandbox.settings.sync_delay = 0.3
    return found


@pytest.fixture
def sheet(ids: list[str], tmp_path: Path) -> Path:
    """The spreadsheet."""
    path = tmp_path / "spring-customers.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number in range(ROWS):
            is_known = number < CHANGED
            name = f"Lighthouse {number:03d}" if is_known else f"Harbour {number:03d}"
            if number in ALIKE:
                name = f"LIGHTHOUSE {CHANGED + ALIKE.index(number)} Ltd"
            writer.writerow(
                [
                    ids[number] if is_known else "",
                    name,
                    f"+44 20 7946 {number:04d}",
                    "Activ" if number in WRONG_STATUS else "Active",
                    f"{number} Quay",
                    "Port",
                    "N1 9GU " * 10 if number in LONG_CODE else "N1 9GU",
                    "United Kingdom",
                    "call before noon",
                ]
            )
    return path


@pytest.fixture
def worker(ids: list[str], live: str) -> Iterator[None]:
    """A worker, as `make run` starts one."""
    process = processes.start(
        "manage.py", "work", output=subprocess.DEVNULL, CODAT_WORKER_PACE="100"
    )
    try:
        yield
    finally:
        processes.kill(process)


@pytest.fixture
def page(
    chromium: Browser, live: str, editor: User, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A browser in which the editor has signed in, with or without JavaScript."""
    context = chromium.new_context(base_url=live, java_script_enabled=request.param)
    yield editor_page(context)
    context.close()


class Job:
    """One person at the page of an import."""

    def __init__(self, page: Page, *, has_scripts: bool) -> None:
        self.page = page
        self.has_scripts = has_scripts

    def wait(self, place: Locator, text: str = "") -> None:
        """Wait for a part of the page, and its text; without scripts load the page again."""
        wait_for_work(place, text, has_scripts=self.has_scripts)

    def wait_for_check(self, problems: int) -> None:
        """Wait until nothing is being checked, with so many problems left."""
        self.wait(self.page.locator("#send"), "Send")
        expect(self.page.locator("#tab-problems")).to_contain_text(str(problems))

    def group(self, heading: str) -> Locator:
        """The problems of one kind."""
        return self.page.locator(
            ".problem-group", has=self.page.get_by_role("heading", name=heading)
        )


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["scripts", "no-scripts"])
def test_two_hundred_rows_are_imported(
    page: Page,
    sandbox: Sandbox,
    ids: list[str],
    sheet: Path,
    worker: None,
    request: pytest.FixtureRequest,
) -> None:
    job = Job(page, has_scripts=request.node.callspec.params["page"])
    company = sandbox.company(BIG)

    page.goto(links.customers(company))
    page.get_by_label("More", exact=True).click()
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("CSV, TSV, XLSX or ODS").set_input_files(sheet)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/imports/*-*/")

    job.wait(page.locator("#check-rows"), f"Check {ROWS} rows")
    expect(page.locator("#columns")).to_contain_text("7 of 9 matched, 2 left out")
    page.get_by_label("Our number").select_option(label="Customer ID")
    page.get_by_label("Match customers by").select_option(label="Customer ID")
    page.locator("#check-rows").click()

    correct(job, ids)
    expect(page.locator(".save-bar")).to_contain_text("calls left today")
    page.get_by_role("button", name=f"Send {ROWS} rows").click()
    job.wait(page.locator("#import-state"), f"Finished: {ROWS} of {ROWS} confirmed")
    expect(page.get_by_role("link", name="View the batch")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the outcome").click()
    check_outcome(sandbox, ids, download.value.path())


def correct(job: Job, ids: list[str]) -> None:
    """Correct the twelve rows that cannot be sent as they are."""
    # One answer for all of a kind, ...
    job.wait_for_check(problems=12)
    status = job.group("Status is not in the list")
    status.get_by_label("Status of all 8 rows").select_option("Active")
    status.get_by_role("button", name="Correct all 8").click()
    # ... fields of single rows, ...
    job.wait_for_check(problems=4)
    codes = job.group("Postal code is too long")
    for number in LONG_CODE:
        codes.locator(f'[id^="cell-{number + 2}."]').fill("SW1A 1AA")
    codes.get_by_role("button", name="Save and check").click()
    # ... and decisions.
    job.wait_for_check(problems=2)
    names = job.group("New, or spelled differently")
    changed, created = (names.get_by_label(f"What row {number + 2} is") for number in ALIKE)
    changed.select_option(f"change:{ids[CHANGED]}")
    created.select_option("create")
    names.get_by_role("button", name="Save and check").click()
    job.wait_for_check(problems=0)


def check_outcome(sandbox: Sandbox, ids: list[str], path: Path) -> None:
    """The file says what became of each row; the accounting software and the journal have it, once."""
    rows = list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))
    assert [row["Outcome"] for row in rows] == ["Confirmed"] * ROWS
    assert all(row["Customer ID"] for row in rows)
    source = sandbox.state(BIG).source
    named = {record["customerName"]: record for record in source.values()}
    assert [source[pk]["phone"] for pk in ids[:CHANGED]] == [
        f"+44 20 7946 {number:04d}" for number in range(CHANGED)
    ]
    assert source[ids[CHANGED]]["customerName"] == "LIGHTHOUSE 100 Ltd"
    assert named["LIGHTHOUSE 101 Ltd"]["phone"] == "+44 20 7946 0160"
    assert named["Harbour 101"]["addresses"][0]["postalCode"] == "SW1A 1AA"
    assert Batch.objects.count() == Import.objects.count() == 1
    assert Write.objects.filter(confirmation="confirmed").count() == ROWS
    sent = [
        call.method
        for call in sandbox.calls
        if call.method in ("PUT", "POST") and "/push/customers" in call.path
    ]
    assert (sent.count("PUT"), sent.count("POST")) == (CHANGED + 1, NEW - 1)
