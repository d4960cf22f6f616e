#!/usr/bin/env bash
# Print the path of the first Python of these versions that can make an environment: scripts/python.sh 3.13 3.12
set -uo pipefail

# pyenv shows only the chosen version's commands; let it show those of every version.
if command -v pyenv >/dev/null; then
    PYENV_VERSION=$(pyenv versions --bare | paste -sd:)
    export PYENV_VERSION
fi

for version; do
    "python$version" -c "import ensurepip, sqlite3, ssl, sys; print(sys.executable)" 2>/dev/null && exit
done
exit 1
