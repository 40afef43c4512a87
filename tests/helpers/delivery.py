"""Small inputs with everything in play, runs over them, and what two runs must have in common
(docs/architecture.md, "Equal").
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import orjson

from connectors.memory import MemoryReader, MemorySink
from flows.engine import Engine, Options
from flows.run import run
from operators.config.configuration import Configuration, from_tables
from operators.wire.streams import STREAMS
from state import keys
from state.database import Database

Record = dict[str, Any]
Outputs = Mapping[str, list[bytes]]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FIRST_DAY_MS = 1_756_656_000_000
"""2025-08-31T16:00Z: midnight of 2025-09-01 in Shanghai."""
ALWAYS = timedelta(0)
"""Each poll is an epoch of its own: as many seals as there can be."""

TABLES: dict[str, Any] = {
    # Short periods: expiry, deletion after retention and lateness all happen within two weeks of input.
    # Whole days: with raw leads at openings, expiries at the very instant of an opening too.
    "periods": {"merge": 2, "deal_merge": 3, "max_life": 5, "late_hours": 12, "replay": 2},
    "channels": {
        "web": {"consent": True},
        "ads": {"consent": True, "priority": 50},
        "call": {"consent": False},
        "fair": {"consent": True, "group": "offline", "late_hours": 24},
        "trial": {"consent": True, "status": "TESTING"},
    },
    "stores": {
        # Three minutes at one a minute: the queue does not fit and passes to the next opening.
        "R1": {"opens": "09:00", "closes": "09:03", "release_per_minute": 1},
        "R3": {"opens": "09:00", "closes": "18:00", "release_per_minute": 1},
        "R2": {"opens": "10:00", "closes": "18:00", "release_per_minute": 2},
        "P1": {"opens": "09:00", "closes": "18:00"},
        "A1": {"opens": "00:00", "closes": "24:00"},
    },
    # The numbers here follow one another: they are no fraud.
    "cleaning": {"number_run": 0},
}


def configuration(**changes: Any) -> Configuration:
    """`TABLES` with whole tables replaced."""
    return from_tables({**TABLES, **changes})


def instant(ms: int) -> str:
    """RFC 3339 in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> int:
    """Epoch ms of a local time of a day of September 2025."""
    return FIRST_DAY_MS + (day - 1) * DAY_MS + hour * HOUR_MS + minute * 60_000 + second * 1000


def lead(source_id: str, phone: str, event_ms: int, store: str | None = "P1", **more: Any) -> Record:
    """A raw lead of the channel web."""
    record: Record = {
        "type": "raw_lead",
        "channel": "web",
        "source_lead_id": source_id,
        "phone": phone,
        "event_time": instant(event_ms),
        **more,
    }
    if store is not None:
        record["store"] = store
    return record


def scenario(seed: int, records: int, *, days: int = 12, customers: int = 0) -> list[Record | str]:
    """Records in order of arrival, most of them about stores with a release rate: raw leads at night and exactly at
    openings, late and too late ones, replays, enrichments, activities of every kind, opt-outs, shadow leads, junk."""
    rng = random.Random(f"delivery/{seed}")
    phones = [f"139{rng.randrange(10**8):08d}" for _ in range(customers or max(4, records // 4))]
    times = sorted(rng.randrange(days * DAY_MS) for _ in range(records))
    found: list[Record | str] = []
    given: list[Record] = []
    for number, offset in enumerate(times):
        t = FIRST_DAY_MS + offset
        place = rng.random()
        if place < 0.12:  # exactly at an opening, and a millisecond beside it
            t = t // DAY_MS * DAY_MS + rng.choice((1, 2)) * HOUR_MS + rng.choice((-1, 0, 0, 1))  # 09:00, 10:00 local
        elif place < 0.2:
            t -= rng.randrange(11 * HOUR_MS)
        elif place < 0.23:
            t -= rng.randrange(13 * HOUR_MS, 40 * HOUR_MS)
        kind = rng.random()
        phone = rng.choice(phones)
        if kind < 0.62 or not given:
            store = rng.choices(("R1", "R2", "R3", "P1", "A1", None, "X9"), (30, 15, 15, 12, 8, 6, 3))[0]
            channel = rng.choices(("web", "ads", "call", "fair", "trial"), (50, 20, 8, 8, 6))[0]
            record = lead(f"s{number}", phone, t, store, channel=channel)
            if rng.random() < 0.4:
                record["intent"] = {"level": rng.choice(("HIGH", "NORMAL", "LOW")), "days_to_buy": rng.randrange(100)}
            if rng.random() < 0.15:
                record["consent"] = rng.random() < 0.7
            if rng.random() < 0.06:
                record["stores"] = ["P1", "R1"]
            given.append(record)
        elif kind < 0.68:
            record = dict(rng.choice(given[-12:]))
            if rng.random() < 0.6:
                record["name"] = f"客户{rng.randrange(9)}"
                record["store"] = rng.choice(("R1", "P1"))
        elif kind < 0.95:
            about = rng.choice(given[-30:])
            record = {
                "type": "activity",
                "activity_id": f"a{number}",
                "kind": rng.choice(("CALL", "VISIT", "LOST", "INVALID", "PAID", "REFUND", "FOLLOW_UP", "OPT_OUT")),
                "event_time": instant(t),
                "phone": about["phone"],
            }
            if "store" in about:
                record["store"] = about["store"]
        elif kind < 0.975:
            found.append(f"{{not json {number}")
            continue
        else:
            record = lead(f"s{number}", "123", t)
        found.append(record)
    return found


FEEDS = {"activity": "activity", "verdict": "verdicts", "command": "commands"}
"""Type of a record → name of its own file or topic; raw leads and what is no record have raw_leads."""


def encoded(records: list[Record | str]) -> list[bytes]:
    """As bytes."""
    return [record.encode() if isinstance(record, str) else orjson.dumps(record) for record in records]


def feeds(records: list[Record | str], *, apart: bool) -> dict[str, list[bytes]]:
    """Name of a file or topic → its records: all in one, or each type in its own."""
    if not apart:
        return {"raw_leads": encoded(records)}
    found: dict[str, list[Record | str]] = {}
    for record in records:
        name = "raw_leads" if isinstance(record, str) else FEEDS.get(record["type"], "raw_leads")
        found.setdefault(name, []).append(record)
    return {name: encoded(some) for name, some in found.items()}


class Case:
    """A state and a sink that runs share, as `--state` and `--sink` do."""

    fabric: ClassVar[Callable[[Path], Any] | None] = None
    """Makes what a case stands on (tests/helpers/fabrics.py), set by the fixture `fabric`; None = fakes in memory."""

    def __init__(self, folder: Path, *, shards: int = 4, settings: Configuration | None = None) -> None:
        self.folder = folder
        self._fabric = Case.fabric(folder) if Case.fabric is not None else None
        self.sink: Any = MemorySink() if self._fabric is None else self._fabric.sink
        self.shards = shards
        self.settings = settings or configuration()

    def engine(self, reader: Any, *, until: int | None = None, sink: Any = None) -> Engine:
        """An opened engine over this state."""
        if self._fabric is not None:
            reader, sink = self._fabric.reader(reader), sink or self._fabric.writer()
        options = Options(self.folder, shards=self.shards, until_ms=until)
        return Engine(self.settings, reader, sink or self.sink, options)

    def run(self, reader: Any, *, until: int | None = None, workers: int = 1, epoch: timedelta = ALWAYS) -> Engine:
        """One run to its end."""
        engine = self.engine(reader, until=until)
        run(engine, workers=workers, epoch=epoch)
        return engine

    def stored(self) -> dict[bytes, bytes]:
        """Every row of the (closed) state but audit."""
        return stored(self.folder)


def stored(folder: Path) -> dict[bytes, bytes]:
    """Every row of a closed state but audit."""
    database = Database(folder)
    try:
        return dict(database.scan(b"", b"\xff\xff"))
    finally:
        database.close()


def rows_of(rows: Mapping[bytes, bytes], space: bytes) -> dict[bytes, bytes]:
    """Those of one space of all shards."""
    return {key: value for key, value in rows.items() if key[:1] != keys.PROCESS and key[1:2] == space}


def decided(folder: Path, *more: bytes) -> dict[bytes, dict[bytes, bytes]]:
    """The rows of a closed state that say what was decided, and those of `more` spaces. What the detector of number runs keeps is
    swept once a day and after a start: compare where two days have passed since the last number."""
    rows = stored(folder)
    spaces = (
        keys.CUSTOMER,
        keys.STORE,
        keys.RUN,
        keys.EXITS,
        keys.TIMER,
        keys.MEMBER,
        keys.ORDER,
        keys.HOP,
        keys.COUNTS,
        keys.CAMPAIGNS,
    )
    return {space: rows_of(rows, space) for space in (*spaces, *more)}


def memory_reader(records: list[Record | str], **options: Any) -> MemoryReader:
    """One partition of mixed records."""
    return MemoryReader({"raw_leads": records}, **options)


def assert_same(found: Outputs, expected: Outputs) -> None:
    """Byte-equal records of each stream, no duplicates, and the order within each unique lead or raw lead."""
    for stream in STREAMS:
        ours, theirs = found[stream], expected[stream]
        if ours == theirs:
            continue
        more, fewer = _difference(ours, theirs), _difference(theirs, ours)
        assert not more and not fewer, f"{stream}: only here {more[:3]}, only in the straight run {fewer[:3]}"
        assert _by_subject(ours) == _by_subject(theirs), f"{stream}: another order within a subject"
    assert_no_event_twice(found)


def assert_no_event_twice(found: Outputs) -> None:
    """Every event id once."""
    for stream in STREAMS:
        ids = [orjson.loads(line)["event_id"] for line in found[stream]]
        assert len(ids) == len(set(ids)), f"{stream}: {sorted(i for i in ids if ids.count(i) > 1)[:3]} more than once"


def _difference(one: list[bytes], other: list[bytes]) -> list[bytes]:
    counts: dict[bytes, int] = {}
    for line in other:
        counts[line] = counts.get(line, 0) + 1
    found = []
    for line in one:
        if counts.get(line, 0):
            counts[line] -= 1
        else:
            found.append(line)
    return found


def _by_subject(lines: list[bytes]) -> dict[str, list[bytes]]:
    subjects: dict[str, list[bytes]] = {}
    for line in lines:
        record = orjson.loads(line)
        subject = record.get("raw_id") if "mark" in record else record.get("unique_id")
        if "task_id" in record and "state" in record:
            subject = record[
                "task_id"
            ]  # the key of its stream: two tasks of a lead may lie in two partitions (contract)
        subjects.setdefault(str(subject or record["event_id"]), []).append(line)
    return subjects


def file_outputs(folder: Path) -> Outputs:
    """The streams of an output folder as `FileSink` writes it."""
    return {
        name: (folder / f"{name}.jsonl").read_bytes().splitlines() if (folder / f"{name}.jsonl").exists() else []
        for name in STREAMS
    }
