"""The whole job: 400 customers get another country, 12 are refused, corrected together, retried and confirmed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Locator, Page, expect

from customers.models import Batch, Write
from customers.web import links
from sandbox import Sandbox
from tests.browser.conftest import editor_page, wait_for_work
from tests.support.batches import customers_of
from tests.support.programs import processes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

BIG = "big"
CUSTOMERS, REFUSED = 400, 12
OLD, NEW = "Atlantis", "United Kingdom"
BAD, GOOD = "00000", "SW1A 1AA"


@pytest.fixture
def ids(sandbox: Sandbox) -> list[str]:
    """400 customers whose name says that they belong together, with a wrong country; 12 have a code that is refused."""
    company = sandbox.state(BIG)
    found = customers_of(sandbox, CUSTOMERS, BIG)
    for number, customer_id in enumerate(found):
        address = {
            "type": "Billing",
            "line1": f"{number} Quay",
            "city": "Port",
            "region": "",
            "country": OLD,
            "postalCode": BAD if number % 33 == 1 and number < 33 * REFUSED else "N1 9GU",
        }
        changed = {"customerName": f"Lighthouse {number:03d}", "addresses": [address]}
        for records in (company.source, company.copy):
            # QuickBooks masks these numbers, so they come back different.
            masked = ("taxNumber", "registrationNumber")
            kept = {
                name: value for name, value in records[customer_id].items() if name not in masked
            }
            records[customer_id] = kept | changed
    sandbox.settings.refused_value = BAD
    sandbox.settings.push_delay = sandbox.settings.sync_delay = 0.3
    return found


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
    """One person at the pages of a batch."""

    def __init__(self, page: Page, *, has_scripts: bool) -> None:
        self.page = page
        self.has_scripts = has_scripts

    def select_all(self, address: str) -> None:
        """Select all that match, over the pages of the list, and press Edit."""
        self.page.goto(address)
        if self.has_scripts:
            self.page.get_by_label("Select all rows of this page").check()
            self.page.get_by_role("button", name=f"Select all {CUSTOMERS}").click()
            self.page.get_by_role("link", name=f"Edit {CUSTOMERS}").click()
        else:
            self.page.get_by_role("link", name=f"Edit all {CUSTOMERS} that match").click()
        expect(self.page.locator("#selected")).to_contain_text(f"{CUSTOMERS} customers")

    def set_field(self, number: int, label: str, value: str) -> None:
        """Say what one field shall be."""
        # Before that, the page's scripts do not answer to it.
        self.page.wait_for_load_state()
        entry = self.page.locator(f"#entry-{number}")
        entry.get_by_label("Field", exact=True).select_option(label=label)
        if not self.has_scripts:
            entry.get_by_role("button", name="Show its inputs").click()
        entry.get_by_label("New value").fill(value)

    def wait_for(self, count: str, text: str) -> None:
        """Wait until a count of the batch's page has a value; without scripts the page is loaded again."""
        self.wait(self.page.locator(f"#count-{count} strong"), text)

    def wait_for_the_end(self) -> None:
        """Wait until no row goes on."""
        self.wait(self.page.locator("#batch-state"), "Finished")

    def wait(self, place: Locator, text: str) -> None:
        """Wait for a text of the page, and without scripts load the page again."""
        wait_for_work(place, text, has_scripts=self.has_scripts)

    def send(self, changes: int) -> None:
        """Wait for the check, and start."""
        self.wait_for("queued", str(changes))
        # The last row is checked before the batch is: a page loaded between the two has no button yet.
        button = self.page.get_by_role("button", name=f"Send {changes} change")
        self.wait(button, f"Send {changes} change")
        button.click()


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["scripts", "no-scripts"])
def test_four_hundred_customers_get_another_country(
    page: Page, sandbox: Sandbox, ids: list[str], worker: None, request: pytest.FixtureRequest
) -> None:
    job = Job(page, has_scripts=request.node.callspec.params["page"])
    company = sandbox.company(BIG)

    job.select_all(links.customers(company) + "?q=" + quote_plus("Lighthouse"))
    job.set_field(1, "Country", NEW)
    page.get_by_label("Note").fill("Year-end clean-up")
    page.get_by_role("button", name=f"Check {CUSTOMERS} customers").last.click()
    page.wait_for_url("**/batches/*-*/")
    job.send(CUSTOMERS)
    job.wait_for("refused", str(REFUSED))
    job.wait_for("confirmed", str(CUSTOMERS - REFUSED))
    job.wait_for_the_end()
    expect(page.locator("#batch")).to_contain_text(f"{BAD} is not accepted")

    # What was refused is corrected together: the same change, and another postal code.
    page.get_by_role("link", name="Retry with other values").first.click()
    expect(page.locator("#selected")).to_contain_text(f"{REFUSED} customers")
    page.get_by_role("button", name="Add another field").click()
    job.set_field(2, "Postal code", GOOD)
    page.get_by_role("button", name=f"Check {REFUSED} customers").last.click()
    page.wait_for_url("**/batches/*-*/")
    job.send(REFUSED)
    job.wait_for("confirmed", str(REFUSED))

    source = sandbox.state(BIG).source
    addresses = [source[customer_id]["addresses"][0] for customer_id in ids]
    assert {address["country"] for address in addresses} == {NEW}
    assert [address["postalCode"] for address in addresses].count(GOOD) == REFUSED
    assert Batch.objects.count() == 2
    assert Write.objects.filter(confirmation="confirmed").count() == CUSTOMERS
    taken = [call for call in sandbox.calls if call.method == "PUT"]
    assert len(taken) == CUSTOMERS + REFUSED
