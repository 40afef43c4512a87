"""Written times (ruling 80), unseen characters (77), flags and keys (78) of the oracle, each from the ruling's words."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from oracle_config import Config
from oracle_fields import Line
from oracle_model import Oracle
from oracle_names import ACTIVITY_KEYS, LEAD_KEYS, resembles
from oracle_reading import Event, Reader
from oracle_text import Numeral, clean, content
from oracle_times import TimeForm, read_time

SHANGHAI = ZoneInfo("Asia/Shanghai")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def form(**table: Any) -> TimeForm | None:
    return TimeForm.of(table, SHANGHAI)


OFFSETS = [
    ("2026-03-02T10:15:00+08:00", "2026-03-02T02:15:00+00:00"),
    ("2026-03-02 10:15:00+08:00", "2026-03-02T02:15:00+00:00"),
    ("2026-03-02T10:15+08:00", "2026-03-02T02:15:00+00:00"),
    ("2026-03-02 10:15+0800", "2026-03-02T02:15:00+00:00"),
    ("2026-03-02T10:15:00+0800", "2026-03-02T02:15:00+00:00"),
    ("2026-03-02T10:15Z", "2026-03-02T10:15:00+00:00"),
    ("2026-03-02t10:15:00.1239z", "2026-03-02T10:15:00.123+00:00"),
    ("2026-03-02T10:15:00-0530", "2026-03-02T15:45:00+00:00"),
    ("2026-03-02T10:15:00+08:59", "2026-03-02T01:16:00+00:00"),
]
NONE = [
    "2026-03-02 10:15:00",
    "2026-03-02T10:15",
    "2026-03-02T10:15:00+08:60",
    "2026-03-02T10:15:00+0860",
    "2026-03-02T10:15:00+24:00",
    "2026-02-29T10:15:00Z",
    "2026-03-02T24:00:00Z",
    "2026-03-02T10:60:00Z",
    "2026-03-02",
    "1772417700",
    "yesterday",
]


@pytest.mark.parametrize(("text", "expected"), OFFSETS)
def test_with_an_offset_no_configuration_is_needed(text: str, expected: str) -> None:
    for configured in (None, form(zone="America/New_York", epoch="ms")):
        assert read_time(text, configured) == ms(expected)


@pytest.mark.parametrize("value", [*NONE, Numeral("1772417700"), Numeral("46083.5"), True, [], {}])
def test_without_offset_and_configuration_there_is_no_time(value: Any) -> None:
    assert read_time(value, None) is None


LOCAL: list[tuple[dict[str, Any], Any, str | None]] = [
    ({"zone": "Asia/Shanghai"}, "2026-03-02 10:15:00", "2026-03-02T10:15:00+08:00"),
    ({"zone": "Asia/Shanghai"}, "2026-03-02T10:15", "2026-03-02T10:15:00+08:00"),
    ({"zone": "America/New_York"}, "2026-03-02 10:15:00.5", "2026-03-02T10:15:00.500-05:00"),
    (
        {"zone": "Asia/Shanghai", "formats": ["%Y/%m/%d %H:%M", "%d.%m.%Y"]},
        "2026/3/2 9:05",
        "2026-03-02T09:05:00+08:00",
    ),
    ({"zone": "Asia/Shanghai", "formats": ["%Y/%m/%d %H:%M", "%d.%m.%Y"]}, "02.03.2026", "2026-03-02T00:00:00+08:00"),
    ({"zone": "Asia/Shanghai", "formats": ["%Y%m%d%H%M%S"]}, "20260302101500", "2026-03-02T10:15:00+08:00"),
    ({"zone": "Asia/Shanghai", "formats": ["%Y/%m/%d"]}, "2026-13-02 10:15:00", None),
    ({"epoch": "s"}, "1772417700", "2026-03-02T10:15:00+08:00"),
    ({"epoch": "s"}, Numeral("1772417700.25"), "2026-03-02T10:15:00.250+08:00"),
    ({"epoch": "ms"}, Numeral("1772417700250"), "2026-03-02T10:15:00.250+08:00"),
    ({"epoch": "ms"}, "1772417700250", "2026-03-02T10:15:00.250+08:00"),
    # Day 46083 of a sheet is 2026-03-02 (46023 is 2026-01-01, and 31 + 28 + 1 days follow).
    ({"zone": "Asia/Shanghai"}, Numeral("46083"), "2026-03-02T00:00:00+08:00"),
    ({"zone": "Asia/Shanghai"}, Numeral("46083.427083333"), "2026-03-02T10:15:00+08:00"),
    ({"zone": "America/New_York"}, "46083.427083333336", "2026-03-02T10:15:00-05:00"),
    ({"zone": "Asia/Shanghai"}, Numeral("-1"), None),
    ({"zone": "Asia/Shanghai"}, Numeral("1e300"), None),
]


@pytest.mark.parametrize(("table", "value", "expected"), LOCAL)
def test_the_channel_says_how_its_times_are_written(table: dict[str, Any], value: Any, expected: str | None) -> None:
    assert read_time(value, TimeForm.of(table, SHANGHAI)) == (None if expected is None else ms(expected))


def test_of_an_hour_that_comes_twice_the_first() -> None:
    assert read_time("2026-11-01 01:30:00", form(zone="America/New_York")) == ms("2026-11-01T01:30:00-04:00")


def outcome(config: dict[str, Any], kind: str = "raw_lead", **fields: Any) -> Any:
    base: dict[str, Any] = {"channel": "a", "source_lead_id": "1", "phone": "13812345678"}
    if kind == "activity":
        base = {"activity_id": "v", "kind": "CALL", "phone": "13812345678"}
    raw = json.dumps(base | fields).encode()
    (found,) = Reader({"source": {"today": "2026-06-01"}} | config).read([Line("x", 1, kind, raw)])
    return found


def test_which_configuration_serves_which_record() -> None:
    own = {"channels": {"a": {"time": {"zone": "Asia/Shanghai"}}}}
    shared = {"channels": {"a": {}}, "time": {"zone": "Asia/Shanghai"}}
    at = {"event_time": "2026-03-02 10:15:00"}
    assert outcome(own, **at).t_ms == ms("2026-03-02T10:15:00+08:00")
    assert outcome(shared, **at).reasons == {"BAD_TIME"}  # `[time]` is for records without channel
    assert outcome(shared, "activity", **at).t_ms == ms("2026-03-02T10:15:00+08:00")
    assert outcome(own, "activity", **at).fields == {("event_time", "BAD_TIME")}


def test_times_are_trimmed_like_every_string() -> None:
    assert outcome({"channels": {"a": {}}}, event_time=" \u200b2026-03-02T10:15:00+08:00\ufeff\u3000").t_ms > 0


UNSEEN = "\ufeff\u00ad\u200b\u2060\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("char", UNSEEN)
def test_unseen_characters_are_removed_everywhere(char: str) -> None:
    assert clean(f"{char}张{char}三 {char}") == clean(f"{char}张{char}三 {char}", joiners=True) == "张三"


@pytest.mark.parametrize("char", " \t\n\r\u0085\u00a0\u1680\u2000\u2009\u200a\u2028\u2029\u202f\u205f\u3000")
def test_white_space_is_trimmed_and_kept_within(char: str) -> None:
    assert clean(f"{char}张{char}三{char}") == f"张{char}三"


def test_joiners_stay_in_names_and_free_text_alone() -> None:
    fields = outcome(
        {"channels": {"a": {}}},
        event_time="2026-03-02T10:15:00Z",
        **dict.fromkeys(("name", "remark", "series"), "👨\u200d👩❤\ufe0f"),
        extra={"a": "❤\ufe0f "},
    ).fields
    assert fields["name"] == fields["remark"] == "👨\u200d👩❤\ufe0f"
    assert (fields["series"], fields["extra"]) == ("👨👩❤", {"a": "❤\ufe0f"})


@pytest.mark.parametrize("raw", [b"{}", b"\xef\xbb\xbf{}", b" \xef\xbb\xbf {}\r", b"\xef\xbb\xbf\xef\xbb\xbf{}"])
def test_a_byte_order_mark_is_no_content(raw: bytes) -> None:
    assert content(raw) == b"{}"


def test_a_mark_before_the_first_key_is_none_either() -> None:
    event = outcome({"channels": {"a": {}}}, **{"\ufeffevent_time": "2026-03-02T10:15:00Z", "\ufeff": "x"})
    assert event.t_ms == ms("2026-03-02T10:15:00+00:00")


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("stor", "store"),
        ("evnt_time", "event_time"),
        ("Phone", "phone"),
        ("eventTime", "event_time"),
        ("SOURCE_LEAD_ID", "source_lead_id"),
        ("source-lead-id", "source_lead_id"),
        ("chanel", "channel"),
        ("campagin", "campaign"),
        ("utm_source", ""),
        ("x", ""),
        ("form_id", ""),
    ],
)
def test_keys_that_resemble_a_known_one(key: str, known: str) -> None:
    assert resembles(key, LEAD_KEYS) == known


def test_keys_of_an_activity() -> None:
    assert resembles("activityId", ACTIVITY_KEYS) == "activity_id"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("101", "101"),
        ("101.0", "101"),
        ("1E2", "100"),
        ("2.50", "2.5"),
        ("-0.0", "0"),
        ("0.10", "0.1"),
        ("1e999999", None),
    ],
)
def test_a_number_is_its_decimal_text(written: str, text: str | None) -> None:
    assert Numeral(written).text() == text


def test_no_digit_is_lost_by_a_float() -> None:
    raw = b'{"channel": "a", "source_lead_id": 12345678901234567890.0, "phone": 13812345678, "ingest_time": "2026-03-02T10:00:00Z"}'
    (event,) = Reader({"channels": {"a": {}}}).read([Line("x", 1, "raw_lead", raw)])
    assert isinstance(event, Event)
    assert event.fields["source_lead_id"] == "12345678901234567890"


def test_intent_keeps_what_fits() -> None:
    event = outcome(
        {"channels": {"a": {}}},
        event_time="2026-03-02T10:15:00Z",
        intent={"level": "soon", "days_to_buy": "7", "budget": 25.0},
    )
    assert (event.fields["intent"], event.dropped) == ({"days_to_buy": 7, "budget": 25}, {"intent.level"})


def test_an_opening_in_the_hour_that_clocks_skip() -> None:
    """New York, 02:30 to 10:00, a lead on Saturday noon; on Sunday 02:00 becomes 03:00: the first open instant (16)."""
    config: dict[str, Any] = {
        "timezone": "America/New_York",
        "channels": {"a": {"consent": True}},
        "stores": {"S1": {"opens": "02:30", "closes": "10:00"}},
        "source": {"today": "2026-06-01"},
    }
    raw = b'{"channel": "a", "source_lead_id": "A", "phone": "13912345678", "store": "S1", "event_time": "2026-03-07T12:00:00-05:00"}'
    result = Oracle(config).run([Line("x", 1, "raw_lead", raw)], ms("2026-03-10T12:00:00-04:00"))
    opening = ms("2026-03-08T03:00:00-04:00")
    assert [(codes, until) for _, _, codes, until in result.holds] == [(("HOURS",), opening)]
    assert [at for _, _, at, _ in result.dispatches] == [opening]


@pytest.mark.parametrize(
    ("zone", "opens", "before", "opening"),
    [
        ("Europe/Berlin", "02:30", "2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),
        ("Africa/Cairo", "00:30", "2026-04-23T22:00+02:00", "2026-04-24T01:00+03:00"),
        ("America/New_York", "02:30", "2026-03-07T12:00-05:00", "2026-03-08T03:00-04:00"),
    ],
)
def test_openings_in_skipped_hours_east_and_west(zone: str, opens: str, before: str, opening: str) -> None:
    config = Config({"timezone": zone, "stores": {"S": {"opens": opens, "closes": "10:00"}}})
    store = config.store("S", "main")
    assert store is not None
    assert config.next_opening(store, ms(before)) == ms(opening)
