"""The addresses of the pages of data quality."""

from urllib.parse import urlencode

from customers.web.links.segments import url_segment


def quality(company_id: str = "") -> str:
    """Data quality, of all companies or of one."""
    query = f"?{urlencode({'company': company_id}, errors='replace')}" if company_id else ""
    return f"/quality/{query}"


def duplicates(company_id: str, show: str = "open", page: int = 1) -> str:
    """The probable duplicates of a company; `show` is one of the page's lists, `page` a page of it."""
    return f"/companies/{url_segment(company_id)}/duplicates/{_place(show, page)}"


def duplicate(company_id: str, pair_id: int, show: str = "open", page: int = 1) -> str:
    """One pair of customers that look alike; takes a decision (POST). `show` and `page` lead back to its list."""
    return f"/companies/{url_segment(company_id)}/duplicates/{pair_id}/{_place(show, page)}"


def _place(show: str, page: int) -> str:
    """The query string of a page of a list of pairs; "" for the first page of the first list."""
    pairs = {"show": show} if show != "open" else {}
    if page > 1:
        pairs["page"] = str(page)
    return f"?{urlencode(pairs)}" if pairs else ""
