"""Every page in its states: who sees it, how one gets there, and what goes wrong meanwhile."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.stack import EDITOR, NOBODY, VIEWER, Request, Stack, Visitor
from customers.web import links
from tests.support.controls import Controls

# The rows of the page of 100, fifty times: axe needs minutes for it, and would find what it finds in those.
LARGE = "list, 5,000 rows"
# How long a change may take to end at the sandbox.
_PATIENCE = 20.0
# On the page of a change whose outcome is still to come.
_RUNNING = "to see its state"
_LIST = "/data/customers"
_PUSH = r"^(POST|PUT) /companies/[^/]+/connections/[^/]+/push/customers"


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
    """A fault at Codat: the calls that match get this status."""
    return {"match": match, "kind": "status", "status": status}


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


_COUNTRY = {"f__1__key": "addresses.country", "f__1__where_key": "addresses.type"}
_NEW_ROW = {"entries": "1,2", "f__2__key": "addresses"}


def wrong_settings(visitor: Visitor) -> Request:
    """The settings with a time zone that does not exist."""
    return Request(links.settings(), {"time_zone": "nowhere"} | csrf(visitor))


def batch(state: str, query: str = "", *, row: int = 0) -> Reach:
    """The page of the batch in this state, or of one of its rows."""

    def reach(visitor: Visitor) -> Request:
        listed = visitor.send(Request(f"{links.batches()}?state={state}")).text
        found = re.search(r'data-label="Batch"[^>]*><a href="([^"]+)"', listed)
        if not found:
            raise LookupError(f"no batch is {state}")
        return Request(found[1] + (f"rows/{row}/" if row else "") + query)

    return reach


def import_in(state: str, query: str = "") -> Reach:
    """The page of the import in this state."""

    def reach(visitor: Visitor) -> Request:
        listed = visitor.send(Request(f"{links.imports()}?state={state}")).text
        found = re.search(r'data-label="File"[^>]*><a href="([^"]+)"', listed)
        if not found:
            raise LookupError(f"no import is {state}")
        return Request(found[1] + query)

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


_EMPTY = {
    "kind": "json",
    "match": _LIST,
    "body": '{"results": [], "totalResults": 0, "pageNumber": 1, "pageSize": 100}',
}
_FIELD = "?path=phone"
_CUSTOMER = of(links.customer, "qbo", "39")

PAGES: tuple[Page, ...] = (
    Page("sign-in", at("/accounts/login/"), NOBODY),
    Page("home", at(links.home())),
    Page("home, viewer", at(links.home()), VIEWER),
    Page("home, whole team", at(links.home("show=team"))),
    Page("home, nothing snoozed", at(links.home("show=snoozed"))),
    Page("home, companies found", at(links.home("q=region%3Duk"))),
    Page("home, no company found", at(links.home("q=nothing-like-this"))),
    Page("home, snooze menu", at(links.home()), act=(".problem-later summary", ".problem-later details[open]")),
    Page("problem, old copies", at(links.problem("copies-old"))),
    Page("activity", at(links.activity())),
    Page("activity, nothing found", at(links.activity("outcome=left&person=nobody"))),
    Page("companies", at("/companies/")),
    Page("companies, viewer", at("/companies/"), VIEWER),
    Page("companies, nothing found", at("/companies/?q=nothing-like-this")),
    Page("list", of(links.customers, "qbo")),
    Page("list, viewer", of(links.customers, "qbo"), VIEWER),
    Page("list, one result", of(links.customers, "qbo", query="?q=Birkett&status=Active")),
    Page("list, 100 rows", of(links.customers, "big")),
    Page(LARGE, of(links.customers, "big", query="?page_size=5000")),
    Page("list, odd names", of(links.customers, "odd", query="?deleted=show")),
    Page("list, nothing found", of(links.customers, "qbo", query="?q=zzz")),
    Page("list, empty", of(links.customers, "freshbooks"), fault=_EMPTY),
    Page("list, never synced", of(links.customers, "never_synced")),
    Page("list, syncing", of(links.customers, "syncing")),
    Page("list, no accounting", of(links.customers, "no_accounting")),
    Page("list, not linked", of(links.customers, "deauthorized")),
    Page("list, read-only", of(links.customers, "read_only")),
    Page("list, out of date", of(links.customers, "qbo"), fault=failing(503, _LIST)),
    Page("list, all columns", of(links.customers, "qbo", query="?columns=all&order_by=-city")),
    Page("compare", of(links.compare, "qbo", query="?id=1&id=2&id=39")),
    Page("compare, one chosen", of(links.compare, "qbo", query="?id=1"), status=422),
    Page("new batch", new_batch),
    Page("new batch, fields", lambda visitor: new_batch(visitor, action="fields", **_COUNTRY, **_NEW_ROW)),
    Page("new batch, errors", lambda visitor: new_batch(visitor, action="save", **_COUNTRY), status=422),
    Page("new batch, nothing selected", of(links.new_batch, "qbo"), status=422),
    Page("new batch, not linked", of(links.new_batch, "deauthorized"), status=409),
    Page("export", of(links.export, "qbo")),
    Page("export, viewer", of(links.export, "qbo", query="?all=1&list=status=Active"), VIEWER),
    Page("export, no column ticked", posted(links.export, "qbo", columns="own", own="", action="export"), status=422),
    Page("export, nothing matches", of(links.export, "qbo", query="?all=1&list=q=zzz")),
    Page("export, not linked", of(links.export, "deauthorized")),
    Page("export, never synced", of(links.export, "never_synced"), status=409),
    Page("export, Codat away", of(links.export, "qbo"), status=503, fault=failing(503, _LIST)),
    Page("exports", at(links.exports())),
    Page("exports, none", at(f"{links.exports()}?who=mine&page=9")),
    Page("view, new", saved_view_form),
    Page("view, no name", lambda visitor: saved_view(visitor, ""), status=422),
    Page("view", lambda visitor: saved_view(visitor, "Mine")),
    Page("customer", of(links.customer, "qbo", "39")),
    Page("customer, viewer", of(links.customer, "qbo", "39"), VIEWER),
    Page("customer, from a list", of(links.customer, "qbo", "39", query="?list=q%3DBirkett&at=1")),
    Page("customer, everything", of(links.customer, "odd", "full")),
    Page("customer, fifty addresses", of(links.customer, "odd", "many-rows")),
    Page("customer, unknown keys", of(links.customer, "odd", "supplemental")),
    Page("customer, least", of(links.customer, "odd", "keys-missing")),
    Page("customer, deleted", of(links.customer, "odd", "deleted")),
    Page("customer, read-only", of(links.customer, "read_only", "1")),
    Page("customer, name edited", _CUSTOMER, act=("h1 ~ .pencil", "h1 ~ .slot .field-edit")),
    Page("customer, phone edited", _CUSTOMER, act=("#field-phone .pencil", "#field-phone .field-edit")),
    Page("customer, menu open", _CUSTOMER, act=("details.account summary", "details.account[open]")),
    Page("list, shortcuts", of(links.customers, "qbo"), act=("[data-shortcut-list]", "dialog[open]")),
    Page("customer, input of a field", of(links.field, "qbo", "39", query=_FIELD), fragment=True),
    Page("timeline", of(links.timeline, "qbo", "39")),
    Page("notes, a customer", of(links.notes, "qbo", "customer", "39")),
    Page("notes, a company", of(links.notes, "qbo", query="?owner=choose")),
    Page("freshness", of(links.freshness, "qbo")),
    Page("new", of(links.new, "xero")),
    Page("new, deep", of(links.new, "intacct")),
    Page("new, not linked", of(links.new, "deauthorized")),
    Page("new, read-only", of(links.new, "read_only"), status=409),
    Page("edit", of(links.edit, "qbo", "39")),
    Page("edit, everything", of(links.edit, "odd", "full")),
    Page("edit, errors", posted(links.edit, "qbo", "39", f_customerName="", action="save"), status=422),
    Page("edit, checked", posted(links.edit, "qbo", "39", f_phone="2", action="check")),
    Page("edit, review", posted(links.edit, "qbo", "39", f_phone="1", action="review")),
    Page("edit, conflict", conflict, status=409),
    Page("new, same name", same_name, status=409),
    Page("change, running", running),
    Page("customer, change running", of(links.customer, "qbo", "24")),
    Page("list, change running", of(links.customers, "qbo", query="?page=1")),
    Page("change, accepted", changed("21")),
    Page("change, refused", changed("22", "Fail me later")),
    Page("change, unknown", changed("23", match=_PUSH, kind="reset", handled=True, count=1)),
    Page("history", of(links.writes, "qbo")),
    Page("history, viewer", of(links.writes, "qbo"), VIEWER),
    Page("Codat's history", of(links.codat_writes, "qbo")),
    Page("my changes", at(links.my_writes())),
    Page("my changes, all", at(f"{links.my_writes()}?state=")),
    Page("batches", at(links.batches())),
    Page("batches, none", at(f"{links.batches()}?who=mine&page=9")),
    Page("batches of a company, viewer", of(links.company_batches, "qbo"), VIEWER),
    Page("batch, checking", batch("preparing")),
    Page("batch, ready", batch("ready")),
    Page("batch, running", batch("running")),
    Page("batch, running, viewer", batch("running", "?state=refused"), VIEWER),
    Page("batch, no row found", batch("running", "?q=zzz")),
    Page("batch, paused", batch("paused")),
    Page("batch, cancelled", batch("cancelled")),
    Page("batch, finished", batch("done")),
    Page("batch, row to correct", batch("ready", row=41)),
    Page("batch, row that was refused", batch("done", row=41)),
    Page("imports", at(links.imports())),
    Page("imports, none", at(f"{links.imports()}?who=mine&page=9")),
    Page("imports of a company", of(links.company_imports, "qbo")),
    Page("imports, viewer", at(links.imports()), VIEWER, status=403),
    Page("new import", of(links.new_import, "qbo")),
    Page("new import, nothing chosen", posted(links.new_import, "qbo", cells=""), status=422),
    Page("new import, not linked", of(links.new_import, "deauthorized")),
    Page("import, reading", import_in("reading")),
    Page("import, unreadable", import_in("unreadable")),
    Page("import, columns, uploaded twice", import_in("columns")),
    Page("import, columns, errors", pressed("columns", "columns", "columns"), status=422),
    Page("import, file, errors", pressed("columns", "file", "file-form"), status=422),
    Page("import, checking", import_in("checking")),
    Page("import, problems", import_in("checked")),
    Page("import, one kind of problem", import_in("checked", "?show=problems&kind=question")),
    Page("import, changed rows", import_in("checked", "?show=changed")),
    Page("import, rows left out", import_in("checked", "?show=left_out")),
    Page("import, no row found", import_in("checked", "?show=new&q=zzz")),
    Page("import, changed meanwhile", pressed("checked", "send", "columns"), status=409),
    Page("import, sent", import_in("sent")),
    Page("import, cancelled", import_in("cancelled")),
    Page("attachments", of(links.attachments, "files", "thirty")),
    Page("attachments, odd names", of(links.attachments, "files", "names")),
    Page("attachments, none", of(links.attachments, "files", "none")),
    Page("attachment, PDF", of(links.attachment, "files", "kinds", "pdf")),
    Page("attachment, picture", of(links.attachment, "files", "kinds", "png")),
    Page("attachment, no preview", of(links.attachment, "files", "kinds", "unknown")),
    Page("settings", at(links.settings())),
    Page("settings, saved", at(f"{links.settings()}?saved=theme,density")),
    Page("settings, errors", wrong_settings, status=422),
    Page("shortcuts", at(links.shortcuts())),
    Page("workers", at(links.workers())),
    Page("audit", at(links.audit())),
    Page("audit, none match", at(links.audit(person="nobody"))),
    Page("what is held about a customer", of(links.held, "qbo", "39")),
    Page("notifications", at(links.notifications())),
    Page("notifications, all", at(links.notifications("show=all"))),
    Page("what you are told", at(links.notification_settings())),
    Page("team channels", at(links.channels())),
    Page("people", at(links.people())),
    Page("person", at(links.person(1))),
    Page("invite a person", at(links.invite())),
    Page("access", at(links.access())),
    Page("link of an invitation, over", at(links.invitation("none")), NOBODY, status=410),
    Page("password", at("/accounts/password/")),
    Page("security", at("/accounts/security/")),
    Page("security, app", at("/accounts/security/app/")),
    Page("security, new passkey", at("/accounts/security/passkeys/add/")),
    Page("sessions", at("/accounts/sessions/")),
    Page("confirm", at("/accounts/confirm/")),
    Page("account switched off", at("/accounts/inactive/"), NOBODY),
    Page("provider, cancelled", at("/accounts/provider/cancelled/"), NOBODY),
    Page("400", at("/audit/400/"), status=400),
    Page("403", of(links.new, "xero"), VIEWER, status=403),
    Page("403, forged post", lambda _: Request("/accounts/password/", {"old": "x"}), status=403),
    Page("data quality", at(links.quality())),
    Page("search, empty", at(links.search())),
    Page("search", at(links.search("?q=beacon"))),
    Page("search, filters", at(links.search("?lacks=email&deleted=hide"))),
    Page("search, nothing found", at(links.search("?q=nothing-like-this&status=Active"))),
    Page("404", at("/nowhere/"), status=404),
    Page("405", lambda visitor: Request(links.my_writes(), csrf(visitor)), status=405),
    Page("500", at("/audit/500/"), status=500),
    Page("503", at("/audit/503/"), status=503),
    Page("Codat down", of(links.customers, "zoho"), status=503, fault=failing(503)),
    Page("Codat wrong", of(links.customers, "exact"), status=502, fault={"match": ".", "kind": "html"}),
    Page("Codat, too many requests", of(links.customers, "dynamics"), status=503, fault=failing(429)),
    Page("Codat, key wrong", of(links.customers, "netsuite"), status=502, fault=failing(401)),
)  # fmt: skip
