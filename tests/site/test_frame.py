"""The frame of every page: its name, the side column, recent companies, problems, and how the reader wants it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.template import engines
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from customers.models import Preferences, Write
from customers.web import company_mark, context_processors, links
from customers.web import recent as visits
from customers.web.reader import Reader
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import journal_row

pytestmark = pytest.mark.django_db


def side(client: RawPathClient, url: str = "/accounts/password/") -> str:
    """The side column of a page."""
    html = client.get(url).content.decode()
    return html.partition('id="side"')[2].partition('class="top-bar"')[0]


def recent(client: RawPathClient) -> list[str]:
    """The companies that the side column lists."""
    listed = side(client).partition('id="recent-companies"')[2].partition("</ul>")[0]
    return re.findall(r'class="nav-text" dir="auto">([^<]*)<', listed)


def test_the_name_of_the_product_is_a_setting(
    settings: Settings, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    settings.PRODUCT_NAME = "Foyer & Co"
    html = editor_client.get("/accounts/password/").content.decode()
    assert "<title>Change password · Foyer &amp; Co</title>" in html
    assert '<span class="nav-text">Foyer &amp; Co</span></a>' in html
    fragment = links.attachments(sandbox.company("files"), "thirty")
    html = editor_client.get(fragment, headers={"HX-Request": "true"}).content.decode()
    assert html.count("· Foyer &amp; Co</title>") <= 1
    # The page of a 500 has no context.
    page = engines["jinja2"].get_template("500.html").render({})
    assert "Foyer &amp; Co</title>" in page
    assert 'data-theme="system"' in page
    assert 'id="side"' not in page


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Harbour Lights Ltd", "HL"),
        ("Fern & Field Design", "FF"),
        ("House of Cards", "HC"),
        ("kestrel", "KE"),
        ("O’Brien", "OB"),
        ("of the", "OT"),
        ("7 Up", "7U"),
        ("Ærø", "ÆR"),
        ("北京 公司", "北"),
        ("شركة النور", "ش"),
        ("!?", ""),
        ("–", ""),
    ],
)
def test_initials(name: str, initials: str) -> None:
    assert company_mark.initials(name) == initials


def test_a_companys_colour_depends_on_its_id_alone() -> None:
    colours = [company_mark.colour(f"company-{number}") for number in range(200)]
    assert set(colours) == set(range(company_mark.COLOURS))
    assert company_mark.colour("company-1") == colours[1]
    assert company_mark.colour("\ud800") in range(8)


def test_the_side_column_has_the_rooms_that_a_person_may_open(
    settings: Settings, editor: User, editor_client: RawPathClient, outsider_client: RawPathClient
) -> None:
    entries = re.findall(r'href="([^"]+)"', side(editor_client))
    assert {"/companies/", "/writes/", "/accounts/security/"} <= set(entries)
    assert "/admin/" not in entries
    assert "/writes/" not in re.findall(r'href="([^"]+)"', side(outsider_client))
    User.objects.filter(pk=editor.pk).update(is_staff=True)
    assert "/admin/" not in re.findall(r'href="([^"]+)"', side(editor_client))
    settings.ADMIN_SITE = True
    assert "/admin/" in re.findall(r'href="([^"]+)"', side(editor_client))


def test_the_current_entry_is_marked(editor_client: RawPathClient, sandbox: Sandbox) -> None:
    def current(url: str) -> list[tuple[str, str]]:
        return re.findall(
            r'<a [^>]*?href="([^"]+)"[^>]*?aria-current="(\w+)"', side(editor_client, url)
        )

    company = sandbox.company("qbo")
    customers = links.customers(company)
    assert current("/companies/") == [("/companies/", "page")]
    assert current("/writes/") == [("/writes/", "page")]
    assert current(customers) == [("/companies/", "true"), (customers, "page")]
    assert current(links.writes(company)) == [("/companies/", "true"), (customers, "true")]
    # The entry stays marked when it renews itself.
    polled = editor_client.get(
        links.badge(),
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/writes/?state="},
    )
    assert 'aria-current="page"' in polled.content.decode()


def test_the_companies_used_last_are_listed(
    editor_client: RawPathClient, viewer_client: RawPathClient, sandbox: Sandbox
) -> None:
    keys = ["qbo", "xero", "files", "odd", "sage", "big"]
    names: list[str] = []
    for key in keys:
        editor_client.get(links.customers(sandbox.company(key)))
        names.insert(0, recent(editor_client)[0])
    assert len(set(names)) == 6
    assert recent(editor_client) == names[:5]
    assert len(Preferences.objects.get().recent_companies) == 5
    editor_client.get(links.customer(sandbox.company("odd"), "full"))
    assert recent(editor_client) == [names[2], names[0], names[1], *names[3:5]]
    assert recent(viewer_client) == []


def test_a_visit_is_stored_once(
    editor_client: RawPathClient, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, other = sandbox.company("qbo"), sandbox.company("xero")
    editor_client.get(links.customers(company))
    stored = Preferences.objects.get().recent_companies
    for url in (links.customers(company), links.customer(company, "39"), links.new(company)):
        editor_client.get(url)
    editor_client.head(links.customers(other))
    editor_client.get(links.customers(other), headers={"HX-Request": "true"})
    assert Preferences.objects.get().recent_companies == stored
    assert [company_id for company_id, _ in stored] == [company]

    def locked(*args: object, **kwargs: object) -> None:
        raise OperationalError("database is locked")

    # A page never fails because its visit cannot be stored.
    monkeypatch.setattr(visits, "store", locked)
    assert editor_client.get(links.customers(other)).status_code == 200


def test_recent_companies_go_with_their_person(
    editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    editor_client.get(links.customers(sandbox.company("qbo")))
    assert Preferences.objects.count() == 1
    editor.delete()
    assert Preferences.objects.count() == 0


@pytest.mark.parametrize(
    "stored", [None, "x", {"a": 1}, [1], [["only an id"]], [[1, "A"]], [["id", None], "text"]]
)
def test_stored_companies_of_another_shape_are_not_listed(
    editor: User, editor_client: RawPathClient, sandbox: Sandbox, stored: object
) -> None:
    Preferences.objects.create(user=editor, recent_companies=stored or [])
    assert editor_client.get("/companies/").status_code == 200
    assert recent(editor_client) == []


def marked(html: str) -> list[str]:
    """The recent companies that are marked for a problem."""
    marks = re.findall(r'class="attention" data-company="([^"]+)"( hidden)?>', html)
    assert marks
    return [company for company, hidden in marks if not hidden]


def test_problems_are_in_the_title_and_mark_their_company(
    editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    company, other = sandbox.company("qbo"), sandbox.company("xero")
    for visited in (company, other):
        editor_client.get(links.customers(visited))
    journal_row(other, editor, state=Write.State.PENDING, checked_at=timezone.now())
    html = editor_client.get("/accounts/password/").content.decode()
    assert "<title>Change password" in html
    assert '/favicon.svg" type' in html
    assert marked(html) == []

    journal_row(company, editor, state=Write.State.FAILED)
    journal_row(company, editor, state=Write.State.UNKNOWN)
    html = editor_client.get("/accounts/password/").content.decode()
    assert "<title>(2) Change password" in html
    assert '/favicon-problem.svg" type' in html
    assert marked(html) == [company]
    # So says the entry that renews itself.
    badge = editor_client.get(links.badge()).content.decode()
    assert f'data-companies="[&#34;{company}&#34;]"' in badge


def test_the_frame_makes_two_queries(
    editor: User, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    company = sandbox.company("qbo")
    editor_client.get(links.customers(company))
    journal_row(company, editor, state=Write.State.FAILED)
    for url in ("/accounts/password/", links.new(company)):
        with CaptureQueriesContext(connection) as queries:
            editor_client.get(url)
        texts = [query["sql"] for query in queries]
        assert sum("needs_attention = 1" in text for text in texts) == 1
        # The preferences, with the companies used last, come with the user.
        assert sum('"customers_preferences"' in text for text in texts) == 1
        assert sum('"auth_user"."password"' in text for text in texts) == 1


def test_a_list_of_customers_makes_six_queries(
    administrator_client: RawPathClient,
    sandbox: Sandbox,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """The session, the person, the saved views, two for changes, and one for the frame."""
    url = links.customers(sandbox.company("qbo"))
    administrator_client.get(url)
    with django_assert_num_queries(6):
        administrator_client.get(url)


def test_the_forms_of_a_page_share_a_csrf_token(
    editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.customers(sandbox.company("qbo"))
    pages = [editor_client.get(url).content.decode() for _ in range(2)]
    tokens = [re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page) for page in pages]
    assert all(len(of_page) > 2 and len(set(of_page)) == 1 for of_page in tokens)
    assert tokens[0][0] != tokens[1][0], "each page has a mask of its own"


def test_the_reader_decides_how_a_page_is_shown(
    editor_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(theme="dark", density="compact", shortcuts=False)
    monkeypatch.setattr(context_processors, "reader_of", lambda request: reader)
    html = editor_client.get("/accounts/password/").content.decode()
    attributes = re.findall(r'data-(\w+)="([^"]*)"', html.partition("<html")[2].partition(">")[0])
    assert {("theme", "dark"), ("density", "compact"), ("shortcuts", "off")} <= set(attributes)
    assert '<meta name="color-scheme" content="dark">' in html


def test_the_sign_in_page_says_who_helps(settings: Settings) -> None:
    settings.ADMINISTRATOR_NAME = "Jo Bloggs"
    html = RawPathClient().get("/accounts/login/").content.decode()
    assert "your administrator (Jo Bloggs)" in html
    settings.SUPPORT_CONTACT = "the service desk <3, desk@example.com"
    html = RawPathClient().get("/accounts/login/").content.decode()
    assert 'the service desk &lt;3, <a href="mailto:desk@example.com"' in html
    assert "Jo Bloggs" not in html
