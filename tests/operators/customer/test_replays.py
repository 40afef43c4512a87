"""Transport replay and enrichment (ruling 11): how long a source key is known, and what differs."""

from __future__ import annotations

from typing import Any

import pytest
from one_key import DAY_MS, HOUR_MS, RULES, at

from operators.customer import replays
from operators.wire.arrival import Arrival
from operators.wire.records import IntentGiven, RawLeadRecord
from state.rows.customer_row import Customer, Source

NOON = at(6, 12)


def values(*, stores: tuple[str, ...] = ("S1",), t: int = NOON, phone: str = "13812345678", **fields: Any) -> list[Any]:
    """A payload after normalisation."""
    arrival = Arrival("raw_lead", b"")
    arrival.submitted, arrival.has_time, arrival.phone, arrival.stores = t, True, phone, stores
    return replays.values_of(arrival, RawLeadRecord(**fields))


def remembered(**given: Any) -> Source:
    """The source key "1" of channel a, accepted at noon with this payload and kept for seven days."""
    payload = replays.payload_of(values(**given))
    return Source("a", "", "1", NOON, 7 * DAY_MS, NOON, payload, [1], NOON, 1)


def changed(first: dict[str, Any], second: dict[str, Any], stores: list[str] | None = None) -> list[str]:
    """What differs when the same source key comes again."""
    return replays.compare(remembered(**first), values(**second), stores if stores is not None else ["S1"])[0]


# --- the memory


@pytest.mark.parametrize(("after_ms", "known"), [(0, True), (7 * DAY_MS, True), (7 * DAY_MS + 1, False)])
def test_a_source_key_is_known_up_to_the_end_of_its_memory(after_ms: int, known: bool) -> None:
    """Ruling 5: bounds are inclusive; from the first acceptance on."""
    row = Customer("20240106", "13812345678", "", False)
    row.sources = [remembered()]
    assert (replays.find(row, "a", "", "1", NOON + after_ms) is not None) is known


@pytest.mark.parametrize("other", [("b", "", "1"), ("a", "x", "1"), ("a", "", "2"), ("a", "", "01"), ("a", "", "")])
def test_the_source_key_is_channel_account_and_id(other: tuple[str, str, str]) -> None:
    row = Customer("20240106", "13812345678", "", False)
    row.sources = [remembered()]
    assert replays.find(row, *other, NOON) is None


@pytest.mark.parametrize(("late_hours", "days"), [(72, 7), (7 * 24, 7), (360, 15)])
def test_it_is_kept_for_the_replay_period_or_the_lateness_of_its_channel(late_hours: int, days: int) -> None:
    """An Excel file that is imported again ten days later is known."""
    assert replays.keep_ms(late_hours * HOUR_MS, RULES) == days * DAY_MS


# --- what differs


INTENT = IntentGiven(level="HIGH", days_to_buy=7, budget="30万")
FULL = {"name": "王", "series": "A6", "intent": INTENT, "remark": "call me", "extra": {"a": 1}, "consent": True}


@pytest.mark.parametrize(
    "again",
    [
        {},
        FULL,
        {"name": None},  # null and '' are not given
        {"name": "", "series": ""},
        {"intent": IntentGiven(level="HIGH")},
        {"extra": {"a": 1}},
        {"line": "main"},  # the default is filled in
        {"source_time": "2024-01-07T00:00:00+08:00", "ingest_time": "2024-01-08T00:00:00+08:00"},
    ],
)
def test_only_what_the_new_payload_gives_is_compared(again: dict[str, Any]) -> None:
    """Ruling 11: field by field with the values in force, without ingest_time and source_time: a replay."""
    assert changed(FULL, again) == []


@pytest.mark.parametrize(
    ("again", "names"),
    [
        ({"name": "李"}, ["name"]),
        ({"city": "上海"}, ["city"]),  # a gap that is filled differs too
        ({"consent": False}, ["consent"]),
        ({"intent": IntentGiven(level="LOW")}, ["intent"]),
        ({"intent": IntentGiven(finance=True)}, ["intent"]),
        ({"remark": "call me now"}, ["remark"]),
        ({"extra": {"a": 2}}, ["extra"]),
        ({"line": "used"}, ["line"]),
        ({"t": NOON + 1}, ["event_time"]),
        ({"name": "李", "city": "上海"}, ["name", "city"]),
    ],
)
def test_what_differs_is_named(again: dict[str, Any], names: list[str]) -> None:
    assert changed(FULL, again) == names


@pytest.mark.parametrize(
    ("stores", "again", "names"),
    [
        (["S1"], ("S1",), []),
        (["S1"], (), []),
        (["S1"], ("S2",), ["store"]),
        (["S1"], ("S1", "S2"), ["store"]),
        (["S1", "S2"], ("S2",), []),  # where its parts stand now is what is in force
        ([], ("S1",), ["store"]),
    ],
)
def test_stores_differ_only_where_one_is_named_that_is_not_in_force(
    stores: list[str], again: tuple[str, ...], names: list[str]
) -> None:
    """Ruling 57."""
    assert changed({}, {"stores": again}, stores) == names


def test_long_text_is_compared_without_being_kept() -> None:
    """Ruling 37: free text does not lie in the memory; that it differs is seen all the same."""
    text = "a long story " * 40
    source = remembered(remark=text, extra={"text": text})
    assert b"long story" not in source.payload
    assert replays.compare(source, values(remark=text, extra={"text": text}), ["S1"])[0] == []
    assert replays.compare(source, values(remark=text + "."), ["S1"])[0] == ["remark"]


# --- what is overwritten


def applied(again: dict[str, Any], *, fills_only: bool = False) -> tuple[list[str], dict[str, Any]]:
    """(fields whose value in force changed, the values in force) after the same source key came again."""
    source, given = remembered(**FULL), values(**again)
    names, in_force = replays.compare(source, given, ["S1"])
    written = replays.overwrite(in_force, given, names, fills_only=fills_only)
    return written, dict(zip(replays.FIELDS, in_force, strict=True))


def test_values_overwrite() -> None:
    names, in_force = applied({"name": "李", "city": "上海"})
    assert names == ["name", "city"] and (in_force["name"], in_force["city"]) == ("李", "上海")
    assert in_force["series"] == "A6"


def test_those_with_the_older_source_time_only_fill_gaps() -> None:
    names, in_force = applied({"name": "李", "city": "上海"}, fills_only=True)
    assert names == ["city"] and (in_force["name"], in_force["city"]) == ("王", "上海")


@pytest.mark.parametrize(
    ("again", "field"),
    [
        ({"t": NOON + 1}, "event_time"),
        ({"phone": "13987654321"}, "phone"),
        ({"line": "used"}, "line"),
        ({"test": True}, "test"),
    ],
)
@pytest.mark.parametrize("fills_only", [False, True])
def test_phone_event_time_and_line_never_change(again: dict[str, Any], field: str, fills_only: bool) -> None:
    """Ruling 11; a difference is listed."""
    before = applied({})[1][field]
    assert changed(FULL, again) == [field]
    names, in_force = applied(again, fills_only=fills_only)
    assert not names and in_force[field] == before


def test_of_an_intent_only_the_parts_that_are_given_change() -> None:
    names, in_force = applied({"intent": IntentGiven(level="LOW", finance=True)})
    assert names == ["intent"]
    assert list(in_force["intent"]) == ["LOW", 7, "30万", None, True]
    names, in_force = applied({"intent": IntentGiven(level="LOW", finance=True)}, fills_only=True)
    assert names == ["intent"]
    assert list(in_force["intent"]) == ["HIGH", 7, "30万", None, True]
