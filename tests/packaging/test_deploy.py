"""The alert rules and the scrape configuration, as Prometheus reads them."""

import shutil
import subprocess

import pytest
import yaml


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


RULES = """
rule_files: [RULES]
evaluation_interval: 10s
tests:
  - interval: 10s
    input_series:
      - series: 'up{job="leadstream", instance="engine:9464"}'
        values: "1 1 1 0 0 0 0 0 0"
      - series: 'leadstream_broker_silent_seconds{job="leadstream", instance="engine:9464"}'
        values: "0 9 19 29 39 49"
    alert_rule_test:
      - eval_time: 20s
        alertname: LeadstreamDown
      - eval_time: 70s
        alertname: LeadstreamDown
        exp_alerts: [{exp_labels: {severity: critical, job: leadstream, instance: "engine:9464"}}]
      - eval_time: 50s
        alertname: LeadstreamBrokerAway
        exp_alerts: [{exp_labels: {severity: critical, job: leadstream, instance: "engine:9464"}}]
      - eval_time: 80s
        alertname: LeadstreamAbsent
  - interval: 10s
    alert_rule_test:
      - eval_time: 10m
        alertname: LeadstreamAbsent
        exp_alerts: [{exp_labels: {severity: critical, job: leadstream}}]
"""


def test_what_is_down_or_absent_or_has_lost_its_broker_is_alerted(promtool, checkout, tmp_path):
    rules = yaml.safe_load((checkout / "deploy/prometheus-rules.yml").read_text())
    for rule in rules["groups"][0]["rules"]:
        del rule["annotations"]  # words are compared nowhere
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules))
    (tmp_path / "test.yml").write_text(RULES.replace("RULES", "rules.yml"))
    done = subprocess.run(
        [promtool, "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_process_that_shows_nothing_any_more_is_alerted(checkout):
    """Also where promtool is missing: both rules ask Prometheus itself, by the job of the scrape configuration."""
    rules = yaml.safe_load((checkout / "deploy/prometheus-rules.yml").read_text())["groups"][0]["rules"]
    asks = {rule["alert"]: rule["expr"] for rule in rules}
    (job,) = yaml.safe_load((checkout / "deploy/prometheus.yml").read_text())["scrape_configs"]
    assert asks["LeadstreamDown"] == f'up{{job="{job["job_name"]}"}} == 0'
    assert asks["LeadstreamAbsent"] == f'absent(up{{job="{job["job_name"]}"}})'
    assert asks["LeadstreamBrokerAway"].startswith("leadstream_broker_silent_seconds > ")
