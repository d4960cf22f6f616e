"""Users as the site reads them."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest


class UserBackend(ModelBackend):
    """Django's users and permissions. Every page needs a user's preferences and person: one query reads all three."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The user of a name and a password; None also where the settings allow no passwords."""
        if not settings.LOCAL_PASSWORDS:
            return None
        return super().authenticate(request, username=username, password=password, **kwargs)

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, None where there is none any more or they may not sign in."""
        try:
            user = User.objects.select_related("preferences", "person").get(pk=user_id)
        except User.DoesNotExist:
            return None
        return user if self.user_can_authenticate(user) else None
