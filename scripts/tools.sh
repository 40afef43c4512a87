#!/usr/bin/env bash
# What some tests need beyond Python, Java and Maven: promtool and kcat, from Debian. .ci/run calls it; by hand:
#   bash scripts/tools.sh
# kcat is installed (as root); of the package prometheus only promtool is taken, into var/cache/tools, so that no server
# starts. Does nothing when both are there. Exit 1 with a sentence when a tool cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=var/cache/tools

have_promtool() { command -v promtool >/dev/null || [[ -x $tools/promtool ]]; }
have_kcat() { command -v kcat >/dev/null; }

if have_promtool && have_kcat; then exit 0; fi
if ! command -v apt-get >/dev/null; then
    echo "tools: no apt-get here: install kcat and promtool (of Prometheus) your own way." >&2
    exit 1
fi
if ((EUID != 0)); then
    echo "tools: run as root: sudo bash scripts/tools.sh (or apt-get install kcat, and promtool your own way)." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
if ! have_kcat; then
    echo "tools: installing kcat"
    apt-get install -y -q --no-install-recommends kcat >/dev/null
fi
if ! have_promtool; then
    echo "tools: taking promtool from the package prometheus"
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
    (cd "$work" && apt-get download -q prometheus >/dev/null && dpkg-deb -x prometheus_*.deb unpacked)
    mkdir -p "$tools"
    cp "$work/unpacked/usr/bin/promtool" "$tools/promtool.new"
    mv "$tools/promtool.new" "$tools/promtool"
fi
