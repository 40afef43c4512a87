"""Number runs through the engine (rulings 28 and 62): who is told, once, and when; and that nothing is kept longer than a day."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from plain_engine import PlainEngine

from state import limits

START = 1_704_074_400_000  # 2024-01-01 10:00 in Shanghai
HOUR_MS = 3_600_000
ALWAYS = {"opens": "00:00", "closes": "24:00"}
TABLES = {
    "channels": {
        "a": {"consent": True},
        "b": {"consent": True},
        "trial": {"consent": True, "status": "TESTING"},
        "asked": {"consent": False},
    },
    "stores": {"S1": ALWAYS, "S2": ALWAYS},
}


def lead(number: int, suffix: int, hours: float, **fields: Any) -> dict[str, Any]:
    record = {
        "channel": "a", "source_lead_id": str(number), "phone": f"13912345{suffix:03d}", "store": "S1",
        "event_time": START + round(hours * HOUR_MS), **fields,
    }  # fmt: skip
    return {key: value for key, value in record.items() if value is not None}


class Run:
    """The engine over some records, with the leads that were sent to cleaning, in order."""

    def __init__(self, *, poll: int = 50, shards: int = 2, tables: dict[str, Any] | None = None) -> None:
        self.engine = PlainEngine({**TABLES, **(tables or {})}, poll=poll, shards=shards)

    @property
    def cleaned(self) -> list[tuple[str, str, bool]]:
        """(last digits, store, whether it was dispatched by then) of each lead that the robot is to call for a run."""
        out = self.engine.outputs
        store = {record["unique_id"]: record["store"] for record in out["unique_leads"]}
        sent = [(record["unique_id"], record["at"]) for record in out["dispatches"]]
        return [
            (
                task["contact"]["phone"][-3:],
                store[task["unique_id"]],
                any(one == task["unique_id"] and at <= task["at"] for one, at in sent),
            )
            for task in out["cleaning_tasks"]
            if task["state"] == "OPEN" and task["route"] == "AI" and "NUMBER_RUN" in task["reasons"]
        ]

    def over(self, records: list[dict[str, Any]], until_ms: int | None = None) -> Run:
        lines = [(number, json.dumps(timed(record)).encode()) for number, record in enumerate(records, 1)]
        self.engine.run({"raw_leads.jsonl": ("raw_lead", lines)}, until_ms)
        return self

    def told(self, kind: str = "FRAUD_SUSPECT") -> list[tuple[str, str]]:
        return [(r["to"]["role"], r["unique_id"]) for r in self.engine.outputs["notifications"] if r["kind"] == kind]

    def alerts(self) -> list[dict[str, Any]]:
        return [record for record in self.engine.outputs["fraud_alerts"] if record["kind"] == "NUMBER_RUN"]

    def rows(self, space: bytes) -> int:
        return sum(key[1:2] == space for key in self.engine.database.rows)


def timed(record: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(record["event_time"] / 1000, UTC).isoformat(timespec="milliseconds")
    return {**record, "event_time": at}


@pytest.fixture
def engine() -> Run:
    return Run()


def test_the_third_is_known_before_it_is_judged_and_the_others_are_told_behind_it(engine: Run) -> None:
    engine.over([lead(1, 1, 0), lead(2, 2, 1), lead(3, 3, 2)])
    # The third is not dispatched when it is sent to cleaning; the first two were.
    assert engine.cleaned == [("003", "S1", False), ("001", "S1", True), ("002", "S1", True)]
    (alert,) = engine.alerts()
    assert alert["members"] == ["139****5001", "139****5002", "139****5003"]
    assert alert["channel"] == "a" and alert["why"] == {"rule": "number_run"} and alert["raw_id"].endswith(".r1")
    assert alert["event_id"] == f"fraud_alerts-{alert['raw_id']}"
    assert [role for role, _ in engine.told()] == ["store_admin", "store_admin"]
    flags = [record.get("flags") for record in engine.engine.outputs["dispositions"]]
    assert flags == [None, None, ["NUMBER_RUN"]]


def test_a_run_speaks_against_each_of_its_members(engine: Run) -> None:
    """Domain 9: also against those whose raw leads complete or lengthen it."""
    engine.over([lead(n, n, n / 10) for n in range(1, 5)])
    last = {record["unique_id"]: record["score"] for record in engine.engine.outputs["unique_leads"]}
    alone = Run().over([lead(1, 1, 0)]).engine.outputs["unique_leads"][-1]["score"]
    assert len(last) == 4 and len(set(last.values())) == 1 and last.popitem()[1] < alone


def test_what_waits_is_told_without_a_notice(engine: Run) -> None:
    engine.over([lead(n, n, n, channel="asked") for n in (1, 2, 3)])
    assert engine.cleaned == [("003", "S1", False), ("001", "S1", False), ("002", "S1", False)]
    assert engine.told() == []


def test_later_members_one_by_one(engine: Run) -> None:
    engine.over([lead(n, n, n) for n in (1, 2, 3, 4, 5)])
    assert [last for last, _, _ in engine.cleaned] == ["003", "001", "002", "004", "005"]
    assert len(engine.alerts()) == 1


@pytest.mark.parametrize(("beyond_ms", "alerts"), [(-1, 1), (0, 1), (1, 2)])
def test_no_further_alert_within_a_day_of_the_last(engine: Run, beyond_ms: int, alerts: int) -> None:
    """The alert comes with the third member, at 3 h."""
    engine.over([lead(n, n, n) for n in (1, 2, 3, 4, 5)] + [lead(6, 6, 27 + beyond_ms / HOUR_MS)])
    assert len(engine.alerts()) == alerts


def test_every_open_lead_of_a_number_is_told_and_each_once(engine: Run) -> None:
    engine.over(
        [lead(1, 1, 0), lead(2, 1, 0.5, store="S2"), lead(3, 2, 1), lead(4, 3, 2), lead(5, 1, 3), lead(6, 3, 4)]
    )
    assert engine.cleaned == [
        ("003", "S1", False), ("001", "S1", True), ("001", "S2", True), ("002", "S1", True),
    ]  # fmt: skip


def test_a_closed_lead_is_not_told(engine: Run) -> None:
    lost = {"type": "activity", "activity_id": "x", "kind": "LOST", "phone": "13912345001", "store": "S1", "line": "main",
            "event_time": START + HOUR_MS // 2}  # fmt: skip
    engine.over([lead(1, 1, 0), lost, lead(2, 2, 1), lead(3, 3, 2)])
    assert [last for last, _, _ in engine.cleaned] == ["003", "002"]


def test_parts_of_one_raw_lead_are_leads_of_their_own(engine: Run) -> None:
    engine.over([lead(1, 1, 0), lead(2, 2, 1, stores=["S1", "S2"], store=None), lead(3, 3, 2, stores=["S2", "S1"])])
    assert engine.cleaned == [
        ("003", "S1", False), ("003", "S2", False), ("001", "S1", True), ("002", "S1", True), ("002", "S2", True),
    ]  # fmt: skip
    assert len(engine.alerts()) == 1


def test_a_store_added_later_is_a_raw_lead_of_the_run(engine: Run) -> None:
    engine.over([lead(n, n, n) for n in (1, 2, 3)] + [{**lead(3, 3, 3), "stores": ["S2"]}])
    assert engine.cleaned[3:] == [("003", "S2", False)]


@pytest.mark.parametrize(("older_ms", "routed"), [(-1, True), (0, True), (1, False)])
def test_a_late_raw_lead_counts_and_is_routed_up_to_24_h_before_the_clock(
    engine: Run, older_ms: int, routed: bool
) -> None:
    late = lead(4, 2, 1 - older_ms / HOUR_MS)
    engine.over([lead(1, 1, 20), lead(2, 3, 21), lead(3, 500, 25), late])
    assert len(engine.alerts()) == routed
    assert [last for last, _, _ in engine.cleaned] == (["002", "001", "003"] if routed else [])


@pytest.mark.parametrize(
    "records",
    [
        [lead(1, 1, 0), lead(2, 2, 1, channel="b"), lead(3, 3, 2)],
        [lead(n, n, n, channel="trial") for n in (1, 2, 3)],
        [lead(n, n, n, test=True) for n in (1, 2, 3)],
        [lead(1, 1, 0), lead(2, 2, 1), lead(2, 2, 2), lead(1, 1, 3)],
        [lead(1, 1, 0), lead(2, 2, 1), lead(3, 3, 24.5)],
        [lead(1, 998, 0), lead(2, 999, 1), lead(3, 0, 2)],
    ],
    ids=["two channels", "a channel in test", "test leads", "replays", "beyond a day", "around the end"],
)
def test_no_run(engine: Run, records: list[dict[str, Any]]) -> None:
    engine.over(records)
    assert engine.cleaned == [] and engine.alerts() == [] and engine.told() == []


def test_switched_off_reads_and_writes_no_row() -> None:
    engine = Run(tables={"cleaning": {"number_run": 0}}).over([lead(n, n, n) for n in (1, 2, 3)])
    assert engine.cleaned == [] and engine.rows(b"r") == 0


@pytest.mark.parametrize(
    ("hours", "rows"),
    [((22,), 3), ((22, 24.5), 3), ((46,), 0), ((22, 46), 0)],
    ids=["young", "same day", "old", "next day"],
)
def test_rows_are_swept_when_they_say_nothing_any_more(hours: tuple[float, ...], rows: int) -> None:
    """Once through all a day of the clock: the leads come at 02:00 UTC, 22 h later the next day begins."""
    engine = Run(poll=1, shards=1)
    others = [lead(10 + n, 0, at, phone="02158235823") for n, at in enumerate(hours)]
    engine.over([lead(n, 0, 0, phone=f"1391234{n}000") for n in range(3)] + others)
    assert engine.rows(b"r") == rows
    assert not any(key[1:2] == b"t" and key[10:11] == b"r" for key in engine.engine.database.rows)


def test_a_sweep_goes_on_slice_by_slice_and_leaves_what_its_batch_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SWEPT_PER_SLICE", 2)
    engine = Run(poll=1, shards=1)
    first = [lead(n, 0, 0, phone=f"1391234{n}000") for n in range(9)]
    again = [lead(20 + n, 1, 46 + n, phone=f"1391234{n}001") for n in range(4)]
    engine.over(first + again)
    assert (
        engine.rows(b"r") == 9 - 4 * 2 + 4
    )  # a new one is not counted twice: four batches of two rows each, four written


@pytest.mark.parametrize("poll", [1, 2, 3, 50])
def test_however_records_come_in_batches(poll: int) -> None:
    """The others are told behind the very record, before the next one is applied."""
    engine = Run(poll=poll)
    records = [lead(1, 1, 0, channel="asked"), lead(2, 2, 1, channel="asked"), lead(3, 3, 2, channel="asked")]
    records.append(lead(4, 1, 23, channel="asked", consent=True))  # dispatched, by another raw lead of the first
    engine.over(records)
    assert engine.cleaned == [("003", "S1", False), ("001", "S1", False), ("002", "S1", False)]
