"""Django's settings of the OpenID provider. The settings import this module, so it imports nothing of Django's apps."""

import hashlib
from typing import Any

# The roles that OIDC_ROLES may name, by their labels: see customers/access/roles.py.
ROLES = ("Viewer", "Editor", "Approver", "Administrator")


def provider_id(issuer: str) -> str:
    """The name of an issuer in the database.

    Another issuer has another one, so an account is found by issuer and subject together.
    """
    return f"oidc-{hashlib.sha256(issuer.encode()).hexdigest()[:16]}" if issuer else ""


def providers(*, issuer: str, name: str, client_id: str, secret: str) -> dict[str, Any]:
    """allauth's SOCIALACCOUNT_PROVIDERS; {} without an issuer."""
    if not issuer:
        return {}
    app = {
        "provider_id": provider_id(issuer),
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app]}}
