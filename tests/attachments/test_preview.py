"""The list as its address asks for it, one attachment looked at, and its bytes for looking at."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from customers.attachments import file_types
from customers.attachments import preview_view as attachment_views
from customers.attachments.streaming import places
from sandbox import Sandbox
from tests.conftest import RawPathClient

HTMX = {"HX-Request": "true"}


def listing(sandbox: Sandbox, customer_id: str, key: str = "files", **query: str) -> str:
    path = f"/companies/{sandbox.company(key)}/customers/{customer_id}/attachments/"
    return path + ("?" + urlencode(query) if query else "")


def names(client: RawPathClient, path: str) -> list[str]:
    return [row["name"] for row in client.get(path).context["attachments"]]


def body(sandbox: Sandbox, customer_id: str, attachment_id: str) -> bytes:
    return b"".join(map(bytes, sandbox.file("files", customer_id, attachment_id).pieces()))


def leave(answer: Any) -> None:
    """What the server does when the browser goes away, without the signal that closes the test's database."""
    for close in answer._resource_closers:
        close()


# --- The list ----------------------------------------------------------------------------------


def test_it_is_sorted_by_its_address(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    up = names(viewer_client, listing(sandbox, "kinds"))
    assert up == sorted(up, key=str.casefold)
    assert names(viewer_client, listing(sandbox, "kinds", order_by="-name")) == up[::-1]
    rows = viewer_client.get(listing(sandbox, "kinds", order_by="-fileSize")).context["attachments"]
    sizes = [row["bytes"] for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    by_type = viewer_client.get(listing(sandbox, "kinds", order_by="type"))
    labels = [row["kind"].label for row in by_type.context["attachments"]]
    assert labels == [*sorted(labels[:-2]), "file", "file"]
    assert 'aria-sort="ascending"' in by_type.content.decode()


def test_what_has_no_value_comes_last(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    for order in ("fileSize", "-fileSize", "dateCreated", "-dateCreated", "name", "-name"):
        rows = viewer_client.get(listing(sandbox, "names", order_by=order)).context["attachments"]
        assert rows[-1]["name"] == "–"


def test_it_is_narrowed_by_its_address(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert names(viewer_client, listing(sandbox, "thirty", q="INVOICE 30")) == ["Invoice 0030.pdf"]
    assert len(names(viewer_client, listing(sandbox, "thirty", kind="image"))) == 10
    answer = viewer_client.get(listing(sandbox, "thirty", kind="pdf", q="0003"))
    assert "1 of 30 attachments" in answer.content.decode()
    none = viewer_client.get(listing(sandbox, "thirty", q="nothing like it")).content.decode()
    assert "None of the 30 attachments matches" in none
    odd = viewer_client.get(listing(sandbox, "thirty", kind="<b>", order_by="x")).content.decode()
    assert "is not a sort of file" in odd
    assert "&lt;b&gt;" in odd


def test_sorting_keeps_the_rest_of_the_address(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    text = viewer_client.get(listing(sandbox, "thirty", q="in", kind="pdf")).content.decode()
    heads = re.findall(r'id="files-by-\w+" href="([^"]+)"', text)
    assert len(heads) == 5
    assert all("q=in&amp;kind=pdf" in head for head in heads)
    assert all(head.startswith("/companies/") for head in heads)


def test_thumbnails_are_for_small_pictures_and_on_demand(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    assert "<img" not in viewer_client.get(listing(sandbox, "kinds")).content.decode()
    answer = viewer_client.get(listing(sandbox, "kinds", thumbnails="show"))
    with_one = [row["name"] for row in answer.context["attachments"] if row["thumbnail_url"]]
    assert with_one == ["dot.gif", "dot.webp", "photo.jpg", "photo.png"]
    assert answer.content.decode().count('loading="lazy"') == 4
    assert len(sandbox.calls) == 3  # the company once, the list twice


@pytest.mark.parametrize(
    "attachments",
    [
        [{"id": 7, "name": ["x"], "contentType": {}, "fileSize": "big", "dateCreated": 4}],
        [{}],
        [
            {"id": "a", "fileSize": -1},
            {"id": "b", "fileSize": True},
            {"id": "c", "fileSize": 1e300},
            {"id": "d", "fileSize": 10**400},
        ],
    ],
)
def test_odd_shapes(
    sandbox: Sandbox, viewer_client: RawPathClient, attachments: list[object]
) -> None:
    sandbox.faults.add(
        "/attachments", "json", body=json.dumps({"attachments": attachments}), count=6
    )
    for order in ("name", "type", "fileSize", "-fileSize", "dateCreated", "modifiedDate"):
        answer = viewer_client.get(listing(sandbox, "one", order_by=order))
        assert answer.status_code in (200, 502)


# --- One attachment ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attachment_id", "how"),
    [
        ("pdf", "<iframe"),
        ("png", "<img"),
        ("jpeg", "<img"),
        ("gif", "<img"),
        ("webp", "<img"),
        ("text", "Readme, line 12: Grüße, čaj, 顧客"),
        ("csv", "date,amount"),
        ("svg", "can carry programs"),
        ("html", "can carry programs"),
        ("unknown", "of no sort that can be shown"),
        ("empty", "The file is empty"),
    ],
)
def test_it_is_shown_as_its_bytes_say(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, how: str
) -> None:
    answer = viewer_client.get(listing(sandbox, "kinds") + f"{attachment_id}/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert how in text
    assert "It is not what it says" not in text
    assert "<script>alert" not in text
    assert ("/preview/" in text) == (how in ("<iframe", "<img"))


def test_two_calls_and_only_the_first_bytes(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    viewer_client.get(listing(sandbox, "large"))
    sandbox.clear_calls()
    assert viewer_client.get(listing(sandbox, "large") + "300mb/").status_code == 200
    ends = [call.path.rpartition("/large/")[2] for call in sandbox.calls]
    assert sorted(ends) == ["attachments", "attachments/300mb/download"]
    (file,) = [call for call in sandbox.calls if call.path.endswith("/download")]
    assert file.headers["range"] == f"bytes=0-{file_types.HEAD}"
    # What the sockets hold at most, although the sandbox knows no ranges.
    assert file.sent < 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("attachment_id", "said"),
    [
        ("png-is-html", "its first bytes say web page"),
        ("pdf-is-text", "its first bytes say text"),
        ("text-is-pdf", "its first bytes say PDF"),
        ("svg-is-png", "its first bytes say SVG drawing"),
    ],
)
def test_a_lie_is_said(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, said: str
) -> None:
    text = viewer_client.get(listing(sandbox, "lies") + f"{attachment_id}/").content.decode()
    assert "It is not what it says" in text
    assert said in text


def test_neighbours_follow_the_order_of_the_list(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    path, query = listing(sandbox, "thirty"), "?order_by=-name&kind=pdf"
    ordered = [
        row["id"] for row in viewer_client.get(path.replace("?", "") + query).context["attachments"]
    ]
    answer = viewer_client.get(f"{path}{ordered[1]}/?kind=pdf&order_by=-name", headers=HTMX)
    text = answer.content.decode()
    assert "<html" not in text
    assert "2 of 10" in text
    previous = re.search(r'rel="prev" aria-keyshortcuts="ArrowLeft" href="([^"]+)"', text)
    following = re.search(r'rel="next" aria-keyshortcuts="ArrowRight" href="([^"]+)"', text)
    assert previous
    assert following
    tail = "/?kind=pdf&amp;order_by=-name"
    assert previous[1].endswith(f"attachments/{ordered[0]}{tail}")
    assert following[1].endswith(f"attachments/{ordered[2]}{tail}")
    first = viewer_client.get(f"{path}{ordered[0]}/?kind=pdf&order_by=-name").content.decode()
    assert 'rel="prev"' not in first


def test_what_the_list_leaves_out_is_shown_all_the_same(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    answer = viewer_client.get(listing(sandbox, "kinds") + "pdf/?kind=image")
    assert "contract.pdf" in answer.content.decode()
    unlisted = viewer_client.get(listing(sandbox, "large") + "bytes-10/")
    assert "bytes-10.bin" in unlisted.content.decode()
    assert viewer_client.get(listing(sandbox, "large") + "nope/").status_code == 404


def test_a_file_that_cannot_be_had_leaves_the_page(
    sandbox: Sandbox, viewer_client: RawPathClient
) -> None:
    sandbox.faults.add("/download", "status", status=500, count=9)
    answer = viewer_client.get(listing(sandbox, "thirty") + "0003/")
    text = answer.content.decode()
    assert answer.status_code == 502
    assert "The file could not be looked at" in text
    assert 'rel="next"' in text


def test_a_long_text_is_cut_and_says_so(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    sandbox.faults.add("/download", "status", status=200, body="ä" * 50_000)
    answer = viewer_client.get(listing(sandbox, "kinds") + "text/")
    text = answer.content.decode()
    assert "ä" * 1000 in text
    assert "This is the beginning" in text
    assert "\ufffd" not in text


# --- Bytes for looking at ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attachment_id", "media_type"),
    [
        ("pdf", "application/pdf"),
        ("png", "image/png"),
        ("jpeg", "image/jpeg"),
        ("gif", "image/gif"),
        ("webp", "image/webp"),
        ("text", "text/plain; charset=utf-8"),
    ],
)
def test_a_preview_does_nothing_but_show(
    sandbox: Sandbox, viewer_client: RawPathClient, attachment_id: str, media_type: str
) -> None:
    answer = viewer_client.get(listing(sandbox, "kinds") + f"{attachment_id}/preview/")
    assert answer.status_code == 200
    assert b"".join(answer) == body(sandbox, "kinds", attachment_id)
    assert answer["Content-Type"] == media_type
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["Content-Disposition"].startswith("inline")
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    assert "script" not in policy
    assert policy.endswith("; sandbox") == (attachment_id != "pdf")
    assert places().taken == 0


@pytest.mark.parametrize(
    ("customer_id", "attachment_id"),
    [("kinds", "svg"), ("kinds", "html"), ("kinds", "unknown"), ("kinds", "empty"),
     ("lies", "png-is-html"), ("lies", "svg-is-png")],
)  # fmt: skip
def test_what_is_not_safe_is_no_preview(
    sandbox: Sandbox, viewer_client: RawPathClient, customer_id: str, attachment_id: str
) -> None:
    answer = viewer_client.get(listing(sandbox, customer_id) + f"{attachment_id}/preview/")
    assert answer.status_code == 415
    assert "This file is not shown" in answer.content.decode()
    assert answer["X-Frame-Options"] == "DENY"
    assert places().taken == 0


def test_the_bytes_count_not_the_claim(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    answer = viewer_client.get(listing(sandbox, "lies") + "text-is-pdf/preview/")
    assert answer["Content-Type"] == "application/pdf"
    leave(answer)
    answer = viewer_client.get(listing(sandbox, "lies") + "pdf-is-text/preview/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    leave(answer)


def test_a_preview_has_an_end(
    sandbox: Sandbox, viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachment_views, "PREVIEW_BYTES", 1000)
    path = listing(sandbox, "kinds")
    answer = viewer_client.get(f"{path}png/preview/")
    assert answer.status_code == 413
    assert "are not shown here" in answer.content.decode()
    page = viewer_client.get(f"{path}png/").content.decode()
    assert "are not shown here" in page
    assert "/preview/" not in page
    assert places().taken == 0


def test_no_preview_without_transfer(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert viewer_client.head(listing(sandbox, "kinds") + "png/preview/").status_code == 405


def test_states(
    sandbox: Sandbox,
    viewer_client: RawPathClient,
    anonymous_client: RawPathClient,
    outsider_client: RawPathClient,
) -> None:
    for tail in ("", "preview/"):
        unlinked = listing(sandbox, "1", "deauthorized") + f"1/{tail}"
        answer = viewer_client.get(unlinked)
        assert answer.status_code == 409
        assert "come live from" in answer.content.decode()
        path = listing(sandbox, "one") + f"only/{tail}"
        assert viewer_client.get(listing(sandbox, "one") + f"nope/{tail}").status_code == 404
        assert viewer_client.post(path).status_code == 405
        assert anonymous_client.get(path).status_code == 302
        assert outsider_client.get(path).status_code == 403
        sandbox.faults.add("/download", "status", status=429, seconds=60)
        limited = viewer_client.get(path)
        assert limited.status_code == 503
        sandbox.faults.clear()
    assert places().taken == 0


def test_places_are_given_back(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    """Read, left, refused, broken, never looked at: none keeps its place."""
    path = f"/companies/{sandbox.company('files')}/customers/"
    whole = viewer_client.get(f"{path}kinds/attachments/pdf/download/")
    assert places().taken == 1
    assert b"".join(whole)
    assert places().taken == 0
    leave(viewer_client.get(f"{path}large/attachments/300mb/download/"))
    viewer_client.head(f"{path}kinds/attachments/pdf/download/")
    viewer_client.get(f"{path}kinds/attachments/nope/download/")
    sandbox.faults.add("attachments/pdf$", "status", status=500, count=9)
    assert viewer_client.get(f"{path}kinds/attachments/pdf/download/").status_code == 502
    sandbox.faults.clear()
    broken = viewer_client.get(f"{path}broken/attachments/breaks-off/download/")
    with pytest.raises(Exception, match=r"IncompleteRead|broke"):
        b"".join(broken)
    assert places().taken == 0
    forgotten: Any = viewer_client.get(f"{path}large/attachments/10mb/download/")
    assert places().taken == 1
    forgotten.streaming_content = ()
    forgotten._resource_closers.clear()
    del forgotten
    assert places().taken == 0


def test_beyond_the_places(
    sandbox: Sandbox, viewer_client: RawPathClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places(), "most", 1)
    path = listing(sandbox, "large")
    first = viewer_client.get(f"{path}300mb/download/")
    calls = len(sandbox.calls)
    for tail in ("10mb/download/", "10mb/preview/"):
        refused = viewer_client.get(f"{path}{tail}")
        assert (refused.status_code, refused["Retry-After"]) == (503, "10")
        assert "As many files are on their way" in refused.content.decode()
    assert len(sandbox.calls) == calls
    leave(first)
    assert places().taken == 0
