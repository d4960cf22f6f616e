"""Users as the site reads them."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User


class UserBackend(ModelBackend):
    """Django's users and permissions. Every page needs a user's preferences and person: one query reads all three."""

    def get_user(self, user_id: int) -> User | None:
        """The user of a session, None where there is none any more or they may not sign in."""
        try:
            user = User.objects.select_related("preferences", "person").get(pk=user_id)
        except User.DoesNotExist:
            return None
        return user if self.user_can_authenticate(user) else None
