"""The call centre of the generated folder: who is called, when, what is said, and what the truth makes of it."""

import hashlib
import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.demo.simulated import Summary, generate
from connectors.demo.simulated.days import calling_after, calling_from

pytestmark = pytest.mark.xdist_group("call centre")  # they share what is made once

LEADS = 12_000
# Of seed 1 before there was a call centre: raw leads, activities and configuration are what they were.
DIGEST = "c8d4d79913a348b58e9dcc5157815c86c76b8c6afd4e0d9b6d9a0ad7be2bfc71"
OUTCOMES = {
    "AI": {"DEAD", "SUSPENDED", "BONUS_HUNTER", "NO_INTENT", "UNREACHED", "UNSURE", "INTENT", "STORE_CHOSEN"},
    "MANUAL": {"HIGH", "NORMAL", "INVALID", "STORE_CHOSEN"},
    "DCC": {"HIGH", "NORMAL", "INVALID"},
    "ADVISOR": {"HIGH", "NORMAL", "INVALID"},
    "BIGDATA": {"INVALID"},
}
REASONS = {"NO_MOBILE_GIVEN", "OFFICE_PHONE", "NO_INTENT", "WRONG_PERSON", "EMPTY_NUMBER", "REFUSED", "OTHER"}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("called")
    return folder, generate(folder, leads=LEADS, seed=1)


@pytest.fixture(scope="module")
def truth(made) -> list[dict]:
    return [json.loads(line) for line in (made[0] / "truth.jsonl").read_bytes().splitlines()]


@pytest.fixture(scope="module")
def verdicts(made) -> list[dict]:
    return [json.loads(line) for line in (made[0] / "verdicts.jsonl").read_bytes().splitlines()]


def _at(record: dict) -> datetime:
    return datetime.fromisoformat(record["event_time"])


def test_the_other_inputs_are_what_they_were(tmp_path):
    generate(tmp_path, leads=1500, seed=1)
    names = ("raw_leads.jsonl", "activity.jsonl", "config.toml")
    assert hashlib.sha256(b"".join((tmp_path / name).read_bytes() for name in names)).hexdigest() == DIGEST


def test_every_verdict_is_one_of_the_domain(made, verdicts):
    assert len(verdicts) == made[1].verdicts == made[1].heard.total()
    for verdict in verdicts:
        assert verdict["outcome"] in OUTCOMES[verdict["by"]]
        assert ("phone" in verdict) != ("landline" in verdict)
        assert (verdict["outcome"] == "INVALID") == (verdict.get("reason") in REASONS)
        assert "intent" not in verdict or verdict["outcome"] in ("INTENT", "HIGH", "NORMAL")
        assert verdict["outcome"] != "STORE_CHOSEN" or verdict["store"]
        assert verdict.get("type", "verdict") == "verdict"
    said = Counter((verdict["by"], verdict["outcome"]) for verdict in verdicts)
    assert set(said) == {(by, outcome) for by, outcomes in OUTCOMES.items() for outcome in outcomes}
    assert said["AI", "STORE_CHOSEN"] > said["AI", "DEAD"] > said["AI", "SUSPENDED"]
    others = sum(count for (by, _), count in said.items() if by not in ("AI", "MANUAL"))
    assert 0.05 * len(verdicts) < others < 0.25 * len(verdicts)


def test_calls_are_made_in_calling_hours(verdicts):
    """Ruling 59: 09:00 to 20:00, the first instant included, the last excluded."""
    hours = {(_at(verdict) + timedelta(hours=8) - _at(verdict).utcoffset()).hour for verdict in verdicts}
    assert hours == set(range(9, 20))


def test_verdicts_come_in_order_and_some_twice(verdicts):
    lines = Counter(json.dumps(verdict, sort_keys=True) for verdict in verdicts)
    assert 1 < lines.total() - len(lines) < 0.1 * len(verdicts)
    late = sum(_at(one) > _at(two) for one, two in pairwise(verdicts))
    assert late <= lines.total() - len(lines), "only a repeat comes behind its time"


def test_summary_and_truth_say_the_same(made, truth):
    summary = made[1]
    routes = Counter(line["route"] for line in truth if "route" in line)
    states = Counter(line["state"] for line in truth if "state" in line)
    assert (routes, states) == (summary.routes, summary.states)
    assert set(routes) == {"NONE", "AI", "MANUAL"}
    assert set(states) == {"DISPATCHED", "PENDING", "CLEANING", "INVALID", "LOST", "WON", "CLOSED"}
    assert all(line["mark"] == "FIRST_TOUCH" for line in truth if "route" in line or "state" in line)
    assert {"taken", "refused", "repeated"} == set(summary.heard)


def test_the_truth_is_silent_where_the_making_does_not_say(truth):
    """Most leads have a route; runs have a script of their own, and without event time nobody knows the opening."""
    first = [line for line in truth if line.get("mark") == "FIRST_TOUCH"]
    assert sum("route" in line for line in first) > 0.85 * len(first)
    assert not any("route" in line for line in first if line["case"] in ("number_run", "undated"))


def test_marks_follow_the_store_answers(made, truth):
    """Ruling 7: what folds is merged or deduped, what comes without store after an answer begins anew."""
    cases = Counter(line.get("case") for line in truth)
    assert cases["folded"] > 3 and cases["after_answer"] > 10
    of_intention = defaultdict(list)
    for line in truth:
        if "mark" in line:
            of_intention[line["intention"]].append(line)
    for lines in of_intention.values():
        if any(line["case"] == "folded" for line in lines):
            assert {line["store"] for line in lines if line["case"] != "folded"} != {None}
    assert all(line["mark"] == "FIRST_TOUCH" for line in truth if line.get("case") == "after_answer")


def test_nobody_calls_where_nobody_should(tmp_path):
    """`calls` changes verdicts and what hangs on them, nothing else."""
    nobody, all_ = tmp_path / "nobody", tmp_path / "all"
    silent = generate(nobody, leads=1500, seed=1, calls=0)
    loud = generate(all_, leads=1500, seed=1, calls=1)
    assert silent.verdicts == 0 and (nobody / "verdicts.jsonl").read_bytes() == b""
    assert loud.verdicts > 50 and silent.states["INVALID"] < loud.states["INVALID"]
    assert silent.routes.total() >= loud.routes.total() - silent.cases["after_answer"] - loud.cases["after_answer"]
    for name in ("raw_leads.jsonl", "activity.jsonl", "config.toml"):
        assert (nobody / name).read_bytes() == (all_ / name).read_bytes()
    beside = ("route_", "exit_", "without task")
    answered = [name for name in loud.calls if not name.startswith(beside) and name not in ("folds", "nobody")]
    tasks = sum(count for name, count in loud.calls.items() if name.startswith("route_"))
    assert sum(loud.calls[name] for name in answered) > 0.9 * tasks


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_beyond_all_is_refused(tmp_path, share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        generate(tmp_path, leads=10, seed=1, calls=share)


MINUTE, HOUR = 60_000, 3_600_000
MIDNIGHT = 1_764_432_000_000  # 2025-11-30T00:00+08:00


@pytest.mark.parametrize(
    ("at", "length", "expected"),
    [
        (19 * HOUR + 50 * MINUTE, 10 * MINUTE, 20 * HOUR),  # both of ruling 59
        (19 * HOUR + 55 * MINUTE, 10 * MINUTE, 33 * HOUR + 5 * MINUTE),
        (0, 10 * MINUTE, 9 * HOUR + 10 * MINUTE),
        (20 * HOUR, 10 * MINUTE, 33 * HOUR + 10 * MINUTE),
        (9 * HOUR, 11 * HOUR, 20 * HOUR),
        (9 * HOUR, 11 * HOUR + 1, 33 * HOUR + 1),
        (9 * HOUR, 22 * HOUR, 44 * HOUR),
    ],
)
def test_calling_time_passes_in_calling_hours_alone(at, length, expected):
    assert calling_after(MIDNIGHT + at, length) == MIDNIGHT + expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (9 * HOUR - 1, 9 * HOUR),
        (9 * HOUR, 9 * HOUR),
        (20 * HOUR - 1, 20 * HOUR - 1),
        (20 * HOUR, 33 * HOUR),
    ],
)
def test_calling_begins(at, expected):
    assert calling_from(MIDNIGHT + at) == MIDNIGHT + expected
