"""Django's database sessions, safe against a session cookie that holds a NUL."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Treats a key with a NUL as no key: PostgreSQL rejects any statement that carries one."""

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(None if session_key and "\0" in session_key else session_key)
