"""`@name` finds only those who may see the company, and says nothing of anybody else."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from customers.access import people
from customers.access.scopes import grant_key, seeing
from customers.models import CompanyState, Grant, Notice, SubjectKind
from customers.notes import notes
from customers.notes import people as readers
from customers.notes.mentions import MAX_NAMES, find_mentions, parts
from customers.notes.people import reader, readers_of
from customers.notes.subjects import Subject
from tests.support.people import person

pytestmark = pytest.mark.django_db
COMPANY = "c1"


@pytest.fixture
def maren(db: None) -> User:
    """Somebody who sees this company alone."""
    user = person("maren", sees_all=False)
    people.grant(user, Grant.Kind.COMPANY, COMPANY)
    return user


@pytest.fixture
def others(db: None) -> list[User]:
    """People who do not see it: of another company, without a role, inactive."""
    elsewhere = person("elsewhere", sees_all=False)
    people.grant(elsewhere, Grant.Kind.COMPANY, "c2")
    inactive = person("inactive")
    inactive.is_active = False
    inactive.save()
    return [elsewhere, person("no.role", None), inactive]


@pytest.mark.parametrize(
    "text",
    [
        "@maren",
        "Ask @maren.",
        "(@maren)",
        "@maren, please",
        "@nobody and @maren",
        "see\n@maren@",
        "@maren, @maren",
    ],
)
def test_a_name_is_found(maren: User, text: str) -> None:
    assert find_mentions(text, COMPANY) == {"maren": maren.pk}


@pytest.mark.parametrize("text", ["maren", "a@maren", "@ maren", "@marens", "@Maren", "", "@"])
def test_what_names_nobody(maren: User, text: str) -> None:
    assert find_mentions(text, COMPANY) == {}


def test_a_name_that_ends_like_a_sentence(maren: User) -> None:
    dotted = person("j.doe.")
    assert find_mentions("@j.doe. and @maren.", COMPANY) == {"j.doe.": dotted.pk, "maren": maren.pk}


def test_others_are_not_found(maren: User, others: list[User]) -> None:
    text = " ".join(f"@{user.username}" for user in (maren, *others))
    assert find_mentions(text, COMPANY) == {"maren": maren.pk}
    assert find_mentions(text, "c2") == {"elsewhere": others[0].pk}


def test_somebody_who_may_not_see_it_reads_like_nobody(
    maren: User, viewer: User, others: list[User]
) -> None:
    """The same parts, for a name that exists and for one that does not."""
    subject = Subject(SubjectKind.COMPANY, COMPANY)
    for name in ("elsewhere", "no.role", "inactive", "nobody"):
        note = notes.add(subject, viewer, f"Ask @{name} now", note_id=uuid.uuid4())
        assert note.mentions == {}
        assert list(parts(note.text, note.mentions)) == [(f"Ask @{name} now", False)]


def test_the_parts_of_a_text() -> None:
    text = "@maren: ask @other, then @maren."
    assert list(parts(text, {"maren": 1})) == [
        ("@maren", True),
        (": ask @other, then ", False),
        ("@maren", True),
        (".", False),
    ]
    assert "".join(part for part, _ in parts("a@maren @maren <b>", {"maren": 1})) == (
        "a@maren @maren <b>"
    )


def test_the_number_of_names_is_bounded(maren: User) -> None:
    names = " ".join(f"@n{number}" for number in range(MAX_NAMES))
    assert find_mentions(f"{names} @maren", COMPANY) == {}


def test_an_edited_note_mentions_anew(maren: User, viewer: User) -> None:
    subject = Subject(SubjectKind.COMPANY, COMPANY)
    note = notes.add(subject, viewer, "Ask @maren", note_id=uuid.uuid4())
    assert note.mentions == {"maren": maren.pk}
    notes.edit(subject, viewer, note.pk, "Ask @viewer")
    note.refresh_from_db()
    assert note.mentions == {"viewer": viewer.pk}


def test_who_is_mentioned_is_told_once(maren: User, viewer: User, others: list[User]) -> None:
    subject = Subject(SubjectKind.CUSTOMER, COMPANY, "39")
    text = f"Secret: ask @maren, @viewer and @{others[0].username}"
    note = notes.add(subject, viewer, text, note_id=uuid.uuid4())
    notes.add(subject, viewer, text, note_id=note.pk)
    notes.edit(subject, viewer, note.pk, f"{text} again")
    (told,) = Notice.objects.all()
    assert (told.user, told.kind, told.link) == (maren, "mention", subject.notes_url)
    assert told.title == "viewer mentioned you in a note"
    editor = person("editor")
    notes.edit(subject, viewer, note.pk, "@maren and @editor")
    assert {each.user for each in Notice.objects.all()} == {maren, editor}


def test_a_link_is_never_cut(maren: User, viewer: User) -> None:
    subject = Subject(SubjectKind.CUSTOMER, COMPANY, "客" * 300)
    notes.add(subject, viewer, "Ask @maren", note_id=uuid.uuid4())
    assert Notice.objects.get().link == Subject(SubjectKind.COMPANY, COMPANY).notes_url


def test_a_grant_by_tag_counts(maren: User) -> None:
    tagged = person("tagged", sees_all=False)
    people.grant(tagged, Grant.Kind.TAG, "north", key="region")
    people.grant(tagged, Grant.Kind.OWNER, "somebody")
    assert find_mentions("@tagged", COMPANY) == {}
    line = grant_key(Grant.Kind.TAG, "region", "north")
    CompanyState.objects.create(company_id=COMPANY, read_at=timezone.now(), grant_keys=line)
    assert find_mentions("@tagged", COMPANY) == {"tagged": tagged.pk}
    assert readers_of(COMPANY) == [maren, tagged]


def test_colleagues_of_other_companies_cost_no_query(
    maren: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        people.grant(person(f"n{number}", sees_all=False), Grant.Kind.COMPANY, "c2")
    # What names the company, and the people.
    with django_assert_num_queries(2):
        assert readers_of(COMPANY) == [maren]


def test_people_with_tags_cost_no_query_and_no_place(
    db: None,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readers, "MAX_READERS", 2)
    line = grant_key(Grant.Kind.TAG, "region", "north")
    CompanyState.objects.create(company_id=COMPANY, read_at=timezone.now(), grant_keys=line)
    for number in range(5):
        people.grant(person(f"a{number}", sees_all=False), Grant.Kind.TAG, "south", key="region")
        people.grant(person(f"b{number}", sees_all=False), Grant.Kind.TAG, "north", key="region")
    with django_assert_num_queries(2):
        assert [user.username for user in readers_of(COMPANY)] == ["b0", "b1"]


def test_rows_and_people_agree_on_who_sees_a_company(db: None) -> None:
    company = str(uuid.uuid4())
    lines = [grant_key(Grant.Kind.TAG, "Region", 'a "b"'), grant_key(Grant.Kind.OWNER, "", "Me")]
    keys = "\n".join(lines)
    CompanyState.objects.create(company_id=company, read_at=timezone.now(), grant_keys=keys)
    for kind, key, value in (
        ("company", "", company.upper()), ("company", "", f"{company}1"),
        ("tag", "Region", 'a "b"'), ("tag", "region", 'a "b"'), ("tag", "Region", 'A "b"'), ("tag", "", "Me"),
        ("owner", "", "Me"), ("owner", "", "me"), ("owner", "Region", 'a "b"'),
    ):  # fmt: skip
        user = person(f"user{User.objects.count()}", sees_all=False)
        people.grant(user, Grant.Kind(kind), value, key=key)
    expected = [user for user in User.objects.all() if people.scope_of(user).has(company)]
    assert len(expected) == 3
    assert list(User.objects.filter(seeing(company)).order_by("pk")) == expected


def test_the_readers_of_a_company(maren: User, viewer: User, others: list[User]) -> None:
    superuser = User.objects.create_superuser("root")
    assert readers_of(COMPANY) == [maren, superuser, viewer]
    assert readers_of("c2") == [others[0], superuser, viewer]
    assert reader(maren.pk, COMPANY) == maren
    assert reader(maren.pk, "c2") is None
    assert [reader(user.pk, COMPANY) for user in others] == [None] * 3


def test_a_mention_may_have_its_accents_apart(maren: User) -> None:
    jose = person("jos\u00e9")
    note = notes.add(
        Subject(SubjectKind.COMPANY, COMPANY), maren, "Ask @jose\u0301.", note_id=uuid.uuid4()
    )
    assert note.mentions == {"jos\u00e9": jose.pk}
    assert ("@jos\u00e9", True) in parts(note.text, note.mentions)
