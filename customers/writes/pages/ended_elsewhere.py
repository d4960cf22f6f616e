"""What is said of changes that ended while their person was on another page: a toast (docs/interface.md)."""

import uuid
from collections.abc import Iterable
from typing import Any

from customers.models import Write
from customers.web import links
from customers.web.attention import MAX_WATCHED, RUNNING
from customers.writes import sentences


def toast(user_id: int, watched: Iterable[str], open_path: str) -> dict[str, Any] | None:
    """The toast about the changes in `watched` (their IDs) that run no more; None where there is nothing to say.

    The page at `open_path` says itself how its own change, or a change of its own customer, has ended.
    """
    ended = [
        write
        for write in Write.objects.filter(pk__in=_ids(watched), user_id=user_id)
        .exclude(state__in=RUNNING)
        .order_by("-created_at")
        if not _is_shown(write, open_path)
    ]
    if not ended:
        return None
    is_bad = any(write.state != Write.State.SUCCESS for write in ended)
    if len(ended) == 1:
        [write] = ended
        name = write.customer_name or "Unnamed customer"
        text = f"{name}: {sentences.status(write).label.lower()}"
        url = links.write(write.company_id, write.pk)
    else:
        refused = sum(write.state != Write.State.SUCCESS for write in ended)
        text = f"{len(ended)} changes have ended" + (
            f", {refused} with a problem" if refused else ""
        )
        url = links.my_writes() + ("" if is_bad else "?state=")
    return {"text": text, "level": "bad" if is_bad else "good", "url": url, "label": "View"}


def _ids(texts: Iterable[str]) -> list[uuid.UUID]:
    """The first few of the texts that are IDs: they come from an address."""
    ids = []
    for text in list(texts)[:MAX_WATCHED]:
        try:
            ids.append(uuid.UUID(text))
        except ValueError:
            continue
    return ids


def _is_shown(write: Write, path: str) -> bool:
    if path == links.write(write.company_id, write.pk):
        return True
    return bool(write.customer_id) and path == links.customer(write.company_id, write.customer_id)
