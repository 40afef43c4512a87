"""What is counted of cleaning, and what a run says of it (rulings 24 and 61)."""

from __future__ import annotations

import pytest
from cleaning_case import ALWAYS, Cleaned, lead, verdict

from leadstream.commands.run import _cleaned
from leadstream.compiled import variant
from operators.base import count_kinds
from state import keys, limits
from state.counts import read_counts, stored_counts

ASKED = {"rules": [{"route": "AI", "reason": "ASKED"}], "cost": {"AI": 0.5, "MANUAL": 3.0}}


def counted(engine: Cleaned) -> dict[str, list[int]]:
    """Channel → [tasks of the robot, of people, leads resolved by it, by them, hundredths of a yuan]."""
    found: dict[str, list[int]] = {}
    places = (
        count_kinds.TASKS_AI,
        count_kinds.TASKS_MANUAL,
        count_kinds.RESOLVED_AI,
        count_kinds.RESOLVED_MANUAL,
        count_kinds.CLEANING_COST,
    )
    for (_, name), counts in read_counts(engine.database, engine.shard_count).items():  # type: ignore[arg-type]
        channel = name.removeprefix("l:")
        found[channel] = [a + counts[p] for a, p in zip(found.get(channel, [0] * 5), places, strict=True)]
    return found


def test_tasks_resolutions_and_costs_by_channel_of_first_touch() -> None:
    """The robot resolves one; of the other it is unsure, and people resolve it: three tasks, three verdicts paid."""
    channels = {"a": {"consent": True}, "b": {"consent": True}}
    engine = Cleaned(channels=channels, cleaning=ASKED)
    engine.feed(lead("01-02T10:00", store="SH1"), lead("01-02T10:00", store="SH1", phone="13912345678", channel="b"))
    of = {task["channel"]: task["task_id"] for task in engine.tasks()}
    engine.feed(
        verdict("01-02T10:05", "AI", "INTENT", task_id=of["a"]),
        verdict("01-02T10:05", "AI", "UNSURE", task_id=of["b"], cost=0.3),
    )
    (people,) = (task for task in engine.tasks() if task["route"] == "MANUAL")
    engine.feed(verdict("01-02T11:00", "MANUAL", "INVALID", task_id=people["task_id"]))
    assert counted(engine) == {"a": [1, 0, 1, 0, 50], "b": [1, 1, 0, 1, 330]}


def test_done_with_the_store_missing_resolves_nothing_yet() -> None:
    engine = Cleaned(cleaning=ASKED)
    engine.feed(lead("01-02T10:00"))
    engine.feed(verdict("01-02T10:05", "AI", "INTENT", task_id=engine.task()["task_id"]))
    assert counted(engine)["a"][2:4] == [0, 0]
    engine.feed(verdict("01-02T11:00", "MANUAL", "HIGH", task_id=engine.task()["task_id"], store="SH1"))
    assert counted(engine)["a"] == [1, 1, 0, 1, 350]


def test_of_a_lead_that_folds_the_cost_reaches_the_survivor() -> None:
    """Ruling 61: the counter is that of the survivor's first touch."""
    channels = {"a": {"consent": True}, "b": {"consent": True}}
    engine = Cleaned(channels=channels, cleaning={"cost": {"AI": 0.5}})
    engine.feed(lead("01-02T09:00", store="SZ1", channel="b"), lead("01-03T10:00"))
    engine.feed(verdict("01-03T10:05", "AI", "STORE_CHOSEN", task_id=engine.task()["task_id"], store="SZ1"))
    assert {channel: counts[4] for channel, counts in counted(engine).items()} == {"a": 0, "b": 50}


def test_what_a_run_says() -> None:
    totals = [0] * len(count_kinds.COUNTS)
    assert _cleaned(totals) == ""
    totals[count_kinds.TASKS_AI], totals[count_kinds.TASKS_MANUAL] = 4, 2
    assert _cleaned(totals) == " Cleaning (清洗): tasks for the robot 4, for people 2."
    totals[count_kinds.RESOLVED_AI], totals[count_kinds.RESOLVED_MANUAL] = 3, 1
    totals[count_kinds.CLEANING_COST] = 750
    assert _cleaned(totals).endswith("of 4 leads resolved the robot did 75 %, cost 7.50 yuan.")


def by_campaign(engine: Cleaned) -> dict[str, list[int]]:
    """channel NUL campaign → counts as in `PER_CAMPAIGN`, summed over days and shards."""
    found: dict[str, list[int]] = {}
    rows = stored_counts(engine.database, engine.shard_count, keys.CAMPAIGNS)  # type: ignore[arg-type]
    for _, name, counts in rows:
        assert name.startswith("l:"), "a shadow lead has no task"
        name = name.removeprefix("l:")
        found[name] = [a + b for a, b in zip(found.get(name, [0] * len(counts)), counts, strict=True)]
    return found


def test_the_campaign_of_the_first_touch_pays() -> None:
    """Ruling 61: a merged raw lead of another campaign changes nothing; a lead without one is counted as such."""
    engine = Cleaned(channels={"a": {"consent": True}}, cleaning=ASKED)
    engine.feed(
        lead("01-02T23:58", store="SH1", campaign="spring"),
        lead("01-02T23:58", store="SH1", phone="13912345678"),
        lead("01-03T00:01", store="SH1", campaign="autumn"),
    )
    first, other = (task["task_id"] for task in engine.tasks())
    engine.feed(
        verdict("01-03T09:05", "AI", "INTENT", task_id=first, cost=0.2),
        verdict("01-03T09:05", "MANUAL", "HIGH", task_id=other),
    )
    assert by_campaign(engine) == {"a\0spring": [1, 0, 1, 0, 20], "a\0": [1, 0, 0, 1, 300]}
    assert counted(engine)["a"] == [2, 0, 1, 1, 320]


def test_a_survivors_campaign_pays() -> None:
    """Ruling 61: of a lead that folds only `intent` and `cost` reach the survivor."""
    engine = Cleaned(cleaning={"cost": {"AI": 0.5}})
    engine.feed(lead("01-02T09:00", store="SZ1", campaign="spring"), lead("01-03T10:00", campaign="autumn"))
    engine.feed(verdict("01-03T10:05", "AI", "STORE_CHOSEN", task_id=engine.task()["task_id"], store="SZ1"))
    assert {name: counts[4] for name, counts in by_campaign(engine).items()} == {"a\0spring": 50, "a\0autumn": 0}


@pytest.mark.skipif(variant() == "compiled", reason="compiled rules hold the limit as a constant")
def test_campaigns_beyond_the_limit_of_a_day_stay_with_their_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CAMPAIGNS_PER_DAY", 2)
    engine = Cleaned(cleaning=ASKED, stores={f"S{n}": ALWAYS for n in range(4)})
    engine.feed(*(lead("01-02T10:00", store=f"S{n}", campaign=f"c{n}") for n in range(3)))
    assert sorted(by_campaign(engine)) == ["a\0c0", "a\0c1"]
    assert counted(engine)["a"][0] == 3
    engine.feed(lead("01-03T10:00", store="S3", campaign="c9"))
    assert by_campaign(engine)["a\0c9"][0] == 1, "the next day has room again"
