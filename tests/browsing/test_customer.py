"""One customer's page."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from sandbox import Sandbox
from tests.conftest import RawPathClient

HTMX = {"HX-Request": "true"}


def url(sandbox: Sandbox, customer_id: str = "full", key: str = "odd") -> str:
    return f"/companies/{sandbox.company(key)}/customers/{quote(customer_id, safe='')}/"


def test_shows_every_field(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = viewer_client.get(url(sandbox))
    assert page.status_code == 200
    text = page.content.decode()
    for value in (
        "Everything at once",
        "Freya Ivarsson",
        "freya@everything.example",
        "DKK",
        "DK12345678",
        "12 34 56 78",
        "København",
        "+45 35 55 01 03",
        "Fax",
        "2 Nov 2024, 09:12 UTC",
        "15 Mar 2025, 20:35 UTC",
    ):
        assert value in text, value


def test_shows_unknown_fields(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    text = viewer_client.get(url(sandbox, "C00001", "intacct")).content.decode()
    assert "Other fields" in text
    for value in ("Credit limit", "25000.5", "Gideon Ashdown", "+1 503 555 0102", "net-30"):
        assert value in text, value


def test_one_call_to_codat_and_attachments_load_as_a_fragment(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    viewer_client.get("/companies/")
    sandbox.clear_calls()
    text = viewer_client.get(url(sandbox)).content.decode()
    assert len(sandbox.calls) == 1
    assert f'hx-get="{url(sandbox)}attachments/" hx-trigger="load"' in text
    assert f'<a href="{url(sandbox)}attachments/">Show attachments</a>' in text


@pytest.mark.parametrize("name", ["name-empty", "name-missing", "name-null", "name-space"])
def test_empty_null_and_missing_read_the_same(
    sandbox: Sandbox, viewer_client: RawPathClient, name: str
) -> None:
    text = viewer_client.get(url(sandbox, name)).content.decode()
    assert '<span class="muted">Unnamed customer</span></h1>' in text
    assert "None" not in text.partition('<details class="raw"')[0].replace("None of", "")


def test_an_unknown_date_is_left_out_and_an_invalid_one_is_shown(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add(
        "/data/customers/",
        "json",
        body='{"id":"1","modifiedDate":"0001-01-01T00:00:00","sourceModifiedDate":"yesterday"}',
    )
    text = viewer_client.get(url(sandbox, "1")).content.decode()
    assert "yesterday" in text
    assert "Changed in MYOB AccountRight yesterday" in text
    assert "Changed in Codat" not in text


def test_a_deleted_customer_is_marked(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert "Deleted in MYOB" in viewer_client.get(url(sandbox, "deleted")).content.decode()


def test_the_record_as_json_keeps_its_digits(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add(
        "/data/customers/", "json", body='{"id":"1","credit":0.10000000000000000005}'
    )
    text = viewer_client.get(url(sandbox, "1")).content.decode()
    assert text.count("0.10000000000000000005") == 2


@pytest.mark.parametrize(
    "body",
    [
        '{"id":"1","addresses":{"line1":"a"},"contacts":"nobody","metadata":3}',
        '{"id":"1","addresses":[null,7,[],{"line1":{"x":1}}],"contacts":[null,{"phone":"5"}]}',
        '{"id":"1","customerName":{"a":1},"status":["x"],"supplementalData":"<b>"}',
        '{"contacts":[{"phone":[null,{"number":null}],"address":[]}]}',
        "{}",
    ],
)
def test_a_record_of_unexpected_shape_has_a_page(
    sandbox: Sandbox, viewer_client: RawPathClient, body: str
) -> None:
    sandbox.faults.add("/data/customers/", "json", body=body)
    answer = viewer_client.get(url(sandbox, "1"))
    assert answer.status_code == 200
    assert "<b>" not in answer.content.decode()


def test_five_hundred_addresses_are_shown(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    rows = ",".join(f'{{"type":"Billing","line1":"House {n}."}}' for n in range(500))
    sandbox.faults.add("/data/customers/", "json", body=f'{{"id":"1","addresses":[{rows}]}}')
    text = viewer_client.get(url(sandbox, "1")).content.decode()
    assert all(f"House {n}." in text for n in range(500))


def test_actions_follow_permissions(
    sandbox: Sandbox, viewer_client: RawPathClient, editor_client: RawPathClient
) -> None:
    viewed = viewer_client.get(url(sandbox)).content.decode()
    edited = editor_client.get(url(sandbox)).content.decode()
    assert f'href="{url(sandbox)}edit/"' not in viewed
    assert "Duplicate" not in viewed
    assert f'href="{url(sandbox)}edit/"' in edited
    assert "Duplicate" in edited
    assert "Change history" in viewed


def test_an_id_that_looks_encoded(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert "Id that looks encoded<" in viewer_client.get(url(sandbox, "a%2Fb")).content.decode()
    assert "Id with a slash<" in viewer_client.get(url(sandbox, "a/b")).content.decode()


@pytest.mark.parametrize("segment", ["..", "%2e%2e", ".", "%2E"])
def test_dots_in_an_id_do_not_change_the_path(
    sandbox: Sandbox, viewer_client: RawPathClient, segment: str
) -> None:
    answer = viewer_client.get(f"/companies/{sandbox.company('odd')}/customers/{segment}/")
    assert answer.status_code == 404
    assert not [call for call in sandbox.calls if "/data/customers" in call.path]


def test_fragment_and_page(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    page = viewer_client.get(url(sandbox)).content.decode()
    fragment = viewer_client.get(url(sandbox), headers=HTMX)
    assert "<html" not in fragment.content.decode()
    assert fragment.content.decode().strip() in page
    assert "HX-Request" in fragment["Vary"]


def test_a_customer_that_does_not_exist(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.get(url(sandbox, "nobody"))
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "Not found in Codat" in text
    assert f'href="/companies/{sandbox.company("odd")}/customers/">Back to customers' in text


def test_without_sign_in(anonymous_client: RawPathClient) -> None:
    answer = anonymous_client.get("/companies/x/customers/a%2Fb/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/companies/x/customers/a%252Fb/"


def test_without_permission(outsider_client: RawPathClient) -> None:
    assert outsider_client.get("/companies/x/customers/1/").status_code == 403


def test_wrong_method(viewer_client: RawPathClient) -> None:
    assert viewer_client.post("/companies/x/customers/1/").status_code == 405


def test_codat_is_unavailable(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add("/data/customers/", "html", status=503, count=-1)
    answer = viewer_client.get(url(sandbox))
    assert answer.status_code == 503
    assert "Codat returned an error" in answer.content.decode()
    assert "Bad Gateway" not in answer.content.decode()
