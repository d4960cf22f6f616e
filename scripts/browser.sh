#!/usr/bin/env bash
# Provide a Chromium for the browser tests: an installed one, Debian's, or Playwright's own.
set -euo pipefail
python=$1

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then
        echo "browser: $(command -v "$name")"
        exit 0
    fi
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    if apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core fonts-noto-core fonts-noto-color-emoji >/dev/null; then
        echo "browser: $(command -v chromium), installed from Debian's packages"
        exit 0
    fi
fi

echo "browser: Playwright's own Chromium"
"$python" -m playwright install chromium
