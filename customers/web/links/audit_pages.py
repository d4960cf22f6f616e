"""The addresses of the audit and of what is held about a customer."""

from urllib.parse import urlencode

from customers.web.links.browsing_pages import customer


def audit(**filters: str) -> str:
    """The entries; `filters` are `person`, `company`, `customer`, `kind`, `from`, `to`."""
    query = urlencode({name: text for name, text in filters.items() if text}, errors="replace")
    return f"/audit/?{query}" if query else "/audit/"


def audit_table() -> str:
    """The entries as CSV; a query string follows."""
    return "/audit/entries.csv"


def audit_lines() -> str:
    """The entries as JSON lines; a query string follows."""
    return "/audit/entries.jsonl"


def held(company_id: str, customer_id: str) -> str:
    """What the dashboard holds about a customer. POST has it forgotten."""
    return f"{customer(company_id, customer_id)}held/"
