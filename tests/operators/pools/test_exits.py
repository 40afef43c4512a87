"""Store exits (rulings 7, 26, 31, 53, 58, 66): where the open leads of a store that leaves go, and what its code means then."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from plain_engine import PlainEngine

from flows import batch
from leadstream.compiled import variant

START = 1_704_074_400_000  # 2024-01-01 10:00 in Shanghai
HOUR_MS = 3_600_000
DAY = 24
ALWAYS = {"opens": "00:00", "closes": "24:00"}
TABLES: dict[str, Any] = {
    "channels": {"a": {"consent": True}, "asked": {"consent": False}, "trial": {"consent": True, "status": "TESTING"}},
    "stores": {
        "OLD": ALWAYS,
        "NEW": ALWAYS,
        "THIRD": ALWAYS,
        "LATE": {"opens": "14:00", "closes": "18:00"},
        "RATED": {"opens": "14:00", "closes": "18:00", "release_per_minute": 1},
    },
    "cleaning": {"number_run": 0},
}


def at(hours: float) -> str:
    return datetime.fromtimestamp((START + hours * HOUR_MS) / 1000, UTC).isoformat(timespec="milliseconds")


def lead(
    number: int, hours: float, store: str | None = "OLD", phone: str = "13912345001", **fields: Any
) -> dict[str, Any]:
    record = {
        "type": "raw_lead", "channel": "a", "source_lead_id": str(number), "phone": phone, "store": store,
        "event_time": at(hours), **fields,
    }  # fmt: skip
    return {key: value for key, value in record.items() if value is not None}


def exit_of(
    store: str, hours: float, successor: str | None = "NEW", command_id: str = "x", **fields: Any
) -> dict[str, Any]:
    record = {
        "type": "command", "command_id": command_id, "kind": "STORE_EXIT", "store": store, "successor": successor,
        "event_time": at(hours), **fields,
    }  # fmt: skip
    return {key: value for key, value in record.items() if value is not None}


def about(
    kind: str, hours: float, store: str | None = "OLD", phone: str = "13912345001", **fields: Any
) -> dict[str, Any]:
    record = {
        "type": "activity", "activity_id": f"{kind}{hours}", "kind": kind, "event_time": at(hours), "phone": phone,
        "store": store, "line": "main", **fields,
    }  # fmt: skip
    return {key: value for key, value in record.items() if value is not None}


def assign(hours: float, advisor: str = "Wang", store: str = "OLD", phone: str = "13912345001") -> dict[str, Any]:
    return {
        "type": "command", "command_id": f"as{hours}", "kind": "ASSIGN", "event_time": at(hours), "phone": phone,
        "store": store, "advisor": advisor,
    }  # fmt: skip


class Result:
    """What the streams say in the end."""

    def __init__(
        self, records: list[dict[str, Any]], *, until: float | None = None, poll: int = 50, **tables: Any
    ) -> None:
        self.engine = PlainEngine({**TABLES, **tables}, poll=poll)
        lines = [(number, json.dumps(record).encode()) for number, record in enumerate(records, 1)]
        until_ms = None if until is None else START + round(until * HOUR_MS)
        self.engine.run({"raw_leads.jsonl": ("raw_lead", lines)}, until_ms)
        self.out = self.engine.outputs

    def leads(self) -> dict[str, dict[str, Any]]:
        """Last state by the end of the id: u1."""
        return {record["unique_id"].rpartition(".")[2]: record for record in self.out["unique_leads"]}

    def lead(self, name: str = "u1") -> tuple[str, str | None, str | None, str | None]:
        record = self.leads()[name]
        return record["status"], record["store"], record["owner"], record["closed_reason"]

    def sent(self) -> list[tuple[str, str, int]]:
        return [(r["unique_id"].rpartition(".")[2], r["store"], r["sequence"]) for r in self.out["dispatches"]]

    def marks(self) -> list[str]:
        return [record["mark"] for record in {r["raw_id"]: r for r in self.out["dispositions"]}.values()]

    def rejects(self) -> list[list[str]]:
        return [record["reasons"] for record in self.out["rejects"]]


def test_a_dispatched_lead_is_dispatched_to_the_successor_with_the_next_sequence() -> None:
    got = Result([lead(1, 0), exit_of("OLD", 1)])
    assert got.sent() == [("u1", "OLD", 1), ("u1", "NEW", 2)]
    assert got.lead() == ("DISPATCHED", "NEW", None, None)
    assert got.marks() == ["FIRST_TOUCH"] and len(got.out["dispositions"]) == 1
    last = got.leads()["u1"]
    assert last["why"]["rule"] == "store_exit" and last["why"]["answered"] == "NEW"
    assert [r["kind"] for r in got.out["notifications"] if r["kind"] == "ARRIVAL"] == ["ARRIVAL", "ARRIVAL"]


def test_each_exit_writes_one_state_of_each_lead() -> None:
    got = Result([lead(1, 0), exit_of("OLD", 1)])
    assert len(got.out["unique_leads"]) == 2


def test_an_owner_is_cleared_and_his_place_is_free() -> None:
    got = Result([lead(1, 0), assign(0.5), exit_of("OLD", 1)])
    assert got.lead() == ("DISPATCHED", "NEW", None, None)
    assert got.leads()["u1"]["previous_owner"] == "Wang"
    stores = [key for key in got.engine.database.rows if key[1:2] == b"s"]
    assert stores == [], "nobody of the old store holds a place"


def test_outside_the_successors_hours_it_keeps_its_status_beside_a_hold() -> None:
    records = [lead(1, 0), exit_of("OLD", 1, "LATE")]
    waits = Result(records)
    assert waits.lead() == ("DISPATCHED", "LATE", None, None)
    assert waits.out["holds"][-1]["conditions"] == ["HOURS"] and waits.out["holds"][-1]["store"] == "LATE"
    assert waits.sent() == [("u1", "OLD", 1)]
    released = Result(records, until=5)
    assert released.sent() == [("u1", "OLD", 1), ("u1", "LATE", 2)]
    assert released.out["dispatches"][-1]["at"].startswith("2024-01-01T14:00")


def test_it_queues_at_a_successor_with_a_release_rate() -> None:
    records = [lead(n, 0, phone=f"1391234{n}001") for n in (1, 2)] + [exit_of("OLD", 1, "RATED")]
    got = Result(records, until=5)
    assert [(r["store"], r["at"][11:16]) for r in got.out["dispatches"][2:]] == [("RATED", "14:00"), ("RATED", "14:01")]


def test_one_that_waits_for_the_old_stores_opening_waits_for_the_successors() -> None:
    records = [lead(1, 0, "RATED"), exit_of("RATED", 1, "LATE")]
    before = Result(records[:1]).engine.database.rows
    assert [key for key in before if key[1:2] == b"q"], "it stands in the old store's queue"
    after = Result(records).engine.database.rows
    assert not [key for key in after if key[1:2] in (b"p", b"q")], "it left that"
    got = Result(records, until=9)
    assert got.sent() == [("u1", "LATE", 1)]
    assert got.out["dispatches"][0]["at"].startswith("2024-01-01T14:00")


def test_one_that_waits_for_consent_goes_on_waiting() -> None:
    got = Result([lead(1, 0, channel="asked"), exit_of("OLD", 1)])
    assert got.lead() == ("HELD", "NEW", None, None)
    assert got.out["holds"][-1]["conditions"] == ["CONSENT"] and got.sent() == []


def test_what_holds_it_still_is_no_new_hold() -> None:
    """Ruling 29: one `holds` record whenever the conditions or their end change."""
    got = Result([lead(1, 0, channel="asked"), exit_of("OLD", 1)])
    assert len(got.out["holds"]) == 1


@pytest.mark.parametrize(
    ("reason", "why"), [("HOLIDAY", "HOLIDAY"), ("客户13812345678王小明不接", "RECYCLE"), (None, "RECYCLE")]
)
def test_a_recycles_reason_is_a_word_or_none(reason: str | None, why: str) -> None:
    """Ruling 37: `why` never carries free text, name or identifiers."""
    recycle = {**assign(0.7), "command_id": "r", "kind": "RECYCLE", "reason": reason}
    got = Result([lead(1, 0), assign(0.5), recycle])
    assert got.lead()[0] == "POOL" and got.out["unique_leads"][-1]["why"] == {"rule": "recycled", "note": why}


def test_pool_stays_pool_and_comes_back_at_the_successor() -> None:
    recycle = {
        "type": "command",
        "command_id": "r",
        "kind": "RECYCLE",
        "event_time": at(0.7),
        "phone": "13912345001",
        "store": "OLD",
    }
    records = [lead(1, 0), assign(0.5), recycle, exit_of("OLD", 1)]
    got = Result(records)
    assert got.lead() == ("POOL", "NEW", None, None) and got.sent() == [("u1", "OLD", 1)]
    back = Result([*records, lead(2, DAY)])
    assert back.lead() == ("DISPATCHED", "NEW", None, None) and back.sent()[-1] == ("u1", "NEW", 2)


def test_it_folds_into_the_lead_that_is_open_at_the_successor() -> None:
    """Ruling 7: FIRST_TOUCH becomes MERGED on another day, DEDUPED on a day of which the survivor holds a raw lead."""
    got = Result([lead(1, 0, "NEW"), lead(2, 1), lead(3, DAY), exit_of("OLD", DAY + 1)])
    assert got.lead("u1") == ("DISPATCHED", "NEW", None, None)
    assert got.lead("u2") == ("CLOSED", "NEW", None, "FOLDED")
    assert got.marks() == ["FIRST_TOUCH", "DEDUPED", "MERGED"]
    assert got.sent() == [("u1", "NEW", 1), ("u2", "OLD", 1)], "the survivor stood there already"


@pytest.mark.parametrize(("hours", "mark"), [(1, "DEDUPED"), (DAY, "MERGED")])
def test_a_first_touch_beyond_the_lateness_is_corrected_too(hours: float, mark: str) -> None:
    """Else there would be more first touches than leads opened and not folded (invariant 2)."""
    visit = about("VISIT", 12 * DAY)  # by then what is older than the lateness is kept no longer
    got = Result([lead(1, 0, "NEW"), lead(2, hours), visit, exit_of("OLD", 12 * DAY + 1)])
    assert got.lead("u2") == ("CLOSED", "NEW", None, "FOLDED")
    assert got.marks() == ["FIRST_TOUCH", mark]
    last = got.out["dispositions"][-1]
    assert last["corrects"] == next(r["event_id"] for r in got.out["dispositions"] if r["raw_id"] == last["raw_id"])
    for field in ("source_lead_id", "event_time", "channel", "account"):
        assert last[field] == next(r for r in got.out["dispositions"] if r["raw_id"] == last["raw_id"])[field]
    assert last["store"] == "NEW" and last["event_id"] != last["corrects"]


def test_what_was_dispatched_to_the_old_store_does_not_count_at_the_successor() -> None:
    records = [lead(1, 0, "LATE"), lead(2, 1), exit_of("OLD", 2, "LATE")]
    got = Result(records, until=9)
    assert got.lead("u2")[3] == "FOLDED"
    assert [(name, store) for name, store, _ in got.sent()] == [("u2", "OLD"), ("u1", "LATE")]


def test_closed_leads_stay_and_the_successor_does_not_look_at_them() -> None:
    got = Result([lead(1, 0), about("LOST", 1), exit_of("OLD", 2), lead(2, DAY)])
    assert got.lead("u1") == ("LOST", "OLD", None, "LOST")
    assert got.lead("u2") == ("DISPATCHED", "NEW", None, None)
    assert got.marks() == ["FIRST_TOUCH", "FIRST_TOUCH"]


@pytest.mark.parametrize("named", ["OLD", "NEW"])
def test_the_code_is_an_alias_for_every_record_late_ones_too(named: str) -> None:
    records = [
        lead(1, 0, phone="13912345777"), exit_of("OLD", 2), lead(2, 1, named), about("VISIT", 3, named), assign(4, store=named),
    ]  # fmt: skip
    got = Result(records)
    assert got.rejects() == []
    states = [r for r in got.out["unique_leads"] if r["store"] == "NEW" and r["owner"] == "Wang"]
    assert states and got.out["dispositions"][-1]["store"] == "NEW"


def test_an_id_still_finds_a_closed_lead_under_either_code() -> None:
    first = Result([lead(1, 0), about("LOST", 1), exit_of("OLD", 2)])
    unique_id = first.out["unique_leads"][0]["unique_id"]
    for code in ("OLD", "NEW", None):
        paid = about("PAID", 3, code, unique_id=unique_id)
        got = Result([lead(1, 0), about("LOST", 1), exit_of("OLD", 2), paid])
        assert got.lead("u1")[:2] == ("WON", "OLD"), code


def test_successors_in_a_row() -> None:
    got = Result([lead(1, 0), exit_of("OLD", 1, "NEW"), exit_of("NEW", 2, "THIRD", "y"), lead(2, DAY, "OLD")])
    assert got.lead() == ("DISPATCHED", "THIRD", None, None)
    assert [sequence for _, _, sequence in got.sent()] == [1, 2, 3]
    assert got.marks() == ["FIRST_TOUCH", "MERGED"]


def test_without_successor_leads_wait_as_if_reopened() -> None:
    got = Result([lead(1, 0), assign(0.5), exit_of("OLD", 1, None)])
    assert got.lead()[1:] == ("OLD", None, None)
    assert "STORE_UNKNOWN" in got.out["holds"][-1]["conditions"]
    assert got.leads()["u1"]["previous_owner"] == "Wang"


def test_a_successor_that_has_left_without_one_is_no_store() -> None:
    """People look for a store (rulings 14 and 58): a lead that was dispatched does not wait unseen."""
    got = Result([lead(1, 0), exit_of("NEW", 1, None), exit_of("OLD", 2, "NEW", "y")])
    assert got.lead()[:2] == ("CLEANING", "NEW")
    assert [(r["route"], r["reasons"]) for r in got.out["cleaning_tasks"]] == [("MANUAL", ["STORE_UNKNOWN"])]


def test_without_successor_further_leads_of_the_code_wait_too_until_one_is_named() -> None:
    records = [lead(1, 0), exit_of("OLD", 1, None), lead(2, 2, phone="13912345777")]
    got = Result(records)
    assert [record["conditions"][0] for record in got.out["holds"]] == ["STORE_UNKNOWN", "STORE_UNKNOWN"]
    named = Result([*records, exit_of("OLD", 3, "NEW", "y")])
    assert sorted(store for _, store, _ in named.sent()) == ["NEW", "NEW", "OLD"]


@pytest.mark.parametrize(
    ("records", "reasons"),
    [
        ([exit_of("OLD", 1, "OLD")], [["BAD_FIELD"]]),
        ([exit_of("", 1)], [["MISSING_FIELD"]]),
        ([exit_of("OLD", 1), exit_of("NEW", 2, "OLD", "y")], [["NOT_ALLOWED"]]),
        ([exit_of("OLD", 1), exit_of("OLD", 2, "THIRD", "y")], [["NOT_ALLOWED"]]),
        ([exit_of("OLD", 1, None), exit_of("OLD", 2, None, "y")], [["NOT_ALLOWED"]]),
    ],
    ids=["its own successor", "no store", "a circle", "it left before", "it left before, without successor"],
)
def test_what_is_refused_is_said_once(records: list[dict[str, Any]], reasons: list[list[str]]) -> None:
    got = Result([lead(1, 0), *records])
    assert got.rejects() == reasons


def test_one_that_cannot_be_applied_is_refused_once() -> None:
    """It came to every shard."""
    engine = PlainEngine(TABLES, shards=3)
    engine.poisoned = frozenset((source, 2) for source in range(9))
    lines = [(n, json.dumps(record).encode()) for n, record in enumerate([lead(1, 0), exit_of("OLD", 1)], 1)]
    engine.run({"raw_leads.jsonl": ("raw_lead", lines)})
    assert [record["reasons"] for record in engine.outputs["rejects"]] == [["INTERNAL"]]


def test_the_same_command_again_is_a_replay_said_once() -> None:
    got = Result([lead(1, 0), exit_of("OLD", 1), exit_of("OLD", 2)])
    assert [r["command_id"] for r in got.out["replays"]] == ["x"] and got.rejects() == []
    assert got.sent() == [("u1", "OLD", 1), ("u1", "NEW", 2)]


def test_a_shadow_lead_moves_without_a_word() -> None:
    got = Result([lead(1, 0, channel="trial"), exit_of("OLD", 1)])
    assert got.leads()["u1"]["store"] == "NEW" and got.leads()["u1"]["shadow"] is True
    assert got.sent() == [] and got.out["closings"] == []


@pytest.mark.parametrize("successor", ["NEW", None])
def test_a_shadow_lead_that_would_have_been_dispatched_shows_it_to_its_end(successor: str | None) -> None:
    """Ruling 83: until it closes or reopens; that its store leaves is neither."""
    got = Result([lead(1, 0, channel="trial"), exit_of("OLD", 1, successor=successor)])
    assert [hold["conditions"] for hold in got.out["holds"]] == [["SHADOW"]]


@pytest.mark.parametrize("poll", [1, 3, 50])
def test_however_many_customers_and_batches(monkeypatch: pytest.MonkeyPatch, poll: int) -> None:
    monkeypatch.setattr("state.limits.EXIT_ROWS_PER_SLICE", 5)
    monkeypatch.setattr("state.limits.EXIT_CUSTOMERS_PER_SLICE", 2)
    leads = [lead(n, n / 100, phone=f"139{n:03d}45001", store="OLD" if n % 3 else "THIRD") for n in range(40)]
    got = Result([*leads, exit_of("OLD", 1), lead(99, 2, "THIRD", "13800001111")], poll=poll)
    assert [store for _, store, _ in got.sent()].count("NEW") == sum(1 for n in range(40) if n % 3)


@pytest.fixture
def nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slices have not come to anybody yet, as by the wall's clock while they work."""
    if variant() == "compiled":
        pytest.skip("compiled rules know their kinds by themselves: another cannot be put in its place")

    def fire(desk: Any, before: int) -> bool:
        desk.row.due = 0
        return True

    kinds = {
        rank: replace(kind, fire=fire) if kind.name == "store exits" else kind for rank, kind in batch.KIND_OF.items()
    }
    monkeypatch.setattr(batch, "KIND_OF", kinds)


@pytest.mark.usefixtures("nobody_comes")
def test_without_its_slice_a_lead_that_nobody_touches_stays() -> None:
    """Else the next test would prove nothing."""
    assert Result([lead(1, 0), exit_of("OLD", 1)]).lead() == ("DISPATCHED", "OLD", None, None)


@pytest.mark.usefixtures("nobody_comes")
@pytest.mark.parametrize(
    "touch",
    [
        lead(2, DAY),
        lead(2, DAY, "THIRD"),
        about("VISIT", 2),
        about("VISIT", 2, "NEW"),
        assign(2),
        lead(1, 0, name="Li"),
    ],
    ids=["raw lead", "raw lead elsewhere", "activity", "activity by the new code", "command", "enrichment"],
)
def test_whoever_is_touched_before_his_slice_meets_the_exit_first(touch: dict[str, Any]) -> None:
    got = Result([lead(1, 0), exit_of("OLD", 1), touch])
    assert got.sent()[:2] == [("u1", "OLD", 1), ("u1", "NEW", 2)]
    assert got.leads()["u1"]["store"] == "NEW" and got.rejects() == []
    moved = next(r for r in got.out["unique_leads"] if r["why"]["rule"] == "store_exit")
    assert moved["at"] == "2024-01-01T11:00:00.000+08:00", "at the command's own clock"


@pytest.mark.usefixtures("nobody_comes")
def test_a_timer_meets_the_exit_first() -> None:
    got = Result([lead(1, 0, "LATE"), exit_of("LATE", 1)], until=9)
    assert got.sent() == [("u1", "NEW", 1)]


@pytest.mark.usefixtures("nobody_comes")
def test_an_answer_of_the_old_store_meets_the_exit_first() -> None:
    """A slot that the old store's release gave: nobody goes there any more."""
    records = [lead(n, 0, "RATED", phone=f"1391234{n}001") for n in (1, 2)] + [exit_of("RATED", 1)]
    got = Result(records, until=9)
    assert sorted(store for _, store, _ in got.sent()) == ["NEW", "NEW"]


def test_a_new_customer_has_met_what_came_before_him() -> None:
    """Without a successor his lead would else be put back again."""
    got = Result(
        [lead(1, 0), exit_of("OLD", 1, None), lead(2, 2, phone="13912345777"), about("VISIT", 3, phone="13912345777")]
    )
    assert [r["why"]["rule"] for r in got.out["holds"]].count("store_exit") == 1
