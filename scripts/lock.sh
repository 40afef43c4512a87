#!/usr/bin/env bash
# Write requirements.lock from pyproject.toml: run-time, kafka and dev dependencies with hashes, for Python 3.11 and 3.12
# on Linux. Versions already locked stay unless `make lock UPGRADE=1`. Names no index: yours decides where from.
set -euo pipefail
cd "$(dirname "$0")/.."

upgrade=()
[[ -z "${UPGRADE:-}" ]] || upgrade=(--upgrade)
.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev --extra kafka \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate "${upgrade[@]}" \
    --output-file requirements.lock pyproject.toml
echo "lock: $(grep -cE '^[A-Za-z0-9._-]+==' requirements.lock) packages in requirements.lock"
