"""The policies that browsers enforce. The settings import this module, so it imports nothing of Django."""

from collections.abc import MutableMapping

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
# Browser features: passkeys at sign-in, and the buttons that copy. No page uses another one.
_BROWSER_FEATURES = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
# The features that Chromium knows; it warns about each name that it does not know.
_REFUSED_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "captured-surface-control",
    "clipboard-read",
    "compute-pressure",
    "cross-origin-isolated",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "private-state-token-issuance",
    "private-state-token-redemption",
    "screen-wake-lock",
    "serial",
    "speaker-selection",
    "storage-access",
    "sync-xhr",
    "unload",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
PERMISSIONS_POLICY = ", ".join(
    [f"{feature}=(self)" for feature in _BROWSER_FEATURES]
    + [f"{feature}=()" for feature in _REFUSED_FEATURES]
)

# No page frames a static file. The policy of pages would also hold inside of files: it would stop the style in an SVG
# image, and code in the worker that draws PDF files.
_STATIC_POLICY = "frame-ancestors 'none'"


def add_static_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """Set the headers of a static file that differ from those of a page. WhiteNoise calls it for each file."""
    headers["Content-Security-Policy"] = _STATIC_POLICY
