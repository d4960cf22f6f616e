#!/usr/bin/env bash
# Run the suite on each supported Python that is installed, and say which are skipped. `PYTHONS="3.12" make test-all`
# names some of them, `PYTEST_ARGS` a part of the suite.
set -uo pipefail

summary=()
status=0
for version in ${PYTHONS:-3.11 3.12 3.13}; do
    if ! python=$(scripts/python.sh "$version"); then
        summary+=("Python $version: skipped, not installed")
    elif ${MAKE:-make} suite VENV=".venv-$version" PYTHON="$python"; then
        summary+=("Python $version: passed")
    else
        summary+=("Python $version: failed")
        status=1
    fi
done

printf '%s\n' "${summary[@]}"
exit $status
