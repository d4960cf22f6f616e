"""How one gets to a page in one of its states: what is done first, and the request that gets it then."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import unquote

from audit.stack import APPROVED_COMPANY, EDITOR, Request, Stack, Visitor
from customers.web import links
from tests.support.pages.controls import Controls

# How long a change may take to end at the sandbox.
_PATIENCE = 20.0
# On the page of a change whose outcome is still to come.
_RUNNING = "to see its state"


@dataclass(frozen=True)
class Page:
    """One page in one state.

    `reach` does what leads to it and returns the request that gets it. `fault`: what fails at Codat while it is
    looked at. `act`: what is clicked, and what appears then, as CSS selectors. `fragment`: what HTMX gets, not a whole
    page.
    """

    name: str
    reach: Callable[[Visitor], Request]
    person: str = EDITOR
    status: int = 200
    fault: Mapping[str, Any] = field(default_factory=dict)
    act: tuple[str, str] | None = None
    fragment: bool = False

    def request(self, stack: Stack) -> Request:
        """The request that gets it now."""
        return self.reach(stack.visitor(self.person))


Reach = Callable[[Visitor], Request]


def at(path: str) -> Reach:
    """The page at an address."""
    return lambda _: Request(path)


def of(address: Callable[..., str], company: str, *ids: str, query: str = "") -> Reach:
    """A page of one of the sandbox's companies."""
    return lambda visitor: Request(address(visitor.stack.company(company), *ids) + query)


def posted(address: Callable[..., str], company: str, *ids: str, **typed: str) -> Reach:
    """The answer to a form after something was typed; `action` is the button."""

    def reach(visitor: Visitor) -> Request:
        path = address(visitor.stack.company(company), *ids)
        return visitor.form(path, **{name.replace("_", "."): text for name, text in typed.items()})

    return reach


def conflict(visitor: Visitor) -> Request:
    """The save of a form whose customer somebody else has changed since."""
    path = links.edit(visitor.stack.company("sage"), "C00001")
    request = visitor.form(path, **{"f.phone": "01632 960100", "action": "save"})
    visitor.stack.tell("POST", "try/conflict")
    return request


def same_name(visitor: Visitor) -> Request:
    """The save of a new customer with another one's name."""
    path = links.new(visitor.stack.company("odd"))
    return visitor.form(path, **{"f.customerName": "Twin Peaks Coffee", "action": "save"})


def running(visitor: Visitor) -> Request:
    """The page of a change that the accounting software takes its time for."""
    visitor.stack.tell("POST", "settings", push_delay=600)
    try:
        return changed("24", is_awaited=False)(visitor)
    finally:
        visitor.stack.tell("POST", "settings", push_delay=0.2)


def changed(customer: str, outcome: str = "", *, is_awaited: bool = True, **fault: Any) -> Reach:
    """The page of a change that was just made, and has ended as the sandbox was told."""

    def reach(visitor: Visitor) -> Request:
        path = links.edit(visitor.stack.company("qbo"), customer)
        request = visitor.form(path, **{"f.phone": f"+44 20 7946 01{customer:0>2}"})
        visitor.stack.tell("POST", "settings", next_write=outcome)
        with visitor.stack.fault(fault):
            response = visitor.send(Request(path, {**(request.fields or {}), "action": "save"}))
        end = time.monotonic() + _PATIENCE
        # The page asks how far the change is whenever it is loaded.
        while is_awaited and _RUNNING in response.text and time.monotonic() < end:
            time.sleep(0.2)
            response = visitor.session.get(response.url, timeout=60)
        return Request(response.url.removeprefix(visitor.stack.url))

    return reach


def failing(status: int, match: str = ".") -> dict[str, Any]:
    """A fault at Codat: the calls that match get this status; a 429 says to wait a minute, which no page does."""
    return {"match": match, "kind": "status", "status": status, "seconds": 60}


def csrf(visitor: Visitor) -> dict[str, str]:
    """The token that a post needs."""
    return {"csrfmiddlewaretoken": visitor.cookies["csrftoken"]}


def new_batch(visitor: Visitor, **typed: str) -> Request:
    """The page on which a batch of a whole list is made; after something was typed its answer."""
    company = visitor.stack.company("qbo")
    path = links.new_batch(company, listed="?status=Active", is_all=True)
    if not typed:
        return Request(path)
    return visitor.form(path, **{name.replace("__", "."): text for name, text in typed.items()})


def wrong_settings(visitor: Visitor) -> Request:
    """The settings with a time zone that does not exist."""
    return Request(links.settings(), {"time_zone": "nowhere"} | csrf(visitor))


def batch(state: str, query: str = "", *, row: int = 0) -> Reach:
    """The page of the batch in this state, or of one of its rows."""

    def reach(visitor: Visitor) -> Request:
        listed = visitor.send(Request(f"{links.batches()}?state={state}")).text
        path = _found(
            r'data-label="Batch"[^>]*><a href="([^"]+)"', listed, f"a batch that is {state}"
        )
        return Request(path + (f"rows/{row}/" if row else "") + query)

    return reach


def import_in(state: str, query: str = "") -> Reach:
    """The page of the import in this state."""

    def reach(visitor: Visitor) -> Request:
        listed = visitor.send(Request(f"{links.imports()}?state={state}")).text
        path = _found(
            r'data-label="File"[^>]*><a href="([^"]+)"', listed, f"an import that is {state}"
        )
        return Request(path + query)

    return reach


def pressed(state: str, action: str, form: str) -> Reach:
    """The answer to a button of an import's page that does nothing."""

    def reach(visitor: Visitor) -> Request:
        path = import_in(state)(visitor).path
        fields = Controls(visitor.send(Request(path)).text, form).fields
        changed = {
            "column.1": "customerName",
            "header_row": "",
            "version": "0" if action == "send" else fields["version"],
        }
        return Request(path, fields | changed | csrf(visitor) | {"action": action})

    return reach


def saved_view_form(visitor: Visitor) -> Request:
    """The form that saves a list as a view."""
    return Request(links.new_view(links.customers(visitor.stack.company("qbo")) + "?q=Birkett"))


def saved_view(visitor: Visitor, name: str) -> Request:
    """The page of a view that was just saved; without a name the form with what is missing."""
    form = saved_view_form(visitor)
    shown = links.customers(visitor.stack.company("qbo")) + "?q=Birkett"
    post = Request(form.path, {"name": name, "next": shown} | csrf(visitor))
    if not name:
        return post
    visitor.send(post)
    return Request(links.view(1, shown))


def waiting(visitor: Visitor) -> Request:
    """The page of a change that waits for a second person; the editor made it."""
    editor = visitor.stack.visitor(EDITOR)
    path = links.edit(visitor.stack.company(APPROVED_COMPANY), _customer_of(editor))
    request = editor.form(path, **{"f.phone": "01632 960111", "action": "save"})
    response = editor.send(request)
    return Request(response.url.removeprefix(visitor.stack.url))


def waiting_approval(visitor: Visitor) -> Request:
    """The page of the request that a change waits for; made where there is none."""
    editor = visitor.stack.visitor(EDITOR)
    pattern = r'href="(/approvals/[0-9a-f-]{36}/)"'
    listed = editor.send(Request(links.approvals())).text
    if not re.search(pattern, listed):
        listed = editor.send(waiting(editor)).text
    return Request(_found(pattern, listed, "a request for approval"))


def withdrawn_approval(visitor: Visitor) -> Request:
    """The page of a request after its author withdrew it."""
    request = waiting_approval(visitor)
    visitor.send(Request(request.path, {"action": "withdraw"} | csrf(visitor)))
    return request


def duplicate(visitor: Visitor) -> Request:
    """The page of a pair of customers after the editor said that they are one."""
    editor, company = visitor.stack.visitor(EDITOR), visitor.stack.company("odd")
    pattern = r'"(/companies/[^"]+/duplicates/\d+/[^"]*)"'
    listed = editor.send(Request(links.duplicates(company))).text
    if found := re.search(pattern, listed):
        editor.send(Request(found[1], {"decision": "same"} | csrf(editor)))
    listed = editor.send(Request(links.duplicates(company, "same"))).text
    return Request(_found(pattern, listed, "a pair"))


def _customer_of(visitor: Visitor) -> str:
    """The ID of the first customer of the company whose changes need approval."""
    company = visitor.stack.company(APPROVED_COMPANY)
    listed = visitor.send(Request(links.customers(company))).text
    return unquote(
        _found(r'href="/companies/[^"]+/customers/([0-9a-f-]{36})/', listed, "a customer")
    )


def _found(pattern: str, text: str, what: str) -> str:
    """The first group of what a page says. Raises LookupError."""
    found = re.search(pattern, text)
    if not found:
        raise LookupError(f"the page has no link to {what}")
    return unescape(found[1])
