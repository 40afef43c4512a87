#!/usr/bin/env bash
# Print the path of a Python 3.11 or 3.12 that really runs and can make virtual environments; else say what to do.
# A name on the PATH proves nothing: `python3.12` may be a shim of a version manager that only prints an error.
set -euo pipefail

works() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1
}

if [[ -n "${PYTHON:-}" ]]; then
    works "$PYTHON" && { command -v "$PYTHON"; exit 0; }
    echo "PYTHON=$PYTHON is not a working Python 3.11 or 3.12 with the modules venv and ensurepip." >&2
    exit 1
fi

# Every match on the PATH, not only the first: a system Python may stand behind a shim that fails.
without_venv=""
for name in python3.11 python3.12 python3 python; do
    while IFS= read -r candidate; do
        works "$candidate" && { echo "$candidate"; exit 0; }
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1; then
            without_venv="$candidate"
        fi
    done < <(type -aP "$name" || true)
done

if [[ -n "$without_venv" ]]; then
    echo "$without_venv runs but cannot make virtual environments: install the package python3.11-venv" \
        "(or python3.12-venv) of your system, then try again." >&2
else
    echo "Leadstream needs Python 3.11 or 3.12, and neither runs from your PATH: install one of them," \
        "or name it, as in: make setup PYTHON=/path/to/python3.11" >&2
fi
exit 1
