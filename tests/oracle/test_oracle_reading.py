"""The reference model's reading of records, against examples worked out by hand from the words of the rulings."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from oracle_config import Config, Store
from oracle_reading import Event, Line, Reader, Reject, read_path

CHANNELS = {
    "autohome": {"group": "vertical", "consent": True},
    "excel": {"group": "offline"},
    "dcd": {"status": "TESTING"},
    "old": {"status": "SUSPENDED"},
    "new": {"status": "REGISTERED"},
}
WALL_MS = 1_780_000_000_000  # 2026-05-28


def ms(text: Any) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def lead(**fields: Any) -> dict[str, Any]:
    base = {"channel": "autohome", "source_lead_id": "a1", "phone": "13812345678"}
    return base | {"event_time": "2026-03-02T10:00:00+08:00"} | fields


def line(record: Any, number: int = 1, source: str = "raw_leads.jsonl", kind: str = "raw_lead") -> Line:
    raw = record if isinstance(record, bytes) else json.dumps(record, ensure_ascii=False).encode()
    return Line(source, number, kind, raw)


def reader(**config: Any) -> Reader:
    return Reader({"channels": CHANNELS} | config, wall_ms=WALL_MS)


def one(record: Any, kind: str = "raw_lead", **config: Any) -> Any:
    (outcome,) = reader(**config).read([line(record, kind=kind)])
    return outcome


def reasons(record: Any, kind: str = "raw_lead", **config: Any) -> set[str]:
    outcome = one(record, kind, **config)
    return set(outcome.reasons) if isinstance(outcome, Reject) else set()


def activity(**fields: Any) -> dict[str, Any]:
    return {"activity_id": "v1", "kind": "CALL", "event_time": "2026-03-02T10:00:00Z", "phone": "13812345678"} | fields


def at(day: Any, hour: Any = "10:00:00", **fields: Any) -> dict[str, Any]:
    return lead(event_time=f"2026-03-{day:02d}T{hour}+08:00", **fields)


def hours_of(config: Config, code: str) -> Store:
    store = config.store(code, "main")
    assert store is not None
    return store


def order(files: Any, **config: Any) -> list[tuple[str, int]]:
    lines = [line(record, n, name) for name, records in files.items() for n, record in enumerate(records, 1)]
    return [(outcome.source, outcome.number) for outcome in reader(**config).read(lines)]


# -- ruling 4: several sources are read as one


def test_the_source_with_the_smallest_running_maximum_is_next() -> None:
    # a: 2, 9, 3 (maxima 2, 9, 9); b: 4, 5, 9 (maxima 4, 5, 9); at 9 the tie goes to a for all it has at 9.
    files = {"a": [at(2), at(9), at(3)], "b": [at(4), at(5), at(9)]}
    assert order(files) == [("a", 1), ("b", 1), ("b", 2), ("a", 2), ("a", 3), ("b", 3)]


def test_a_source_at_its_end_holds_nobody_back() -> None:
    assert order({"a": [at(2)], "b": [at(3), at(4)]}) == [("a", 1), ("b", 1), ("b", 2)]


def test_what_does_not_move_the_clock_keeps_the_maximum_of_its_source() -> None:
    # b's reject of day 8 leaves b at nothing, so it comes before a's day 2; its lead without time keeps b at day 4.
    files = {"a": [at(2), at(5)], "b": [at(8, phone="1"), at(4), lead(event_time=None), at(6)]}
    assert order(files) == [("b", 1), ("a", 1), ("b", 2), ("b", 3), ("a", 2), ("b", 4)]


def test_the_clock_is_the_running_maximum_of_what_is_accepted() -> None:
    records = [at(2), at(5), at(3), at(9, channel="nobody"), at(9, origin="advisor"), at(4)]
    outcomes: list[Any] = list(reader().read([line(record, n) for n, record in enumerate(records, 1)]))
    day5, day9 = ms("2026-03-05T10:00:00+08:00"), ms("2026-03-09T10:00:00+08:00")
    assert [outcome.now_ms for outcome in outcomes] == [ms("2026-03-02T10:00:00+08:00"), day5, day5, day5, day9, day9]
    assert outcomes[2].t_ms == ms("2026-03-03T10:00:00+08:00")


# -- ruling 9: types by name, folders, lines


def test_a_folder_gives_the_files_with_the_known_names(tmp_path: Path) -> None:
    for name in (
        "raw_leads_b.jsonl",
        "activity.jsonl",
        "truth.jsonl",
        "notes.jsonl",
        "raw_leads.txt",
        "commands1.jsonl",
    ):
        (tmp_path / name).write_bytes(b"1\n \r\n\n2")
    lines = read_path(tmp_path)
    assert [(entry.source, entry.number, entry.kind, entry.raw) for entry in lines] == [
        (source, number, kind, raw)
        for source, kind in (
            ("activity.jsonl", "activity"),
            ("commands1.jsonl", "command"),
            ("raw_leads_b.jsonl", "raw_lead"),
        )
        for number, raw in ((1, b"1"), (4, b"2"))
    ]
    (single,) = [entry.kind for entry in read_path(tmp_path / "notes.jsonl") if entry.number == 1]
    assert single == "raw_lead"


def test_a_last_line_without_newline_is_a_record_if_it_parses(tmp_path: Path) -> None:
    path = tmp_path / "leads.jsonl"
    for tail, expected in ((json.dumps(at(3)), Event), ('{"channel": "auto', Reject)):
        path.write_text(json.dumps(at(2)) + "\n" + tail)
        last: Any = list(reader().read(read_path(path)))[1]
        assert (type(last), last.number) == (expected, 2)
    assert last.reasons == {"NOT_JSON"}


def test_the_type_in_the_record_wins_over_the_name() -> None:
    assert one(activity(type="activity")).kind == "activity"
    assert one(lead(type="raw_lead"), kind="activity").kind == "raw_lead"
    assert reasons(lead(type="lead")) == {"UNKNOWN_TYPE"}


# -- ruling 10: the lateness of a channel


def test_lateness_own_then_offline_then_the_default() -> None:
    config = reader(channels={**CHANNELS, "slow": {"group": "offline", "late_hours": 5}}).config
    hours = {code: config.late_ms(code) / 3_600_000 for code in ("autohome", "excel", "slow")}
    assert hours == {"autohome": 72, "excel": 360, "slow": 5}
    assert config.fold_late_ms == 360 * 3_600_000
    assert reader(periods={"late_hours": 24}).config.late_ms("autohome") == 24 * 3_600_000


# -- rulings 13, 14, 15


def test_stores_are_trimmed_unique_and_in_order() -> None:
    fields = one(lead(store=" S2", stores=["S1", "S2 ", 7, None, "", "S1"])).fields
    assert (fields["stores"], fields["line"], fields["account"]) == (["S2", "S1", "7"], "main", "")
    assert one(lead()).fields["stores"] == []
    assert one(lead(stores="S1")).fields["stores"] == ["S1"]  # ruling 78
    assert reasons(lead(stores={"S1": 1})) == {"BAD_FIELD"}


def test_unknown_lines_are_rejected_only_where_lines_are_named() -> None:
    assert reasons(lead(line="used")) == set()
    assert reasons(lead(line="used"), lines={"main": {}}) == {"UNKNOWN_LINE"}
    assert reasons(lead(), lines={"main": {}}) == set()


def test_stores_without_and_with_a_table() -> None:
    assert hours_of(reader().config, "any").opens_minute == 9 * 60
    config = reader(stores={"S1": {"lines": ["main"]}, "S2": {}}).config
    known = {
        key: config.store(*key) is not None for key in (("S1", "main"), ("S1", "used"), ("S2", "used"), ("S3", "main"))
    }
    assert list(known.values()) == [True, False, True, False]


def test_channel_status_and_realm() -> None:
    assert reasons(lead(channel="old")) == reasons(lead(channel="new")) == {"CHANNEL_NOT_LIVE"}
    assert one(lead(channel="dcd")).shadow
    assert one(lead(test=True)).shadow
    assert not one(lead(test=False)).shadow
    assert one(lead(channel="dcd", phone="1")).shadow


def test_the_channels_of_the_file_replace_those_of_the_profile() -> None:
    profile: dict[str, Any] = {"autohome": {}}
    configs: list[dict[str, Any]] = [{}, {"channels": {"x": {}}}]
    outcomes: list[Any] = [next(Reader(config, profile, WALL_MS).read([line(lead())])) for config in configs]
    assert isinstance(outcomes[0], Event)
    assert outcomes[1].reasons == {"UNKNOWN_CHANNEL"}


# -- ruling 16, 56: opening hours


@pytest.mark.parametrize(
    ("store", "now", "opening"),
    [
        ({}, "2026-03-02T08:59:59.999+08:00", "2026-03-02T09:00+08:00"),
        ({}, "2026-03-02T09:00+08:00", None),
        ({}, "2026-03-02T17:59:59.999+08:00", None),
        ({}, "2026-03-02T18:00+08:00", "2026-03-03T09:00+08:00"),
        ({"calendar": "may"}, "2026-04-30T18:00+08:00", "2026-05-02T09:00+08:00"),
        ({"city": "Shanghai"}, "2026-05-03T10:00+08:00", "2026-05-04T09:00+08:00"),
        ({"opens": "20:00", "closes": "02:00"}, "2026-03-02T01:59+08:00", None),
        ({"opens": "20:00", "closes": "02:00"}, "2026-03-02T02:00+08:00", "2026-03-02T20:00+08:00"),
        # The night of April 30 still belongs to April 30; the night of May 1, a closed day, is closed after midnight.
        ({"opens": "20:00", "closes": "02:00", "calendar": "may"}, "2026-05-01T01:00+08:00", None),
        ({"opens": "20:00", "closes": "02:00", "calendar": "may"}, "2026-05-02T01:00+08:00", "2026-05-02T20:00+08:00"),
        ({"opens": "00:00", "closes": "24:00"}, "2026-03-02T23:59:59.999+08:00", None),
        ({"opens": "18:00", "closes": "00:00"}, "2026-03-02T00:00+08:00", "2026-03-02T18:00+08:00"),
    ],
)
def test_opening(store: Any, now: Any, opening: Any) -> None:
    calendars = {
        "may": {"closed": ["2026-05-01", "2026-05-03"], "open": ["2026-05-03"]},
        "Shanghai": {"closed": ["2026-05-03"]},
    }
    config = reader(stores={"S": store}, calendars=calendars).config
    hours = hours_of(config, "S")
    assert config.is_open(hours, ms(now)) is (opening is None)
    assert config.next_opening(hours, ms(now)) == ms(opening or now)


def test_closing() -> None:
    config = reader(
        stores={"S": {}, "N": {"opens": "20:00", "closes": "02:00"}, "A": {"opens": "00:00", "closes": "24:00"}}
    ).config
    closing = {code: config.closes_at(hours_of(config, code), ms("2026-03-02T21:00+08:00")) for code in ("N", "A")}
    assert closing == {"N": ms("2026-03-03T02:00+08:00"), "A": None}
    assert config.closes_at(hours_of(config, "S"), ms("2026-03-02T09:00+08:00")) == ms("2026-03-02T18:00+08:00")


def test_opening_where_clocks_change() -> None:
    # Berlin, 2026-03-29: 02:00 becomes 03:00, so a store that opens at 02:30 opens at 03:00 summer time.
    config = reader(timezone="Europe/Berlin", stores={"S": {"opens": "02:30", "closes": "06:00"}}).config
    hours = hours_of(config, "S")
    assert config.next_opening(hours, ms("2026-03-28T12:00+01:00")) == ms("2026-03-29T03:00+02:00")
    assert config.closes_at(hours, ms("2026-03-29T03:00+02:00")) == ms("2026-03-29T06:00+02:00")
    assert config.local_day(ms("2026-03-29T23:59:59.999+02:00")) == "2026-03-29"


def test_the_business_day_is_local() -> None:
    assert reader().config.local_day(ms("2026-03-01T16:00:00Z")) == "2026-03-02"


# -- ruling 20: times in the future, missing, unreadable


def timed(event: Any = None, ingest: Any = None, **fields: Any) -> dict[str, Any]:
    return lead(event_time=event, ingest_time=ingest, **fields)


def test_a_future_time_is_clamped_to_the_ingest_time() -> None:
    noon = "2026-03-02T12:00:00Z"
    event = one(timed("2026-03-02T12:05:00.001Z", noon))
    assert (event.t_ms, event.now_ms, event.future) == (ms(noon), ms(noon), True)
    assert event.submitted_ms == ms("2026-03-02T12:05:00.001Z")
    event = one(timed("2026-03-02T12:05:00Z", noon))
    assert (event.t_ms, event.future) == (ms("2026-03-02T12:05:00Z"), False)


def test_no_event_time() -> None:
    ingests = ["2026-03-02T10:00:00Z", None, "2026-03-01T10:00:00Z", "2026-03-09T10:00:00Z"]
    events: list[Any] = list(reader().read([line(timed(None, ingest), n) for n, ingest in enumerate(ingests, 1)]))
    start = ms(ingests[0])  # the first one's ingest time starts the clock; min(ingest_time, now) afterwards
    assert [event.t_ms for event in events] == [start, start, ms(ingests[2]), start]
    assert {event.now_ms for event in events} == {start}
    assert not events[0].has_time
    assert reasons(timed()) == {"BAD_TIME"}


def test_1100_days_ahead() -> None:
    # From 2026-03-02, 1 100 days are 2029-03-06 (365 + 365 + 366 = 1096 to 2029-03-02, 2028 being a leap year).
    first = timed("2026-03-02T00:00:00Z")
    for record, bad in (
        (timed("2029-03-06T00:00:00Z"), False),
        (timed("2029-03-06T00:00:00.001Z"), True),
        (timed("2040-01-01T00:00:00Z", "2029-03-06T00:00:00Z"), False),  # clamped first, then judged
        (timed("2029-03-07T00:00:00Z", "2029-03-07T00:00:00Z"), True),
    ):
        run = reader()
        _, outcome = run.read([line(first, 1), line(record, 2)])
        assert isinstance(outcome, Reject) is bad
        assert run.clock_ms == ms("2026-03-02T00:00:00Z" if bad else "2029-03-06T00:00:00Z")


def test_the_first_record_is_judged_by_the_wall_clock() -> None:
    assert reasons(timed("2035-01-01T00:00:00Z")) == {"BAD_TIME"}
    assert reasons(timed("2035-01-01T00:00:00Z", "2035-01-01T00:00:00Z")) == {"BAD_TIME"}
    assert reasons(timed("2027-06-01T00:00:00Z", "2027-06-01T00:00:00Z")) == set()


def test_jumps_are_applied_and_named() -> None:
    records = [at(1), at(4), at(8), at(12, ingest_time="2026-03-12T10:00:00+08:00")]  # 72 h exactly is no jump
    run = reader()
    outcomes: list[Any] = list(run.read([line(record, n) for n, record in enumerate(records, 1)]))
    assert [entry.number for entry in run.jumps] == [3]
    assert all(isinstance(outcome, Event) for outcome in outcomes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:00:00.123987+08:00", "2026-03-02T02:00:00.123+00:00"),
        ("2026-03-02t10:00:00.5z", "2026-03-02T10:00:00.500+00:00"),
        ("2026-03-02T10:00:00", None),
        ("2026-03-02T10:00:00+0800", "2026-03-02T02:00:00+00:00"),
        ("2026-02-30T10:00:00Z", None),
        ("2026-03-02", None),
        (1_772_416_800, None),
        (True, None),
    ],
)
def test_times(text: Any, expected: Any) -> None:
    for name in ("event_time", "ingest_time", "source_time"):
        outcome = one(lead(**{"ingest_time": "2026-03-02T12:00:00Z", name: text}))
        if expected is None and name != "event_time":
            assert outcome.dropped == {name}
        elif expected is None:
            assert outcome.reasons == {"BAD_TIME"}
        elif name == "event_time":
            assert outcome.t_ms == ms(expected)


def test_an_activity_without_event_time() -> None:
    assert reasons(activity(event_time=None, ingest_time="2026-03-02T10:00:00Z"), "activity") == {"MISSING_FIELD"}
