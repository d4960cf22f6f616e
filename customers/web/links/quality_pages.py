"""The addresses of the pages of data quality."""

from urllib.parse import urlencode

from customers.web.links.segments import url_segment


def quality(company_id: str = "") -> str:
    """Data quality, of all companies or of one."""
    query = f"?{urlencode({'company': company_id}, errors='replace')}" if company_id else ""
    return f"/quality/{query}"


def duplicates(company_id: str, show: str = "open") -> str:
    """The probable duplicates of a company; `show` is one of the page's lists."""
    query = f"?{urlencode({'show': show})}" if show != "open" else ""
    return f"/companies/{url_segment(company_id)}/duplicates/{query}"


def duplicate(company_id: str, pair_id: int) -> str:
    """One pair of customers that look alike; takes a verdict (POST)."""
    return f"/companies/{url_segment(company_id)}/duplicates/{pair_id}/"
