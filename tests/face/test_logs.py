"""Logs: one JSON object a line for machines, readable on a terminal, never personal data (ruling 37)."""

import json
import logging

import pytest

from flows.observe.logs import set_up_logs, without_personal_data

log = logging.getLogger("leadstream")


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs({}, terminal=False)
    log.warning("%s, line %d moves the clock", "raw_leads.jsonl", 3)
    log.debug("not said")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    said = json.loads(lines[0])
    assert (said["level"], said["event"]) == ("warning", "raw_leads.jsonl, line 3 moves the clock")
    assert said["timestamp"].endswith("Z")


def test_on_a_terminal_it_is_read_by_people(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs({}, terminal=True)
    log.warning("汽车之家 sends nothing")
    said = capsys.readouterr().err
    assert "汽车之家 sends nothing" in said and "{" not in said


def test_the_level_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs({"LEADSTREAM_LOG": "debug"}, terminal=False)
    log.debug("now said")
    set_up_logs({"LEADSTREAM_LOG": "error"}, terminal=False)
    log.warning("not said")
    set_up_logs({"LEADSTREAM_LOG": "nonsense"}, terminal=False)
    log.info("said")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["now said", "said"]


def test_a_trace_is_one_field_and_masked(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs({}, terminal=False)
    try:
        raise ValueError("bad lead of 13812345678")
    except ValueError:
        log.error("A record was refused", exc_info=True)
    said = json.loads(capsys.readouterr().err)
    assert "Traceback" in said["exception"] and "138****5678" in said["exception"]
    assert "13812345678" not in said["exception"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("phone 13812345678.", "phone 138****5678."),
        ("+8613812345678", "138****5678"),
        ("021-12345678 rang", "021*****78 rang"),
        ("075512345678", "0755*****78"),
        ("a.b@example.com", "(mail)"),
        ("clock 1772456400123, line 12345678901234, 2026-03-02T09:30:00.700+08:00", None),
        ("one_id b2f25d2b4c3588fd051d5ff0.20250901.r1, shard 13", None),
        ("var/state, position 20000", None),
    ],
)
def test_what_looks_like_a_phone_is_masked_and_nothing_else(given: str, kept: str | None) -> None:
    assert without_personal_data(given) == (kept or given)
