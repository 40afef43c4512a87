"""Written times and the instants that they are, as tests/cases/times.toml lists them from rulings 20, 76, 77 and 80."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.base.calendar import LocalTime
from operators.base.rules import TimeForm
from operators.config.configuration import from_tables
from operators.identity.one_id import OneIds
from operators.intake.times import OF_THE_CLOCK, Clock, hint_of, read_ms
from operators.intake.validation import Validation
from operators.registry import RECORD_OF
from operators.wire.arrival import FIELD_DROPPED, Arrival

TABLE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "times.toml").read_text(encoding="utf-8"))
NOON = "2026-03-02T12:00:00+08:00"
READINGS = [(group["form"], written, reads) for group in TABLE["group"] for written, reads in group["rows"]]
BELIEVED = [tuple(row) for group in TABLE["clock"] for row in group["rows"]]
VALIDATION = Validation(
    from_tables(
        {"channels": {"none": {}, **{name: {"time": form} for name, form in TABLE["forms"].items()}}}, environ={}
    ).rules,
    OneIds(b"secret", 4),
    RECORD_OF,
)


def ms(text: str) -> int:
    """Epoch ms, by another reader than ours."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def raw(channel: str, event_time: str, **more: str) -> bytes:
    """A record; `event_time` as JSON."""
    record = {"channel": channel, "source_lead_id": "1", "phone": "13912345678", "store": "S", **more}
    return json.dumps(record)[:-1].encode() + b', "event_time": ' + event_time.encode() + b"}"


def read(record: bytes, now: str = NOON, *, kind: str = "raw_lead") -> Arrival:
    clock = Clock(event=True, now=ms(now) if now else None, wall_ms=0, today_ms=ms(NOON))
    return VALIDATION.read(record, kind, clock)


def test_there_are_enough_rows() -> None:
    assert len(READINGS) >= 80 and len(BELIEVED) >= 20


@pytest.mark.parametrize(("form", "written", "reads"), READINGS)
def test_a_written_time(form: str, written: str, reads: str) -> None:
    for _ in range(2):  # what is kept of the first must not change the second
        arrival = read(raw(form, written))
        if reads == "BAD_TIME":
            assert arrival.reasons == ("BAD_TIME",) and not arrival.moves
        else:
            assert arrival.reasons == ()
            assert (arrival.t, arrival.submitted, arrival.has_time) == (ms(reads), ms(reads), True)


@pytest.mark.parametrize(("now", "what", "event_time", "ingest_time", "counts"), BELIEVED)
def test_what_is_believed(now: str, what: str, event_time: str, ingest_time: str, counts: str) -> None:
    more = {"ingest_time": ingest_time} if ingest_time else {}
    if what == "activity":
        more |= {"activity_id": "a", "kind": "VISIT"}
    channel = "nobody" if what == "refused lead" else "none"
    arrival = read(
        raw(channel, json.dumps(event_time or None), **more), now, kind="activity" if what == "activity" else "raw_lead"
    )
    if counts == "BAD_TIME":
        assert arrival.reasons == ("BAD_TIME",) and not arrival.moves
    elif counts == "moves nothing":  # the order of arrivals sees to that: tests/flows/test_order.py
        assert arrival.reasons in ((), ("UNKNOWN_CHANNEL",)) and arrival.t == ms(event_time)
    else:
        assert arrival.reasons == () and arrival.t == ms(counts) and arrival.moves


@pytest.mark.parametrize(
    "times",
    [
        {"ingest_time": "1970-01-01T00:00:00Z"},
        {"source_time": "2009-12-31T00:00:00Z"},
        {"ingest_time": "yesterday"},
        {"source_time": "2026-03-02 10:00"},
    ],
)
def test_an_ingest_or_source_time_that_is_not_believed_is_absent_and_flagged(times: dict[str, str]) -> None:
    """Rulings 76 and 78."""
    arrival = read(raw("none", f'"{NOON}"', **times))
    assert arrival.reasons == () and arrival.t == ms(NOON)
    assert arrival.flags & FIELD_DROPPED and not arrival.source_ms
    good = read(raw("none", f'"{NOON}"', ingest_time=NOON, source_time="2026-03-02T11:00+0800"))
    assert not good.flags & FIELD_DROPPED and good.source_ms == ms("2026-03-02T11:00:00+08:00")
    blank = read(raw("none", f'"{NOON}"', ingest_time=" ", source_time=""))
    assert not blank.flags & FIELD_DROPPED, "a blank is no time at all (ruling 77)"


def test_records_without_channel_have_a_form_of_their_own() -> None:
    """Ruling 80: `[time]`; a channel's form is not theirs, and theirs is no channel's."""
    rules = from_tables({"time": {"zone": "Asia/Shanghai"}, "channels": {"a": {}}}, environ={}).rules
    validation = Validation(rules, OneIds(b"secret", 4), RECORD_OF)
    clock = Clock(event=True, now=ms(NOON), wall_ms=0, today_ms=ms(NOON))
    activity = raw("a", '"2026-03-02 10:15"', activity_id="a", kind="VISIT")
    assert validation.read(activity, "activity", clock).t == ms("2026-03-02T10:15:00+08:00")
    assert validation.read(raw("a", '"2026-03-02 10:15"'), "raw_lead", clock).reasons == ("BAD_TIME",)
    assert read(raw("shanghai", '"2026-03-02 10:15"', activity_id="a", kind="VISIT"), kind="activity").reasons == (
        "BAD_TIME",
    )


@pytest.mark.parametrize(
    ("form", "written", "now", "key"),
    [
        ("none", '"2026-03-02 10:15"', NOON, "channels.none.time.zone"),
        ("none", "1772417700", NOON, "channels.none.time.epoch"),
        ("sheet", "1772417700000", NOON, "channels.sheet.time.epoch"),
        ("none", '"02.03.2026"', NOON, "channels.none.time.formats"),
        ("none", '"1970-01-01T00:00:00Z"', NOON, "periods.earliest"),
        ("none", '"2062-01-01T00:00:00Z"', NOON, "periods.max_jump_days"),
        ("none", '"2028-01-01T00:00:00Z"', "", "[source] today"),
        ("none", "null", "", "event_time"),
    ],
)
def test_the_hint_names_the_key(form: str, written: str, now: str, key: str) -> None:
    """Rulings 76 and 80."""
    fault = read(raw(form, written), now).time_fault
    assert key in hint_of(fault, form)
    assert (fault in OF_THE_CLOCK) == (key in ("periods.max_jump_days", "[source] today"))


FORMS = [
    None,
    TimeForm(LocalTime("America/New_York"), ("%d/%m/%Y %H:%M", "%Y%m%d%H%M%S"), "s"),
    TimeForm(LocalTime("Pacific/Apia"), ("%y-%j",), "ms"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.text()
    | st.text("0123456789-:T Z+.", max_size=30)
    | st.integers()
    | st.floats(allow_nan=False)
    | st.datetimes().map(str),
    st.sampled_from(FORMS),
)
def test_no_written_time_is_an_exception(value: str | int | float, form: TimeForm | None) -> None:
    found, fault = read_ms(value, form)
    assert not (found and fault)


@given(JSON, JSON, JSON, st.sampled_from(["none", "sheet", "ms", "formats", "nobody"]), st.sampled_from(["", NOON]))
def test_no_value_of_a_time_is_an_exception(event: Any, ingest: Any, source: Any, channel: str, now: str) -> None:
    record = {"channel": channel, "event_time": event, "ingest_time": ingest, "source_time": source, "phone": "1"}
    arrival = read(json.dumps(record).encode(), now)
    assert arrival.reasons


@given(st.datetimes(datetime(2010, 1, 2), datetime(2026, 3, 1)), st.sampled_from(["T", " "]))
def test_a_local_time_is_read_as_it_is_written(moment: datetime, between: str) -> None:
    """Asia/Shanghai has kept one offset since 1991."""
    text = moment.isoformat(between, "milliseconds")
    found = {read(raw("shanghai", json.dumps(text))).t, read(raw("none", json.dumps(f"{text}+0800"))).t}
    assert found == {ms(f"{moment.isoformat('T', 'milliseconds')}+08:00")}
