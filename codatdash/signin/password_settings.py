"""Django's settings of passwords that no operator changes. The settings import this module."""

from django.conf import global_settings

# The first one hashes new passwords; the others read hashes from elsewhere.
PASSWORD_HASHERS = [
    "codatdash.signin.passwords.NormalisedHasher",
    *global_settings.PASSWORD_HASHERS[1:],
]
_RULES = (
    "UserAttributeSimilarityValidator",
    "MinimumLengthValidator",
    "CommonPasswordValidator",
    "NumericPasswordValidator",
)
AUTH_PASSWORD_VALIDATORS = [
    *(
        {
            "NAME": "codatdash.signin.passwords.Normalised",
            "OPTIONS": {"rule": f"django.contrib.auth.password_validation.{name}"},
        }
        for name in _RULES
    ),
    {"NAME": "codatdash.signin.passwords.WordsValidator"},
]
