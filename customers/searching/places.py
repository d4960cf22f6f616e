"""Companies and pages that a search leads to, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User

from customers import scope
from customers.index import words
from customers.models import IndexedCompany
from customers.searching.entries import Entry, Part, Parts, Reason, parts
from customers.web import links
from customers.web.reader import Reader

# Companies and pages of one search.
MAX_COMPANIES, MAX_PAGES = 4, 4


@dataclass(frozen=True, slots=True)
class Company:
    """A company by its ID and name."""

    company_id: str
    name: str


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of the dashboard: its name, other words for it, and who may open it ("" for every reader).

    `for_all`: only those who see all companies.
    """

    url: str
    name: str
    icon: str
    other_words: str = ""
    needs: str = ""
    for_all: bool = False


_MANAGERS = "customers.manage_people"
_WRITERS, _AUDITORS, _STAFF = "customers.write_customers", "customers.read_audit", "staff"
_PAGES = (
    _Page(links.home(), "Home", "home", "problems what needs doing start"),
    _Page(links.companies(), "Companies", "building-office-2", "clients"),
    _Page(links.activity(), "Activity", "chart-bar", "team changes history"),
    _Page(links.my_writes(), "My changes", "clock", "writes drafts history"),
    _Page(links.batches(), "Batches", "square-3-stack-3d", "bulk"),
    _Page(links.imports(), "Imports", "arrow-up-tray", "spreadsheets upload csv xlsx", _WRITERS),
    _Page(links.exports(), "Exports", "arrow-down-tray", "spreadsheets download csv xlsx"),
    _Page(links.approvals(), "Approvals", "check-circle", "requests second person"),
    _Page(links.approval_rules(), "Rules for approval", "check-circle", "approvals", _MANAGERS),
    _Page(links.quality(), "Data quality", "check-circle", "rules duplicates missing wrong"),
    _Page(links.settings(), "Settings", "cog-6-tooth", "preferences theme dark time zone density"),
    _Page(links.notifications(), "Notifications", "bell", "messages told unread"),
    _Page(
        links.notification_settings(), "Notification settings", "bell", "notifications mail digest"
    ),
    _Page(
        links.channels(), "Team channels", "bell", "webhook slack teams", _MANAGERS, for_all=True
    ),
    _Page(links.shortcuts(), "Keyboard shortcuts", "command-line", "keys help"),
    _Page(links.people(), "People", "users", "accounts roles invite access", _MANAGERS),
    _Page(links.invite(), "Invite a person", "plus", "people add account", _MANAGERS),
    _Page("/accounts/security/", "Security", "key"),
    _Page("/accounts/sessions/", "Sessions", "key"),
    _Page("/admin/", "Users and groups", "users", "admin permissions", _STAFF),
    _Page(links.audit(), "Audit", "document-text", "who looked read log", _AUDITORS),
    _Page(links.workers(), "Workers", "cpu-chip", "background", _MANAGERS),
)


def known_companies(reader: Reader) -> Sequence[Company]:
    """The companies of the index by name; without an index those that the reader used last."""
    rows = IndexedCompany.objects.order_by("name", "pk").values_list("company_id", "name")
    found = [Company(company_id, name or f"Company {company_id}") for company_id, name in rows]
    if found:
        return found
    return [Company(one.company_id, one.name) for one in reader.recent_companies]


def matching_companies(text: str, companies: Iterable[Company]) -> list[Company]:
    """The companies whose names have words that begin with all words of a text, at most `MAX_COMPANIES`.

    Those that begin with the text come first.
    """
    wanted = words.words(text)
    if not wanted:
        return []
    found = [each for each in companies if _has_words(each.name, wanted)]
    key = " ".join(wanted)
    found.sort(key=lambda each: not words.key(each.name).startswith(key))
    return found[:MAX_COMPANIES]


def _has_words(name: str, wanted: Sequence[str]) -> bool:
    text = f" {words.key(name)}"
    return all(f" {word}" in text for word in wanted)


def company_entry(company: Company, text: str = "") -> Entry:
    """A company's list of customers."""
    return Entry(
        url=links.customers(company.company_id),
        title=_with_beginning(company.name, text),
        details=(Reason("", (Part("Company"),)),),
        mark=(company.company_id, company.name),
    )


def _with_beginning(name: str, text: str) -> Parts:
    """A name; what it begins with is marked where that is the text."""
    length = len(text.strip())
    is_start = length > 0 and name.casefold().startswith(text.strip().casefold())
    return parts(name, [(0, min(length, len(name)))] if is_start else [])


def page_entries(text: str, user: User) -> list[Entry]:
    """The pages whose name or other words begin with the words of a text."""
    wanted = words.words(text)
    found = [
        Entry(url=page.url, title=_with_beginning(page.name, text), icon=page.icon)
        for page in _PAGES
        if wanted and _has_words(f"{page.name} {page.other_words}", wanted) and _may(page, user)
    ]
    return found[:MAX_PAGES]


def _may(page: _Page, user: User) -> bool:
    if page.needs == _STAFF:
        return user.is_staff and settings.ADMIN_SITE
    if page.for_all and not scope.current().is_everything:
        return False
    return not page.needs or user.has_perm(page.needs)


def action_entries(first: Entry | None, companies: Iterable[Company]) -> Iterator[Entry]:
    """What can be done: edit the first customer that was found, add one to each of some companies."""
    if first is not None and first.edit_url:
        title = "".join(part.text for part in first.title)
        yield Entry(
            url=first.edit_url,
            title=(Part(f"Edit {title}"),),
            details=(Reason("", (Part(first.aside),)),),
            icon="pencil",
            key="Shift+Enter",
        )
    for company in companies:
        yield Entry(
            url=links.new(company.company_id),
            title=(Part(f"New customer in {company.name}"),),
            icon="plus",
        )
