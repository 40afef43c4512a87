"""The alert rules and the scrape configuration, as Prometheus reads them."""

import shutil
import subprocess

import pytest


@pytest.fixture
def promtool(checkout, lacking):
    here = checkout / "var" / "cache" / "tools" / "promtool"
    found = shutil.which("promtool") or (str(here) if here.exists() else None)
    if found is None:
        lacking("promtool is missing: sudo bash scripts/tools.sh fetches it.")
    return found


@pytest.mark.parametrize(("what", "file"), [("rules", "prometheus-rules.yml"), ("config", "prometheus.yml")])
def test_prometheus_reads_it(promtool, checkout, what, file):
    done = subprocess.run(
        [promtool, "check", what, file], cwd=checkout / "deploy", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr
