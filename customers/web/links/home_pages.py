"""The addresses of the home page, the team's activity, notes and the workers."""

from customers.web.links.segments import url_segment


def home(query: str = "") -> str:
    """The home page; `query` is its query string without "?"."""
    return f"/?{query}" if query else "/"


def problem(key: str) -> str:
    """One problem: what it consists of, and what can be done (POST)."""
    return f"/problems/{key}/"


def activity(query: str = "") -> str:
    """What the team changed in all companies; `query` is its query string without "?"."""
    return f"/activity/?{query}" if query else "/activity/"


def activity_file() -> str:
    """The same as a file; its query string follows."""
    return "/activity/changes.csv"


def notes(company_id: str, kind: str = "", subject_id: str = "") -> str:
    """The notes and the owner of a company; with `kind` (customer, change, problem) of something of it."""
    company = f"/companies/{url_segment(company_id)}/notes/"
    return f"{company}{kind}/{url_segment(subject_id)}/" if kind else company


def workers() -> str:
    """The page of the workers, for administrators."""
    return "/workers/"
