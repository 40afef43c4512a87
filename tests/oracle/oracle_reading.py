"""Records in the order in which they are applied, under the event clock, with what reading refuses (rulings 4, 9, 20, 76).

What depends on state (replays, late leads, NO_LEAD, AMBIGUOUS) is decided by whoever applies the events.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracle_config import DAY_MS, MINUTE_MS, Config
from oracle_fields import Line, Parsed, parse
from oracle_fields_cleaning import OUTCOMES
from oracle_text import content

__all__ = ["OUTCOMES", "Event", "Line", "Reader", "Reject", "read_path"]

FUTURE_MS = 5 * MINUTE_MS
TIMED = ("raw_lead", "command", "verdict")  # those whose event time may be absent
TODAY_MS = DAY_MS  # how far after today the first record may lie (ruling 76)
KIND_BY_NAME = {
    "raw_leads": "raw_lead",
    "activity": "activity",
    "verdicts": "verdict",
    "behaviour": "behaviour",
    "commands": "command",
}


@dataclass
class Reject:
    """A record refused by its bytes or the configuration; `kind` is '' where the type is unknown.

    `now_ms` is the clock after it (moved by NOT_SUPPORTED alone), `channel` '' where none can be read; `fields` are the
    (field, code) of ruling 81.
    """

    source: str
    number: int
    reasons: frozenset[str]
    channel: str
    shadow: bool
    kind: str
    now_ms: int | None
    fields: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Event:
    """A record that bytes and configuration accept.

    `customer` is 'm:13812345678' or 'l:02112345678-801', '' where an activity names only a unique_id; `t_ms` the event
    time in force, `submitted_ms` the one given, `now_ms` the clock after the record. `fields` are normalised, with the
    defaults of account, line and stores; `given` names those that the payload itself gives (ruling 11). `flags` say what
    gave way, `dropped` which fields did not fit, `unknown` the known keys that unknown ones resemble (ruling 78).
    """

    source: str
    number: int
    kind: str
    customer: str
    t_ms: int
    submitted_ms: int | None
    has_time: bool
    source_ms: int | None
    now_ms: int
    shadow: bool
    future: bool
    fields: dict[str, Any]
    given: frozenset[str] = field(default_factory=frozenset)
    flags: frozenset[str] = field(default_factory=frozenset)
    dropped: frozenset[str] = field(default_factory=frozenset)
    unknown: frozenset[str] = field(default_factory=frozenset)


def kind_of_name(name: str) -> str | None:
    """The type that a file's name says, None where it says none (ruling 9)."""
    return next((kind for start, kind in KIND_BY_NAME.items() if name.startswith(start)), None)


def read_path(path: Path) -> list[Line]:
    """The lines of a folder's `*.jsonl` with the names of ruling 9, or of one file; blank lines are left out.

    A source is named by the file's name: its path relative to what was given.
    """
    if path.is_dir():
        files = [file for file in sorted(path.glob("*.jsonl")) if file.is_file() and kind_of_name(file.name)]
    else:
        files = [path]
    return [
        Line(file.name, number, kind_of_name(file.name) or "raw_lead", raw)
        for file in files
        for number, raw in enumerate(file.read_bytes().split(b"\n"), start=1)
        if not _blank(raw)
    ]


def _blank(raw: bytes) -> bool:
    return not content(raw)


class _Source:
    """One source: what is next, and the running maximum of its own event times."""

    def __init__(self, name: str, lines: list[Line], config: Config):
        self.name = name
        self.maximum_ms: int | None = None
        self._rest = iter(lines)
        self._config = config
        self.head: Parsed | None = None
        self.advance()

    def advance(self) -> None:
        line = next(self._rest, None)
        self.head = parse(line, self._config) if line else None


class Reader:
    """Interleaves sources and keeps the event clock; `clock_ms` may be that of an earlier run on the same state.

    `wall_ms` is the wall clock at the state's first start: today, unless `[source] today` says otherwise (ruling 76).
    `jumps` are the records to be named on stderr, `blank` counts what is skipped (77).
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        profile_channels: Mapping[str, Any] | None = None,
        wall_ms: int | None = None,
        clock_ms: int | None = None,
        layers: int | None = None,
    ):
        self.config = Config(config, profile_channels, layers)
        wall_ms = wall_ms if wall_ms is not None else time.time_ns() // 1_000_000
        self.today_ms = wall_ms if self.config.today_ms is None else self.config.today_ms
        self.blank = 0
        self.clock_ms = clock_ms
        self.jumps: list[Line] = []

    def read(self, lines: Iterable[Line]) -> Iterator[Event | Reject]:
        """The records of all sources in the order in which they are applied (ruling 4)."""
        by_source: dict[str, list[Line]] = {}
        for line in lines:
            if _blank(line.raw):
                self.blank += 1
            else:
                by_source.setdefault(line.source, []).append(line)
        sources = [_Source(name, by_source[name], self.config) for name in sorted(by_source)]
        while waiting := [source for source in sources if source.head]:
            source = min(waiting, key=self._turn)  # of equals the first: sources stand in the order of their names
            parsed = source.head
            assert parsed is not None
            moved_to, outcome = self._apply(parsed)
            if moved_to is not None:
                source.maximum_ms = moved_to if source.maximum_ms is None else max(moved_to, source.maximum_ms)
            source.advance()
            yield outcome

    def _turn(self, source: _Source) -> float:
        """The source's own running maximum, its next record included; one that will be BAD_TIME moves nothing (ruling 20)."""
        head = source.head
        assert head is not None
        time_ms = None if self._bad_time(head) else self._clocked_ms(head)
        if head.event_ms is None and not head.reasons:
            if head.ingest_ms is None:
                return float("-inf")
            time_ms = head.ingest_ms  # its turn only: the maximum of event times stays (ruling 83)
        times = [at for at in (source.maximum_ms, time_ms) if at is not None]
        return max(times, default=float("-inf"))

    def _clocked_ms(self, parsed: Parsed) -> int | None:
        """The event time that counts for its turn; None where it moves nothing."""
        if not parsed.moves:
            return None
        if parsed.event_ms is None:
            starts = self.clock_ms is None and not parsed.reasons
            return parsed.ingest_ms if starts else None  # its ingest time starts the clock (ruling 57)
        return parsed.ingest_ms if _in_future(parsed) else parsed.event_ms

    def _apply(self, parsed: Parsed) -> tuple[int | None, Event | Reject]:
        """The event time that moved the clock, if any, and the outcome."""
        time_ms = self._clocked_ms(parsed)
        if self._bad_time(parsed):
            parsed.refuse("BAD_TIME", "event_time")
            time_ms = None
        if self.clock_ms is None and (parsed.kind != "raw_lead" or parsed.reasons):
            # Only an accepted raw lead starts the clock: until then now is the record's own time (ruling 76).
            return None, self._reject(parsed) if parsed.reasons else self._event(parsed, time_ms, time_ms)
        if time_ms is not None:
            self._note_jump(parsed, time_ms)
            self.clock_ms = time_ms if self.clock_ms is None else max(time_ms, self.clock_ms)
        if parsed.reasons:
            return time_ms, self._reject(parsed)
        assert self.clock_ms is not None
        if time_ms is None:  # no event time, and the clock runs
            own_ms = self.clock_ms if parsed.ingest_ms is None else min(parsed.ingest_ms, self.clock_ms)
            return None, self._event(parsed, own_ms, self.clock_ms)
        return time_ms, self._event(parsed, time_ms, self.clock_ms)

    def _bad_time(self, parsed: Parsed) -> bool:
        """Whether its time is too far ahead, or nothing tells it; of a refused record too: all reasons that apply."""
        if parsed.event_ms is None:
            timeless = self.clock_ms is None and (
                parsed.ingest_ms is None
                or (parsed.kind == "raw_lead" and parsed.ingest_ms > self.today_ms + self.config.max_jump_ms)
            )
            unread = parsed.reasons & {"NOT_SUPPORTED", "BAD_TIME"} or ("event_time", "BAD_FIELD") in parsed.faults
            return timeless and parsed.kind in TIMED and parsed.legible and not unread
        time_ms = parsed.ingest_ms if parsed.ingest_ms is not None and _in_future(parsed) else parsed.event_ms
        if self.clock_ms is not None:
            return time_ms > max(self.clock_ms + self.config.max_jump_ms, self.today_ms)
        lead, vouched = parsed.kind == "raw_lead", parsed.ingest_ms is not None
        if lead and not vouched:
            return time_ms > self.today_ms + TODAY_MS
        return (lead or not vouched) and time_ms > self.today_ms + self.config.max_jump_ms

    def _note_jump(self, parsed: Parsed, time_ms: int) -> None:
        if self.clock_ms is None:
            return
        raw_lead = parsed.kind == "raw_lead" and not parsed.reasons
        late_ms = self.config.late_ms(parsed.channel) if raw_lead else self.config.fold_late_ms
        bound_ms = self.config.max_jump_ms if parsed.ingest_ms is not None else min(late_ms, self.config.max_jump_ms)
        if time_ms - self.clock_ms > bound_ms:
            self.jumps.append(parsed.line)

    def _reject(self, parsed: Parsed) -> Reject:
        line = parsed.line
        reasons = frozenset(parsed.reasons)
        shadow, faults = parsed.shadow, frozenset(parsed.faults)
        return Reject(line.source, line.number, reasons, parsed.channel, shadow, parsed.kind, self.clock_ms, faults)

    def _event(self, parsed: Parsed, time_ms: int | None, now_ms: int | None) -> Event:
        assert time_ms is not None
        assert now_ms is not None
        future = {"FUTURE"} if _in_future(parsed) else set()
        return Event(
            source=parsed.line.source,
            number=parsed.line.number,
            kind=parsed.kind,
            customer=parsed.customer,
            t_ms=time_ms,
            submitted_ms=parsed.event_ms,
            has_time=parsed.event_ms is not None,
            source_ms=parsed.source_ms,
            now_ms=now_ms,
            shadow=parsed.shadow,
            future=_in_future(parsed),
            fields=parsed.fields,
            given=parsed.given,
            flags=frozenset(parsed.flags | future),
            dropped=frozenset(parsed.dropped),
            unknown=frozenset(parsed.unknown),
        )


def _in_future(parsed: Parsed) -> bool:
    """More than 5 minutes ahead of its ingest time: clamped to it (domain 3, ruling 20)."""
    if parsed.event_ms is None or parsed.ingest_ms is None:
        return False
    return parsed.event_ms > parsed.ingest_ms + FUTURE_MS
