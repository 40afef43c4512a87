#!/usr/bin/env bash
# Prepare .venv from requirements.lock and install the checkout into it, editable. Does nothing when that is done.
#
# The stamp holds what the environment was made from: lock, project file, its own place (scripts inside carry absolute
# paths, so a moved checkout needs a new one) and the Python version. An interrupted set-up leaves no stamp.
set -euo pipefail
cd "$(dirname "$0")/.."

# `make run` and `make test` may be started side by side: one sets up, the other waits.
if command -v flock >/dev/null; then
    exec 9>.venv.lock
    flock --nonblock 9 || { echo "setup: another set-up is running, waiting for it"; flock 9; }
fi

wanted() {
    sha256sum requirements.lock pyproject.toml
    echo "$PWD"
    .venv/bin/python -c 'import sys; print(*sys.version_info[:2], sys.base_prefix)'
}

stamp=.venv/.leadstream-setup
if [[ -f $stamp ]] && [[ "$(wanted 2>/dev/null)" == "$(cat "$stamp")" ]]; then
    exit 0
fi

usable() {
    .venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null || return 1
    [[ ! -f $stamp ]] || grep -qxF "$PWD" "$stamp"
}

if usable; then
    rm -f "$stamp"
else
    python="$(bash scripts/find_python.sh)"
    echo "setup: 1/3 virtual environment in .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi

total="$(grep -cE '^[A-Za-z0-9._-]+==' requirements.lock)"
echo "setup: 2/3 $total packages from requirements.lock (hashes checked)"
terminal=0
[[ -t 1 ]] && terminal=1
# The command's own output is a screenful per package; what is shown is how far it is, and everything when it fails.
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
if ! .venv/bin/python -m pip install --disable-pip-version-check --no-input --progress-bar off --no-deps \
    --require-hashes -r requirements.lock 2>&1 | tee "$log" |
    awk -v total="$total" -v terminal="$terminal" '
        function show(text) {
            if (terminal) printf "\r\033[Ksetup:     %s", text; else print "setup:     " text
            fflush()
        }
        /^(Collecting|Requirement already satisfied:)/ {
            n++
            name = $1 == "Collecting" ? $2 : $4
            sub(/[=<>~].*/, "", name)
            if (terminal || n % 10 == 0 || n == total) show(n " of " total ": " name)
        }
        /^Installing collected packages/ { show("installing") }
        END { if (terminal) printf "\r\033[K" }'; then
    cat "$log" >&2
    echo "setup: the packages could not be installed (above is what pip said). Is the package index reachable?" \
        "Then run make setup again." >&2
    exit 1
fi

echo "setup: 3/3 leadstream itself, editable"
.venv/bin/python -m pip install --disable-pip-version-check --no-input --quiet --no-deps --no-build-isolation \
    --editable .
wanted >"$stamp"
echo "setup: done"
