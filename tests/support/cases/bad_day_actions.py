"""What somebody does on a bad day: each page that is opened and each form that is posted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from customers.models import Batch, BatchRow, Write
from customers.service import default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient, forget_codat
from tests.support.batch_rows import batch_of
from tests.support.journal import sent, write_request
from tests.support.pages.controls import Controls, fields

HTMX = {"HX-Request": "true"}
TYPED = "Quillfeather & Typed"
COMPANY = "qbo"


@dataclass(frozen=True)
class Browser:
    """A signed-in person, with the sandbox and a customer."""

    sandbox: Sandbox
    client: RawPathClient
    customer_id: str

    @property
    def company_id(self) -> str:
        return self.sandbox.company(COMPANY)

    def customers(self, rest: str = "") -> str:
        return links.customers(self.company_id) + rest

    def warm_cache(self) -> None:
        """Put the company and its model into the cache."""
        service = default_service()
        service.get_company(company_id=self.company_id)
        service.get_create_update_model(
            company_id=self.company_id, connection_id=self.sandbox.connection(COMPANY)
        )


Act = Callable[[], Any]


def reading(path: Callable[[Browser], str], *, known: bool = False, **headers: str) -> Any:
    def prepare(browser: Browser) -> Act:
        if known:
            browser.warm_cache()
        return lambda: browser.client.get(path(browser), headers=headers)

    return prepare


def reading_again(path: Callable[[Browser], str]) -> Any:
    """A page that was read before, so that its stale data can be shown."""

    def prepare(browser: Browser) -> Act:
        assert browser.client.get(path(browser)).status_code == 200
        return lambda: browser.client.get(path(browser))

    return prepare


def saving(path: Callable[[Browser], str], *, known: bool = True, action: str = "save") -> Any:
    def prepare(browser: Browser) -> Act:
        url = path(browser)
        form = fields(browser.client.get(url))
        form |= {"f.customerName": TYPED, "f.status": "Active", "action": action}
        if not known:
            forget_codat()
        return lambda: browser.client.post(url, form)

    return prepare


def drafting(*, known: bool) -> Any:
    def prepare(browser: Browser) -> Act:
        form = fields(browser.client.get(browser.customers("new/"))) | {"f.customerName": TYPED}
        if not known:
            forget_codat()
        return lambda: browser.client.post(browser.customers("new/draft/"), form, headers=HTMX)

    return prepare


def following(browser: Browser) -> Act:
    browser.warm_cache()
    user = browser.client.session["_auth_user_id"]
    write = sent(User.objects.get(pk=user), write_request(browser.sandbox, customerName=TYPED))
    assert write.state == Write.State.PENDING
    address = links.write(browser.company_id, write.pk)
    return lambda: browser.client.get(address + "?check=1", headers=HTMX)


def refreshing(browser: Browser) -> Act:
    return lambda: browser.client.post(links.refresh(browser.company_id))


def batch_row(browser: Browser) -> str:
    """A row of a batch that needs correction."""
    user = User.objects.get(pk=browser.client.session["_auth_user_id"])
    batch = batch_of(user, browser.company_id, "ready", invalid=1)
    Batch.objects.update(connection_id=browser.sandbox.connection(COMPANY))
    BatchRow.objects.update(customer_id=browser.customer_id)
    return links.batch_row(browser.company_id, batch.pk, 1)


def making_a_batch(*, known: bool) -> Any:
    """A batch of all that a list shows, which is read when the batch is made."""

    def prepare(browser: Browser) -> Act:
        url = links.new_batch(browser.company_id, is_all=True)
        form = Controls(browser.client.get(url).content.decode()).fields
        form |= {"f.1.key": "phone", "f.1.text": "1", "note": TYPED, "action": "save"}
        if not known:
            forget_codat()
        return lambda: browser.client.post(url, form)

    return prepare


def file(rest: str) -> Callable[[Browser], str]:
    return lambda browser: links.customers(browser.sandbox.company("files")) + rest


# The action, and the calls that fail: a regular expression for `METHOD /path`.
ROWS: dict[str, tuple[Any, str]] = {
    "companies": (reading(lambda _: links.companies()), "."),
    "list": (reading(lambda b: b.customers()), "."),
    "list, company known": (reading(lambda b: b.customers(), known=True), "."),
    "list, fragment": (reading(lambda b: b.customers(), HX_Request="true"), "."),
    "detail": (reading(lambda b: b.customers(f"{b.customer_id}/")), "."),
    "companies, seen": (reading_again(lambda _: links.companies()), "."),
    "list, seen": (reading_again(lambda b: b.customers()), "."),
    "detail, seen": (reading_again(lambda b: b.customers(f"{b.customer_id}/")), "."),
    "attachments": (reading(file("one/attachments/")), "."),
    "attachments, fragment": (
        reading(file("one/attachments/"), HX_Request="true"),
        "/attachments",
    ),
    "download": (reading(file("one/attachments/only/download/")), "/attachments"),
    "the file itself": (reading(file("one/attachments/only/download/")), "/download"),
    "new": (reading(lambda b: b.customers("new/")), "."),
    "new, its model": (reading(lambda b: b.customers("new/")), "/options/"),
    "edit": (reading(lambda b: b.customers(f"{b.customer_id}/edit/"), known=True), "."),
    "create": (saving(lambda b: b.customers("new/")), "."),
    "create, cold": (saving(lambda b: b.customers("new/"), known=False), "."),
    "update": (saving(lambda b: b.customers(f"{b.customer_id}/edit/")), "^PUT "),
    "update, re-read": (saving(lambda b: b.customers(f"{b.customer_id}/edit/")), "^GET "),
    "update, cold": (saving(lambda b: b.customers(f"{b.customer_id}/edit/"), known=False), "."),
    "batch row": (reading(batch_row), "."),
    "batch row, save": (saving(batch_row), "."),
    "new batch": (reading(lambda b: links.new_batch(b.company_id, is_all=True)), "."),
    "new batch, made": (making_a_batch(known=True), "."),
    "new batch, made cold": (making_a_batch(known=False), "."),
    "draft": (drafting(known=True), "."),
    "draft, cold": (drafting(known=False), "."),
    "write": (following, "."),
    "Codat's history": (reading(lambda b: links.codat_writes(b.company_id)), "."),
    "refresh": (refreshing, "."),
    "freshness": (reading(lambda b: links.freshness(b.company_id)), "."),
}
