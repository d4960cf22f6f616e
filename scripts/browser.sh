#!/usr/bin/env bash
# Provide a Chromium for the browser tests: Debian's headless shell, another that is installed, or Playwright's own.
# The headless shell comes first: Chromium itself draws its whole window, with buttons and an address bar, for each tab.
set -euo pipefail
python=$1

if ! command -v chromium-headless-shell >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    # Chromium itself is what the audit uses. Where they cannot be had, what is installed will do.
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-headless-shell \
        fonts-dejavu-core fonts-noto-core fonts-noto-color-emoji >/dev/null; } || true
fi

if path=$(command -v chromium-headless-shell || command -v chromium || command -v chromium-browser); then
    echo "browser: $path"
else
    echo "browser: Playwright's own Chromium"
    "$python" -m playwright install chromium
fi
