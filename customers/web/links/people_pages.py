"""The addresses of the pages of people."""

from urllib.parse import quote


def people(query: str = "") -> str:
    """The list of people; `query` is its query string without "?"."""
    return f"/people/?{query}" if query else "/people/"


def person(person_id: int, done: str = "") -> str:
    """One person. `done` names what was done just now."""
    return f"/people/{person_id}/" + (f"?done={done}" if done else "")


def invite() -> str:
    """The form that invites a person."""
    return "/people/invite/"


def invitation(token: str) -> str:
    """Where an invited person sets their password."""
    return f"/invitations/{quote(token, safe='')}/"


def access() -> str:
    """Where somebody without a role or a company asks for access."""
    return "/access/"
