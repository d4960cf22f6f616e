"""The browser features that a page may use."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser


def test_chromium_knows_each_feature_and_refuses_it(open_page: OpenPage) -> None:
    """It warns about a name that it does not know, and then refuses nothing."""
    page = open_page(signed_in=False)
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text))
    page.goto("/accounts/login/")
    known = set(page.evaluate("document.featurePolicy.features()"))
    allowed = set(page.evaluate("document.featurePolicy.allowedFeatures()"))
    assert [text for text in warnings if "Permissions-Policy" in text] == []
    refused = set(re.findall(r"([a-z-]+)=\(\)", settings.PERMISSIONS_POLICY))
    assert refused <= known
    assert allowed.isdisjoint(refused)
    assert {"publickey-credentials-create", "publickey-credentials-get"} <= allowed
