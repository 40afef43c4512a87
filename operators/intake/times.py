"""Times as they are written, and whether they are believed (rulings 20, 76 and 80).

    times_of    event and ingest time of a record: its place in time, or BAD_TIME and why
    source_of   its source time
    hint_of     what an operator can do about a time that was refused

The usual form is read by `parse_ms` alone; everything else here is reached where that one refuses.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from operators.base.calendar import MAX_MS, parse_ms
from operators.base.rules import Rules, TimeForm
from operators.wire.arrival import FIELD_DROPPED, FUTURE, Arrival, Notes
from operators.wire.text import cleaned
from state import limits

WrittenTime = str | int | float
"""A time as a record holds it: text, or a JSON number."""

# Why a time is refused. The first four are the clock's: another clock may believe the same time.
JUMP: Final = "jump"
AFTER_TODAY: Final = "after_today"
EARLY: Final = "early"
NOTHING: Final = "nothing"
NO_OFFSET: Final = "no_offset"
NUMBER: Final = "number"
UNREADABLE: Final = "unreadable"
BLANK: Final = "blank"
OF_THE_CLOCK: Final = frozenset({JUMP, AFTER_TODAY})
"""Faults that depend on where the clock stands."""

_LEAST_EPOCH: Final = 100_000
"""Numbers below are serials of a sheet: days since 1899-12-30 (ruling 80)."""
_MOST: Final = 10**15
"""Larger numbers are no time in any unit, and must not become long integers."""
_SERIAL_OF_1970: Final = 25_569
_ORDINAL_OF_1970: Final = 719_163
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_DIGITS: Final = re.compile(r"\d{1,16}(?:\.\d{0,40})?", re.ASCII)
_LOCAL: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?", re.ASCII)


class Clock:
    """What validation may know of time. `event` = the event clock rules (rulings 4 and 20); else the wall clock."""

    __slots__ = ("event", "now", "today_ms", "wall_ms")

    def __init__(self, *, event: bool, now: int | None, wall_ms: int, today_ms: int = 0) -> None:
        self.event = event
        self.now = now
        """None = there is no clock yet."""
        self.wall_ms = wall_ms
        self.today_ms = today_ms
        """The wall clock at the state's first start, or `[source] today` (ruling 76)."""


def times_of(
    arrival: Arrival,
    event_time: WrittenTime | None,
    ingest_time: WrittenTime | None,
    clock: Clock,
    rules: Rules,
    form: TimeForm | None,
) -> str:
    """Sets `t`, `submitted`, `has_time`, `moves`, or `time_fault`; returns BAD_TIME or "". Rulings 20 and 76 sentence by
    sentence."""
    earliest = rules.earliest_ms
    ingest: int | None = None
    if ingest_time is not None:
        try:
            ingest = parse_ms(ingest_time)  # type: ignore[arg-type]
        except (ValueError, TypeError):
            ingest = _optional(arrival, ingest_time, "ingest_time", form)
        if ingest is not None and ingest < earliest:
            _dropped(arrival, "ingest_time")
            ingest = None
    given: int | None = None
    if event_time is not None:
        try:
            given = parse_ms(event_time)  # type: ignore[arg-type]
        except (ValueError, TypeError):
            read, fault = read_ms(_literal(event_time, arrival.raw, "event_time"), form)
            if not fault:
                given = read
            elif fault != BLANK:
                return _refused(arrival, fault)
    now = clock.now
    if given is None:
        return _without_event_time(arrival, ingest, clock, rules)
    if given < earliest:
        return _refused(arrival, EARLY)
    arrival.submitted = arrival.t = given
    reference = ingest if ingest is not None else (None if clock.event else clock.wall_ms)
    if reference is not None and given > reference + limits.FUTURE_MS:
        arrival.t = given = reference
        arrival.flags |= FUTURE
    if clock.event:
        if now is None:
            fault = _first(arrival, ingest, clock, rules)
            if fault:
                return _refused(arrival, fault)
        elif given > now + rules.max_jump_ms and given > clock.today_ms:
            return _refused(arrival, JUMP)
    arrival.has_time = True
    arrival.moves = True
    return ""


def source_of(arrival: Arrival, source_time: WrittenTime, rules: Rules, form: TimeForm | None) -> None:
    """Sets `source_ms`; what cannot be read or believed counts as absent and is flagged (rulings 76 and 78)."""
    source: int | None
    try:
        source = parse_ms(source_time)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        source = _optional(arrival, source_time, "source_time", form)
    if source is not None:
        if source < rules.earliest_ms:
            _dropped(arrival, "source_time")
        else:
            arrival.source_ms = source


def is_blank(value: WrittenTime | None) -> bool:
    """Whether there is no time in the field (ruling 77)."""
    return value is None or (type(value) is str and not cleaned(value))


def hint_of(fault: str, channel: str) -> str:
    """What to do about a time that was refused for this reason (ruling 80: it names the key). `channel` = its code, "" for a
    record without one."""
    form = f"channels.{channel}.time" if channel else "time"
    return {
        JUMP: "It lies far ahead of the clock and after today: correct it, or set periods.max_jump_days where the gap is real.",
        AFTER_TODAY: "The first lead lies more than 24 h after today: correct it, or set [source] today.",
        EARLY: "It lies before periods.earliest: correct it, or set that key where such times are real.",
        NOTHING: "There is no time to begin with: send event_time, or ingest_time.",
        NO_OFFSET: f"Write the offset, as 2026-03-02T10:15:00+08:00, or set {form}.zone.",
        NUMBER: f"Set {form}.epoch to s or ms, and {form}.zone for the serials of a sheet.",
    }.get(fault, f"Write it as 2026-03-02T10:15:00+08:00, or set {form}.formats.")


def read_ms(value: WrittenTime | Decimal, form: TimeForm | None) -> tuple[int, str]:
    """(epoch ms, "") of a written time, or (0, why it is none). Never raises (ruling 80)."""
    number: Decimal | None = None
    text = ""
    if isinstance(value, str):
        text = cleaned(value)
        if not text:
            return 0, BLANK
        try:
            return parse_ms(text), ""
        except ValueError:
            pass
        if _DIGITS.fullmatch(text):
            number = Decimal(text)
    else:
        if not 0 <= value < _MOST:
            return 0, UNREADABLE
        number = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
        text = str(value)
    if form is not None and (number is None or number >= _LEAST_EPOCH):
        for pattern in form.formats:
            try:
                moment = datetime.strptime(text, pattern)
            except ValueError:
                continue
            if number is None or moment.year >= 1970:  # 1772417700 is no day of 1772
                return _of_moment(moment, form)
    if number is not None:
        return (0, NUMBER) if form is None else _of_number(number, form)
    local = _LOCAL.fullmatch(text)
    if local is None:
        return 0, UNREADABLE
    if form is None:
        return 0, NO_OFFSET
    day, minute, second, decimals = local.groups()
    try:
        return _of_moment(datetime.fromisoformat(f"{day}T{minute}:{second or '00'}.{(decimals or '')[:3]:0<3}"), form)
    except ValueError:
        return 0, UNREADABLE


def _of_number(number: Decimal, form: TimeForm) -> tuple[int, str]:
    if number < _LEAST_EPOCH:
        seconds = int((number * 86_400).to_integral_value(ROUND_HALF_UP))
        day, second = divmod(seconds, 86_400)
        return form.zone.written(day - _SERIAL_OF_1970, second * 1000), ""
    ms = int(number if form.epoch == "ms" else number * 1000)  # more than three decimals are cut (ruling 20)
    return (ms, "") if ms <= MAX_MS else (0, NUMBER)


def _of_moment(moment: datetime, form: TimeForm) -> tuple[int, str]:
    if not 1 < moment.year < 9999:  # with a day to spare, so that every zone can write it
        return 0, UNREADABLE
    if moment.tzinfo is not None:
        return (moment - _EPOCH) // _MS, ""
    time = ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1000 + moment.microsecond // 1000
    return form.zone.written(moment.toordinal() - _ORDINAL_OF_1970, time), ""


def _optional(arrival: Arrival, value: WrittenTime, name: str, form: TimeForm | None) -> int | None:
    """A time that no rule needs: dropped and flagged where it cannot be read (ruling 78)."""
    read, fault = read_ms(_literal(value, arrival.raw, name), form)
    if not fault:
        return read
    if fault != BLANK:
        _dropped(arrival, name)
    return None


def _dropped(arrival: Arrival, name: str) -> None:
    """Flagged, and counted by its field."""
    arrival.flags |= FIELD_DROPPED
    if arrival.notes is None:
        arrival.notes = Notes()
    arrival.notes.dropped.append(name)


def _without_event_time(arrival: Arrival, ingest: int | None, clock: Clock, rules: Rules) -> str:
    now = clock.now
    if now is None:
        if ingest is None:
            return _refused(arrival, NOTHING)
        arrival.t = ingest
        if arrival.kind == "raw_lead" and ingest > clock.today_ms + rules.max_jump_ms:
            return _refused(arrival, JUMP)
    else:
        arrival.t = now if ingest is None else min(ingest, now)
    arrival.submitted = ingest or 0
    arrival.has_time = False
    arrival.moves = now is None
    return ""


def _first(arrival: Arrival, ingest: int | None, clock: Clock, rules: Rules) -> str:
    """Whether a record that comes while there is no clock is believed (rulings 20 and 76). A lead with an ingest time would
    start the clock too: it may not do so from further away than a jump."""
    lead = arrival.kind == "raw_lead"
    if lead and ingest is None and arrival.t > clock.today_ms + limits.AFTER_TODAY_MS:
        return AFTER_TODAY
    if (lead or ingest is None) and arrival.t > clock.today_ms + rules.max_jump_ms:
        return JUMP
    return ""


def _refused(arrival: Arrival, fault: str) -> str:
    arrival.time_fault = fault
    return "BAD_TIME"


def _literal(value: WrittenTime, raw: bytes, name: str) -> WrittenTime | Decimal:
    """A number with decimals as it is written in the record: never through a float (ruling 78)."""
    if not isinstance(value, float):
        return value
    try:
        written = json.loads(raw, parse_float=Decimal, parse_int=str)[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        return value
    return written if isinstance(written, Decimal) else value
