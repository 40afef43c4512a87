"""Late raw leads are told of: one notification per channel and hour of the clock, at its end (ruling 81)."""

import pytest
from delivery import HOUR_MS, TABLES, Case, at, configuration, instant, lead, memory_reader

from flows.engine import Engine, Options
from flows.run import run
from operators.base.calendar import LocalTime, parse_ms
from operators.base.desk import ChannelDesk
from operators.base.outputs import Outputs
from operators.base.rules import Rules
from operators.customer import late_notice
from state import keys
from state.rows.channel_row import ChannelRow
from state.rows.messages import LateLead

PHONES = [f"139123450{n:02d}" for n in range(40)]


def told(case: Case) -> list[tuple[str, str, int]]:
    """(channel, hour and minute of the 9th local day or the day before, count) of each notification."""
    records = [r for r in case.sink.records("notifications") if r["kind"] == "LATE_LEAD"]
    for record in records:
        assert record["to"] == {"role": "maker", "id": ""} and record["at"] == record["due"]
        assert record["why"]["rule"] == "lateness" and record["why"]["window_end"] == record["at"]
        assert parse_ms(record["at"]) - parse_ms(record["why"]["window_start"]) == HOUR_MS
        assert "one_id" not in record
    assert len({r["event_id"] for r in records}) == len(records)
    return sorted((r["channel"], r["at"][8:16], r["count"]) for r in records)


def hour_of_late(first: int, t: int, count: int, channel: str = "web") -> list:
    """The clock goes to `t`, then so many leads of four days before come in."""
    here = [lead(f"c{first}", PHONES[0], t, channel="ads")]
    return here + [
        lead(f"l{first + n}", PHONES[1 + (first + n) % 38], at(2, 10), channel=channel) for n in range(count)
    ]


@pytest.mark.usefixtures("fabric")
def test_one_notification_per_channel_and_hour(tmp_path):
    case = Case(tmp_path)
    records = [
        *hour_of_late(0, at(6, 10, 5), 3),
        *hour_of_late(10, at(6, 10, 59, 59), 2),
        *hour_of_late(20, at(6, 11, 0), 1),  # an hour begins with its first instant
        *hour_of_late(30, at(6, 11, 30), 2, "call"),
        *hour_of_late(40, at(6, 11, 40), 4, "trial"),  # a channel in test: shadow
        lead("end", PHONES[0], at(6, 12, 0, 1), channel="ads"),
    ]
    case.run(memory_reader(records))
    assert told(case) == [("call", "06T12:00", 2), ("web", "06T11:00", 5), ("web", "06T12:00", 1)]
    assert len(case.sink.records("late")) == 12


def test_it_comes_behind_the_end_of_the_hour_and_survives_a_stop(tmp_path):
    case = Case(tmp_path)
    first = hour_of_late(0, at(6, 10, 5), 3)
    case.run(memory_reader(first))
    assert told(case) == []
    more = [*first, lead("on", PHONES[0], at(6, 11), channel="ads")]
    case.run(memory_reader(more))
    assert told(case) == [], "at its end the hour is over for what comes behind it, not at it"
    case.run(memory_reader(more), until=at(6, 11))
    assert told(case) == [("web", "06T11:00", 3)]
    case.run(memory_reader(more), until=at(7, 11))
    assert told(case) == [("web", "06T11:00", 3)]


@pytest.mark.parametrize("most", [1, 2, 7, 4096])
def test_the_same_however_the_input_is_cut(tmp_path, monkeypatch, most):
    """A poll that spans several hours: none is told of before all its late leads are counted."""
    monkeypatch.setattr("flows.source.limits.BATCH_RECORDS", most)
    records = [one for hour in range(8) for one in hour_of_late(hour * 20, at(6, 10 + hour, hour), 5 + hour)]
    case = Case(tmp_path)
    case.run(memory_reader(records), until=at(6, 18))
    assert told(case) == [("web", f"06T{11 + hour}:00", 5 + hour) for hour in range(8)]


@pytest.mark.parametrize("workers", [1, 3])
def test_the_same_however_slowly_messages_come(tmp_path, monkeypatch, workers):
    """One message a slice: the hour is long over while late leads of it are still under way."""
    monkeypatch.setattr("flows.step.limits.HOPS_PER_SLICE", 1)
    records = [one for hour in range(4) for one in hour_of_late(hour * 20, at(6, 10 + hour, hour), 9)]
    case = Case(tmp_path)
    case.run(memory_reader(records), until=at(6, 14), workers=workers)
    assert told(case) == [("web", f"06T{11 + hour}:00", 9) for hour in range(4)]


def test_by_the_walls_clock(tmp_path):
    case = Case(tmp_path)
    now = at(6, 10, 59)

    def wall() -> int:
        nonlocal now
        now += 200  # each look: the hour ends while the run goes on
        return now

    records = [lead(f"l{n}", PHONES[n], at(2, 10)) for n in range(30)]
    options = {"event_clock": False, "shards": 4, "wall_ms": wall}
    run(Engine(case.settings, memory_reader(records), case.sink, Options(tmp_path, **options)))
    now = at(6, 12, 0, 1)
    run(Engine(case.settings, memory_reader(records), case.sink, Options(tmp_path, **options)))
    found = told(case)
    assert sum(count for _, _, count in found) == 30 == len(case.sink.records("late"))
    assert {hour for _, hour, _ in found} <= {"06T11:00", "06T12:00"}


def test_an_hour_that_was_told_of_is_not_told_of_again():
    """The wall clock was set back: what comes in such an hour counts in the next one."""

    row = ChannelRow("web", told=at(6, 11))
    desk = ChannelDesk(row, Outputs(Rules(), {}))
    late_notice.count(desk, LateLead(at(6, 10, 30)), 0)
    assert row.hours == {at(6, 12): 1}
    late_notice.count(desk, LateLead(at(6, 11, 30)), 0)
    assert row.hours == {at(6, 12): 2}


@pytest.mark.parametrize(
    ("zone", "at_", "end"),
    [
        ("Asia/Shanghai", "2026-03-02T10:00:00+08:00", "2026-03-02T11:00:00+08:00"),
        ("Asia/Shanghai", "2026-03-02T10:59:59.999+08:00", "2026-03-02T11:00:00+08:00"),
        ("Asia/Kolkata", "2026-03-02T10:15:00+05:30", "2026-03-02T11:00:00+05:30"),
        ("Asia/Kathmandu", "2026-03-02T10:00:00+05:45", "2026-03-02T11:00:00+05:45"),
    ],
)
def test_an_hour_is_one_of_the_business_time_zone(zone, at_, end):
    assert late_notice.end_of_hour(parse_ms(at_), Rules(local=LocalTime(zone))) == parse_ms(end)


def test_a_channel_has_a_shard_of_its_own():
    """By the hash of its code: 56 channels do not stand in one shard."""
    shards = {keys.shard_of(keys.channel_entity(f"channel{n}"), 16) for n in range(56)}
    assert len(shards) > 8


def test_a_channel_whose_late_leads_nobody_was_told_of_may_leave_the_configuration(tmp_path):
    case = Case(tmp_path)
    first = hour_of_late(0, at(6, 10, 5), 3)
    case.run(memory_reader(first))
    channels = {code: table for code, table in TABLES["channels"].items() if code != "web"}
    case.settings = configuration(channels=channels)
    case.run(memory_reader([*first, {"type": "raw_lead", "channel": "ads", "source_lead_id": "z", "phone": PHONES[0],
                                     "event_time": instant(at(6, 12))}]))  # fmt: skip
    assert told(case) == [("web", "06T11:00", 3)]
