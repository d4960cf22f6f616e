"""The settings of allauth that no operator changes; `codatdash/settings.py` has the others."""

ACCOUNT_ADAPTER = "codatdash.signin.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "codatdash.signin.forms.SignInForm",
    "reauthenticate": "codatdash.signin.forms.ConfirmPasswordForm",
    "reset_password": "codatdash.signin.forms.ResetForm",
}
# An administrator states addresses; they are not confirmed.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
# No mail to addresses that strangers type.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# The name of a class.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
# Somebody who is signed in may sign in as somebody else.
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
ACCOUNT_SESSION_REMEMBER = True
# codatdash/throttle.py limits guesses. allauth's limits would lock out everybody behind one proxy.
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
SOCIALACCOUNT_ADAPTER = "codatdash.signin.provider.ProviderAdapter"
MFA_ADAPTER = "codatdash.signin.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "codatdash.signin.forms.SecondFactorForm",
    "reauthenticate": "codatdash.signin.forms.ConfirmCodeForm",
    "login_webauthn": "codatdash.signin.passkey_forms.PasskeyForm",
    "authenticate_webauthn": "codatdash.signin.passkey_forms.SecondFactorPasskeyForm",
    "reauthenticate_webauthn": "codatdash.signin.passkey_forms.ConfirmPasskeyForm",
    "add_webauthn": "codatdash.signin.passkey_forms.AddPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# Clocks of telephones may be half a minute off.
MFA_TOTP_TOLERANCE = 1
