"""`leadstream costs`: what cleaning cost by channel and campaign, and the robot's share (rulings 24 and 61)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from face_shell import Shell

import flows.run
from connectors.memory import MemoryReader, MemorySink
from flows.engine import Engine, Options
from operators.config.configuration import from_tables
from state import keys
from state.database import Database

ALWAYS = {"opens": "00:00", "closes": "24:00"}
TABLES: dict[str, Any] = {
    "channels": {"a": {"consent": True}, "b": {"consent": True}, "t": {"status": "TESTING", "consent": True}},
    "stores": {"S1": ALWAYS},
    "cleaning": {"cost": {"AI": 0.5, "MANUAL": 3.0}, "rules": [{"route": "AI", "reason": "ASKED"}], "number_run": 0},
}
TOML = """
[channels.a]
name = "汽车之家"
[channels.b]
[channels.t]
[channels.idle]
"""


def lead(number: int, day: int, channel: str, campaign: str | None) -> dict[str, Any]:
    return {
        "type": "raw_lead", "channel": channel, "source_lead_id": f"L{number}", "phone": f"138{number:04d}{number:04d}",
        "store": "S1", "event_time": f"2026-01-{day:02d}T10:00:00+08:00", "campaign": campaign,
    }  # fmt: skip


def verdict(number: int, day: int, by: str, outcome: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "verdict", "phone": f"138{number:04d}{number:04d}", "store": "S1", "by": by, "outcome": outcome,
        "event_time": f"2026-01-{day:02d}T10:05:00+08:00", **more,
    }  # fmt: skip


RECORDS = [
    lead(1, 5, "a", "spring"),
    lead(2, 5, "a", "spring"),
    lead(3, 5, "a", None),
    lead(8, 5, "t", "spring"),  # a test lead
    verdict(1, 5, "AI", "INTENT"),
    verdict(2, 5, "AI", "DEAD", cost=0.25),
    verdict(3, 5, "MANUAL", "HIGH"),
    lead(4, 6, "a", "autumn"),
    lead(5, 6, "b", "spring"),
    verdict(4, 6, "MANUAL", "INVALID", cost=7),
    verdict(5, 6, "AI", "INTENT"),
]  # fmt: skip


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paid")
    engine = Engine(
        from_tables(TABLES, environ={}), MemoryReader({"raw_leads": RECORDS}), MemorySink(), Options(folder / "state")
    )
    flows.run.run(engine)
    (folder / "own.toml").write_text(TOML, encoding="utf-8")
    return folder


@pytest.fixture
def shell(state: Path, checkout: Path) -> Shell:
    return Shell(state, checkout)


def asked(shell: Shell, *options: str) -> dict[str, Any]:
    said = shell.call("costs", "--state", "state", "--config", "own.toml", "--json", *options)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def figures(one: dict[str, Any]) -> tuple[Any, ...]:
    """(tasks of the robot, of people, resolved by the robot, of how many, its share, yuan)."""
    names = ("tasks_ai", "tasks_manual", "resolved_ai", "resolved", "ai_resolution_rate", "cost_yuan")
    return tuple(one[name] for name in names)


def test_channels_and_their_campaigns_the_costliest_first(shell: Shell) -> None:
    found = asked(shell)
    assert [one["channel"] for one in found["channels"]] == ["a", "b"], "test leads have no task"
    first, second = found["channels"]
    assert first["channel_name"] == "汽车之家" and second["channel_name"] is None
    assert figures(first) == (4, 0, 2, 4, 0.5, 10.75)
    assert [(one["campaign"], *figures(one)) for one in first["campaigns"]] == [
        ("autumn", 1, 0, 0, 1, 0.0, 7.0),
        (None, 1, 0, 0, 1, 0.0, 3.0),
        ("spring", 2, 0, 2, 2, 1.0, 0.75),
    ]
    assert first["others"] is None
    assert [(one["campaign"], one["cost_yuan"]) for one in second["campaigns"]] == [("spring", 0.5)]
    assert figures(found["total"]) == (5, 0, 3, 5, 0.6, 11.25)


def test_days_and_a_channel(shell: Shell) -> None:
    assert [one["cost_yuan"] for one in asked(shell, "--since", "2026-01-06")["channels"]] == [7.0, 0.5]
    assert [one["cost_yuan"] for one in asked(shell, "--before", "2026-01-06")["channels"]] == [3.75]
    assert [one["channel"] for one in asked(shell, "--channel", "b")["channels"]] == ["b"]
    assert asked(shell, "--since", "2026-01-07")["channels"] == []


def test_what_is_not_shown_is_summed(shell: Shell) -> None:
    (first,) = asked(shell, "--channel", "a", "--limit", "1")["channels"]
    assert len(first["campaigns"]) == 1
    assert figures(first["others"]) == (3, 0, 2, 3, 0.6667, 3.75)


def test_what_was_counted_by_channel_alone_is_the_channels_rest(shell: Shell, tmp_path: Path) -> None:
    """A state of before campaigns were counted."""
    database = Database(tmp_path / "state")
    old = Database(shell.folder / "state", read_only=True)
    batch = database.batch()
    for key, value in old.scan(b"", b"\xff" * 40):
        if key[1:2] != keys.CAMPAIGNS:
            batch.put(key, value)
    database.write(batch)
    database.close()
    old.close()
    found = asked(Shell(tmp_path, shell.checkout), "--config", str(shell.folder / "own.toml"))
    assert [(one["campaigns"], one["others"]["cost_yuan"]) for one in found["channels"]] == [([], 10.75), ([], 0.5)]


def test_for_people(shell: Shell) -> None:
    lines = shell.call("costs", "--state", "state", "--config", "own.toml").stdout.splitlines()
    assert [line.split() for line in lines[1:-1]] == [
        ["4", "0", "4", "50%", "10.75", "a", "(汽车之家)"],
        ["1", "0", "1", "0%", "7.00", "autumn"],
        ["1", "0", "1", "0%", "3.00", "without", "a", "campaign"],
        ["2", "0", "2", "100%", "0.75", "spring"],
        ["1", "0", "1", "100%", "0.50", "b"],
        ["1", "0", "1", "100%", "0.50", "spring"],
        ["5", "0", "5", "60%", "11.25", "all"],
    ]
    nothing = shell.call("costs", "--state", "state", "--config", "own.toml", "--channel", "idle").stdout
    assert nothing.startswith("No lead was cleaned (清洗) in this time, and nothing was paid.")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--since", "today"), "--since is no day: today."),
        (("--limit", "-1"), "--limit -1 is out of range."),
        (("--channel", "idel"), "There is no channel idel, did you mean idle?"),
    ],
)
def test_a_question_that_is_none_is_2(shell: Shell, options: tuple[str, ...], said: str) -> None:
    found = shell.call("costs", "--state", "state", "--config", "own.toml", *options, code=2)
    assert said in found.stderr
