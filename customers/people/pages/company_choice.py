"""The part of a form in which companies are chosen: a search that works without scripts, a tag, an owner."""

from typing import Any

from django.contrib.auth.models import User
from django.http import QueryDict

from customers.access.people import scope_of
from customers.people import companies
from customers.people.forms import is_id
from customers.people.granting import MAX_GIVEN


def company_choice(by: User, posted: QueryDict) -> dict[str, Any]:
    """The context of `people/_company_choice.html`: what was ticked stays, also where the search finds others."""
    scope = scope_of(by)
    text = posted.get("find_text", "").replace("\0", "")[:200]
    ids = [each for each in posted.getlist("company") if is_id(each)]
    ticked = companies.named(ids[:MAX_GIVEN], scope)
    known = {choice.company_id for choice in ticked}
    found, has_more = companies.search(text, scope) if text.strip() else ((), False)
    return {
        "find_text": text,
        "ticked": ticked,
        "found": [choice for choice in found if choice.company_id not in known],
        "found_nothing": bool(text.strip()) and not found,
        "has_more": has_more,
        "tags": companies.tags(scope),
        "tag": posted.get("tag", ""),
        "owner": posted.get("owner", "")[:200],
        "may_name_any": scope.is_everything,
    }
