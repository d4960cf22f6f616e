"""The journal's pages: history, one write, one's own, Codat's own, and what is on its way."""

from __future__ import annotations

import re
import uuid
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Write
from customers.service import CustomerService
from customers.web import links
from customers.writes import journal
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.controls import fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    return sandbox.company("qbo")


def make(company: str, user: User, **values: object) -> Write:
    """A row of the journal."""
    defaults = {
        "company_id": company,
        "company_name": "Castle Street Cycles",
        "connection_id": "c",
        "user": user,
        "username": user.username,
        "kind": Write.Kind.UPDATE,
        "customer_id": "39",
        "customer_name": "Birkett, Ursula",
        "payload": '{"phone": "new 2"}',
        "before": '{"phone": "old 1", "taxNumber": "kept out"}',
        "sent_at": timezone.now(),
    }
    return Write.objects.create(**(defaults | values))


def edit(client: RawPathClient, company: str, customer: str = "39") -> Write:
    """Change a customer through the form."""
    url = links.edit(company, customer)
    client.post(url, fields(client.get(url)) | {"f.phone": "+44 new", "action": "save"})
    return Write.objects.latest("created_at")


def test_history_is_filtered_by_the_address(
    company: str, editor: User, viewer: User, viewer_client: RawPathClient
) -> None:
    done = make(company, editor, state=Write.State.SUCCESS, customer_name="Done Ltd")
    failed = make(company, viewer, state=Write.State.FAILED, customer_name="Failed Ltd")
    make("another", editor, customer_name="Elsewhere Ltd")
    url = links.writes(company)

    def shown(query: str) -> set[str]:
        html = viewer_client.get(url + query).content.decode()
        return {str(pk) for pk in re.findall(r"/writes/([0-9a-f-]{36})/", html)}

    assert shown("") == {str(done.pk), str(failed.pk)}
    assert shown("?state=failed") == {str(failed.pk)}
    assert shown("?by=editor") == {str(done.pk)}
    assert shown("?kind=create") == set()
    assert shown("?customer=39&state=success") == {str(done.pk)}
    assert shown("?state=nonsense&page=zzz") == set()


def test_history_and_a_write_need_no_codat(
    company: str, editor: User, viewer_client: RawPathClient, sandbox: Sandbox
) -> None:
    write = make(company, editor, state=Write.State.SUCCESS)
    sandbox.faults.add(match="", kind="status", status=503, count=-1)
    assert viewer_client.get(links.writes(company)).status_code == 200
    html = viewer_client.get(links.write(company, write.pk)).content.decode()
    assert "old 1" in html
    assert "new 2" in html
    assert not sandbox.calls


def test_a_write_of_another_company_is_not_shown_here(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    write = make("another", editor)
    assert viewer_client.get(links.write(company, write.pk)).status_code == 404
    assert viewer_client.get(links.write(company, uuid.uuid4())).status_code == 404


def test_viewers_may_look_but_not_decide(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    write = make(company, editor, state=Write.State.UNKNOWN)
    url = links.write(company, write.pk)
    assert viewer_client.get(url).status_code == 200
    assert viewer_client.post(url, {"decision": "not_received"}).status_code == 403
    write.refresh_from_db()
    assert write.state == Write.State.UNKNOWN


def test_ones_own_unfinished_writes_are_one_click_away_with_their_number(
    company: str, editor: User, viewer: User, editor_client: RawPathClient
) -> None:
    mine = make(company, editor, state=Write.State.PENDING, checked_at=timezone.now())
    make(company, editor, state=Write.State.SUCCESS)
    make(company, viewer, state=Write.State.PENDING)
    page = editor_client.get("/companies/").content.decode()
    badge = re.search(r'id="my-writes".*?</a>', page, re.DOTALL)
    assert badge
    assert "1<span" in badge[0]
    assert "every 30s" in badge[0]
    assert badge[0] in editor_client.get("/writes/badge/").content.decode()
    html = editor_client.get(links.my_writes()).content.decode()
    assert re.findall(r"/writes/([0-9a-f-]{36})/", html) == [str(mine.pk)]
    assert '<option value="open" selected>' in html
    everything = editor_client.get(links.my_writes() + "?state=").content.decode()
    assert len(re.findall(r"/writes/([0-9a-f-]{36})/", everything)) == 2


def test_both_truths_on_list_and_detail_until_the_change_is_read_back(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    old = sandbox.state("qbo").copy["39"]["phone"]
    write = edit(editor_client, company)
    for url in (links.customers(company), links.customer(company, "39")):
        html = editor_client.get(url).content.decode()
        assert "Pending changes" in html
        assert "by <bdi>editor</bdi>" in html
        assert links.write(company, write.pk) in html
    assert old in html
    assert "+44 new" in html
    for _ in range(6):
        sandbox.settle()
        editor_client.get(links.write(company, write.pk) + "?check=1")
    for url in (links.customers(company), links.customer(company, "39")):
        html = editor_client.get(url).content.decode()
        assert "Pending changes" not in html
        assert "+44 new" in html


def test_a_created_customer_is_in_the_list_at_once(
    company: str, editor_client: RawPathClient
) -> None:
    url = links.new(company)
    typed = {"f.customerName": "Brand New Ltd", "f.status": "Active", "action": "save"}
    editor_client.post(url, fields(editor_client.get(url)) | typed)
    assert "Brand New Ltd" in editor_client.get(links.customers(company)).content.decode()


def test_codats_own_history_shows_writes_made_elsewhere(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    write = edit(editor_client, company)
    other = sandbox.state("qbo").pushes[-1] | {"pushOperationKey": "made-elsewhere"}
    sandbox.state("qbo").pushes.append(other)
    html = editor_client.get(links.codat_writes(company)).content.decode()
    assert "made-elsewhere" in html
    assert "elsewhere" in html
    assert links.write(company, write.pk) in html
    for page in ("2", "zzz", "-1", "99999999999"):
        url = f"{links.codat_writes(company)}?page={page}"
        assert editor_client.get(url).status_code == 200


@pytest.mark.parametrize("odd", [{}, {"status": None, "dataType": None, "requestedOnUtc": None}])
def test_what_codats_own_history_leaves_out_is_a_dash(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    monkeypatch: pytest.MonkeyPatch,
    odd: dict[str, None],
) -> None:
    page = {"results": [{"pushOperationKey": "k"} | odd, {}], "totalResults": 2}
    monkeypatch.setattr(CustomerService, "list_push_operations", lambda *_, **__: page)
    answer = viewer_client.get(links.codat_writes(sandbox.company("qbo")))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.count('data-label="Requested">–<') == text.count('data-label="Data type">–<') == 2
    assert text.count('">–</span>') == 2  # the outcomes
    assert text.count('<code class="id muted">–<') == 1


def test_the_support_bundle_holds_ids_and_nothing_about_anybody(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    write = make(company, editor, correlation_id="corr-7", push_operation_key="push-7")
    html = viewer_client.get(links.write(company, write.pk)).content.decode()
    bundle = re.search(r'<pre id="bundle"[^>]*>(.*?)</pre>', html, re.DOTALL)
    assert bundle
    assert "corr-7" in bundle[1]
    assert "push-7" in bundle[1]
    for secret in ("Birkett", "new 2", "editor", "39\n"):
        assert secret not in bundle[1]


def test_what_codat_sends_is_escaped(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    evil = "<script>alert(1)</script>"
    write = make(
        company,
        editor,
        state=Write.State.FAILED,
        customer_name=evil,
        error_message=evil,
        validation=[{"itemId": evil, "message": evil}],
        payload=f'{{"phone": "{evil}"}}',
    )
    for url in (links.write(company, write.pk), links.writes(company)):
        assert evil not in viewer_client.get(url).content.decode()


@pytest.mark.parametrize("key", [["x"], {"a": 1}, 5, "\0", "k" * 500])
def test_a_key_that_is_none_in_codats_own_history(
    company: str, editor_client: RawPathClient, sandbox: Sandbox, key: object
) -> None:
    edit(editor_client, company)
    sandbox.state("qbo").pushes[0]["pushOperationKey"] = key
    assert editor_client.get(links.codat_writes(company)).status_code == 200


def test_what_only_a_person_can_tell_is_not_asked_for_again_and_again(
    company: str, viewer_client: RawPathClient, editor: User
) -> None:
    write = make(company, editor, state=Write.State.UNKNOWN, sent_at=timezone.now())
    page = viewer_client.get(links.write(company, write.pk)).content.decode()
    assert "<h3>Codat’s history</h3>" in page
    assert "load delay" not in page
    assert "We keep checking" not in page
    assert "Check now" in page


def test_a_decision_that_cannot_be_taken_says_why(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add("PUT", "reset", handled=True)
    write = edit(editor_client, company)
    url = links.write(company, write.pk)
    sandbox.state("qbo").pushes[-1]["dataConnectionKey"] = str(uuid.uuid4())
    key = sandbox.state("qbo").pushes[-1]["pushOperationKey"]
    answer = editor_client.post(url, {"decision": "linked", "key": key})
    assert answer.status_code == 404
    text = answer.content.decode()
    assert (
        "Nothing was decided. This operation belongs to another connection, time or customer."
        in text
    )
    assert "We could not ask Codat" not in text


def test_there_is_nothing_before_a_new_customer(
    company: str, editor_client: RawPathClient, editor: User
) -> None:
    write = make(company, editor, kind=Write.Kind.CREATE, before="", customer_id="")
    page = editor_client.get(f"{links.new(company)}?revert={write.pk}").content.decode()
    assert "there is nothing to restore" in page
    assert "deleted under the retention policy" not in page


def test_of_what_nobody_knows_no_page_says_that_it_was_saved(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add("PUT", "status", status=503)
    write = edit(editor_client, company)
    assert write.state == Write.State.UNKNOWN
    page = editor_client.get(links.write(company, write.pk)).content.decode()
    assert "Codat returned an error (503)" in page
    page = editor_client.get(links.customer(company, "39")).content.decode()
    assert "Outcome unknown" in page
    assert "New value (unconfirmed)" in page
    assert "Pending changes" not in page
    page = editor_client.get(links.edit(company, "39")).content.decode()
    assert "We do not know yet whether the change that editor sent" in page
    assert "Includes the change that editor saved" not in page

    Write.objects.update(state=Write.State.PENDING)
    page = editor_client.get(links.customer(company, "39")).content.decode()
    assert "Outcome unknown" not in page
    page = editor_client.get(links.edit(company, "39")).content.decode()
    assert "Includes the change that editor saved" in page


@pytest.mark.parametrize("state", ["failed", "timed_out"])
def test_what_ended_badly_stays_with_its_person_until_they_have_seen_it(
    company: str,
    editor: User,
    editor_client: RawPathClient,
    viewer_client: RawPathClient,
    state: str,
) -> None:
    def badge() -> str:
        return editor_client.get("/writes/badge/").content.decode()

    write = make(company, editor, state=state, completed_at=timezone.now())
    url = links.write(company, write.pk)
    assert '<span class="badge bad">1<span' in badge()
    assert url in editor_client.get(links.my_writes()).content.decode()
    viewer_client.get(url)
    assert "badge bad" in badge()  # Somebody else has seen it.
    editor_client.get(url)
    assert "badge bad" not in badge()
    assert url not in editor_client.get(links.my_writes()).content.decode()


def test_a_refusal_shown_in_the_form_has_been_seen(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    write = make(company, editor, state=Write.State.FAILED)
    editor_client.get(f"{links.edit(company, '39')}?write={write.pk}")
    write.refresh_from_db()
    assert write.seen_at is not None


def test_a_second_new_customer_of_a_name_is_asked_about_first(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    url = links.new(company)

    def typed(name: str) -> dict[str, str]:
        said = {"f.customerName": name, "f.status": "Active", "action": "save"}
        return fields(editor_client.get(url)) | said

    assert editor_client.post(url, typed("Twin Ltd")).status_code == 303
    assert editor_client.post(url, typed("Other Ltd")).status_code == 303

    asked = editor_client.post(url, typed("twin ltd"))
    assert asked.status_code == 409
    assert "editor saved a new customer with this name just now" in asked.content.decode()
    assert Write.objects.count() == 2
    again = editor_client.post(url, fields(asked) | {"action": "save"})
    assert again.status_code == 303
    assert Write.objects.count() == 3

    # A look at what would be sent is no answer, and does not take the answer back either.
    said = fields(asked)
    look = editor_client.post(url, said | {"action": "review", "f.phone": "1"})
    assert fields(look)["same_name"] == said["same_name"]

    # One more of that name is one more to be told of.
    assert (
        editor_client.post(url, fields(asked) | {"action": "save"}).status_code == 303
    )  # The same form.
    third = editor_client.post(url, typed("Twin Ltd") | {"same_name": str(Write.objects.last().pk)})  # type: ignore[union-attr]
    assert third.status_code == 409
    assert Write.objects.count() == 3


def test_what_was_typed_and_not_saved_is_found_without_knowing_where(
    company: str, editor_client: RawPathClient, viewer_client: RawPathClient
) -> None:
    assert "Unsaved drafts" not in editor_client.get(links.my_writes()).content.decode()
    for customer_id, name in (("39", ""), ("", "Half Typed Ltd")):
        form = links.edit(company, customer_id) if customer_id else links.new(company)
        typed = fields(editor_client.get(form)) | {"f.phone": "555 draft"}
        typed |= {"f.customerName": name} if name else {}
        assert editor_client.post(links.draft(company, customer_id), typed).status_code == 204

    page = editor_client.get(links.my_writes()).content.decode()
    assert "Half Typed Ltd</bdi> (new),\n      <bdi>Castle Street Cycles</bdi>" in page
    continues = re.findall(r'href="([^"]+)">Continue<', page)
    assert len(continues) == 2
    for link in continues:
        assert fields(editor_client.get(unescape(link)))["f.phone"] == "555 draft"
    assert "Half Typed" not in viewer_client.get(links.my_writes()).content.decode()

    typed = fields(editor_client.get(unescape(continues[0]))) | {
        "f.status": "Active",
        "action": "save",
    }
    assert editor_client.post(continues[0].partition("?")[0], typed).status_code == 303
    page = editor_client.get(links.my_writes()).content.decode()
    assert len(re.findall(r'href="([^"]+)">Continue<', page)) == 1


def test_findings_name_fields_as_the_page_does(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    items = [
        {"itemId": "CustomerName", "message": "too long"},
        {"itemId": "addresses[1].PostalCode", "message": ""},
        {"itemId": None, "message": "<b>odd</b>"},
    ]
    write = make(company, editor, state=Write.State.FAILED, validation=items, warnings=items[:1])
    page = viewer_client.get(links.write(company, write.pk)).content.decode()
    assert page.count('<strong dir="auto">Customer name</strong>: <span dir="auto">too long<') == 2
    assert (
        '<strong dir="auto">Address 2, Postal code</strong>: <span dir="auto">No reason was given.<'
    ) in page
    assert '<li><span dir="auto">&lt;b&gt;odd&lt;/b&gt;<' in page
    assert "Warnings" in page


def test_a_refusal_after_a_time_out_that_was_seen_is_news(company: str, editor: User) -> None:
    write = make(company, editor, state=Write.State.TIMED_OUT, push_operation_key="k")
    write.seen_by(editor.pk)
    assert Write.objects.count_needing_attention(editor.pk) == (0, 0)
    journal.apply_result(write, {"pushOperationKey": "k", "status": "TimedOut"}, by="poll")
    assert Write.objects.count_needing_attention(editor.pk) == (0, 0)
    journal.apply_result(write, {"pushOperationKey": "k", "status": "Failed"}, by="poll")
    assert Write.objects.count_needing_attention(editor.pk) == (1, 1)


def test_saving_a_new_customer_again_asks_once(company: str, editor_client: RawPathClient) -> None:
    url = links.new(company)
    said = {"f.customerName": "Again Ltd", "f.status": "Active", "action": "save"}
    typed = fields(editor_client.get(url)) | said
    assert editor_client.post(url, typed).status_code == 303
    asked = editor_client.post(url, typed | {"f.phone": "1"})  # Back, and typed on.
    assert asked.status_code == 409
    assert "You already saved this form with different values" in asked.content.decode()
    assert editor_client.post(url, fields(asked) | {"action": "save"}).status_code == 303
