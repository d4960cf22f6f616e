"""The addresses under `/accounts/`. Of allauth's views only those that are named here exist: nobody signs up, and
nobody changes addresses or links to the provider.
"""

from allauth.account import views as account_views
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.socialaccount import views as social_views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path, register_converter

from codatdash.signin import views
from codatdash.signin.sessions import sessions


class ProviderConverter:
    """The provider of the settings, under an address that stays when the provider changes."""

    regex = "provider"

    def to_python(self, value: str) -> str:
        """The provider's name in the database. Raises ValueError, for a 404, where there is none."""
        if not settings.OIDC_PROVIDER_ID:
            raise ValueError("no provider")
        return str(settings.OIDC_PROVIDER_ID)

    def to_url(self, value: str) -> str:
        """The part of the address."""
        return self.regex


register_converter(ProviderConverter, "provider")
reset_done = account_views.PasswordResetDoneView.as_view()
reset_finished = account_views.PasswordResetFromKeyDoneView.as_view()

urlpatterns = [
    path("login/", views.SignInView.as_view(), name="account_login"),
    path("logout/", views.sign_out, name="account_logout"),
    path("inactive/", login_not_required(account_views.account_inactive), name="account_inactive"),
    path("password/", views.PasswordView.as_view(), name="account_change_password"),
    path(
        "password/reset/",
        views.with_reset(views.ResetView.as_view()),
        name="account_reset_password",
    ),
    path("password/reset/sent/", views.with_reset(reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[-0-9A-Za-z]+)/$",
        views.with_reset(views.NewPasswordFromMailView.as_view()),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/finished/",
        views.with_reset(reset_finished),
        name="account_reset_password_from_key_done",
    ),
    path("confirm/", views.ConfirmPasswordView.as_view(), name="account_reauthenticate"),
    path("confirm/code/", views.ConfirmCodeView.as_view(), name="mfa_reauthenticate"),
    path(
        "confirm/passkey/",
        views.ConfirmPasskeyView.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("<provider:provider_id>/login/", views.provider_sign_in, name="openid_connect_login"),
    path(
        "<provider:provider_id>/login/callback/",
        views.provider_callback,
        name="openid_connect_callback",
    ),
    path(
        "provider/cancelled/",
        login_not_required(social_views.login_cancelled),
        name="socialaccount_login_cancelled",
    ),
    path("second-factor/", views.SecondFactorView.as_view(), name="mfa_authenticate"),
    path(
        "login/passkey/",
        login_not_required(views.PasskeySignInView.as_view()),
        name="mfa_login_webauthn",
    ),
    path("security/", views.SecurityView.as_view(), name="mfa_index"),
    path("security/app/", views.AddAppView.as_view(), name="mfa_activate_totp"),
    path("security/app/picture.svg", views.totp_picture, name="mfa_totp_picture"),
    path("security/app/remove/", views.RemoveAppView.as_view(), name="mfa_deactivate_totp"),
    path("security/passkeys/add/", views.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path(
        "security/passkeys/<int:pk>/", views.RenamePasskeyView.as_view(), name="mfa_edit_webauthn"
    ),
    path(
        "security/passkeys/<int:pk>/remove/",
        views.RemovePasskeyView.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("security/codes/", recovery_views.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "security/codes/new/",
        recovery_views.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "security/codes/download/",
        recovery_views.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("sessions/", sessions, name="usersessions_list"),
]
