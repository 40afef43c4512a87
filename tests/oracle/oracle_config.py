"""The configuration as the rules see it: channels, periods, stores, opening hours, local days (rulings 10, 14-16, 56).

Written from the rulings alone, for the reference model; nothing here is shared with the engine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oracle_times import TimeForm

LAYERS = 3
"""What is compared with the engine unless a run says otherwise: 3, or 6 with cleaning, grades and behaviours."""
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS  # a period of n days is n x 86 400 s (ruling 5)
DAY_MINUTES = 24 * 60
OFFLINE_LATE_HOURS = 360
DEFAULT_PERIODS = {"merge": 60, "deal_merge": 180, "max_life": 365, "late_hours": 72, "replay": 7, "from_first": False}
DEFAULT_EARLIEST = "2010-01-01"
DEFAULT_MAX_JUMP_DAYS = 1_100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Channel:
    """A registered channel; `consent` is the default for leads that say nothing (ruling 15)."""

    code: str
    status: str
    group: str
    consent: bool
    priority: int
    late_ms: int
    time: TimeForm | None = None
    live_since_ms: int | None = None
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class Store:
    """Opening hours of one store: minutes of the local day, `closes_minute` up to 1440, and the days it is closed."""

    code: str
    opens_minute: int
    closes_minute: int
    closed: frozenset[date]
    release_per_minute: int
    gate_consent: bool = False

    @property
    def past_midnight(self) -> bool:
        return self.closes_minute <= self.opens_minute


class Config:
    """`config` is the TOML file as a dictionary; `profile_channels` the channels of the built-in profile.

    A `[channels]` or `[stores]` table in the file replaces the profile's (ruling 15).
    """

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        profile_channels: Mapping[str, Any] | None = None,
        layers: int | None = None,
    ):
        config = config or {}
        self.layers = layers or LAYERS
        self.zone = ZoneInfo(config.get("timezone", "Asia/Shanghai"))
        self._periods: dict[str, Any] = {**DEFAULT_PERIODS, **config.get("periods", {})}
        self._lines: Mapping[str, Any] | None = config.get("lines")
        self._series: Mapping[str, Any] = config.get("series", {})
        self._stores: Mapping[str, Any] | None = config.get("stores")
        self._calendars: Mapping[str, Any] = config.get("calendars", {})
        self._dispatch: Mapping[str, Any] = config.get("dispatch", {})
        self._store_cache: dict[str, Store] = {}
        channels = config.get("channels")
        if channels is None:
            channels = profile_channels or {}
        self.channels = {code: self._channel(code, table) for code, table in channels.items()}
        self.from_first: bool = self._periods["from_first"]
        self.dedup_scope: str = config.get("dedup", {}).get("scope", "key")  # "key" or "channel"
        self.replay_ms = _days_ms(self._periods["replay"])
        self.default_late_ms = _hours_ms(self._periods["late_hours"])
        self.fold_late_ms = max((c.late_ms for c in self.channels.values()), default=self.default_late_ms)  # ruling 46
        self.time = TimeForm.of(config.get("time"), self.zone)  # of records without channel (ruling 80)
        self.earliest_ms = self.start_of(self._periods.get("earliest", DEFAULT_EARLIEST))
        self.max_jump_ms = _days_ms(self._periods.get("max_jump_days", DEFAULT_MAX_JUMP_DAYS))
        today: str | date | None = config.get("source", {}).get("today")
        self.today_ms = None if today is None else self.latest_of(today)
        self.countries = tuple(config.get("validation", {}).get("countries", ("CN",)))
        follow_up, pools = config.get("follow_up", {}), config.get("pools", {})
        self.first_ms = _hours_ms(follow_up.get("first_hours", 24))
        self.recycle_ms = _days_ms(follow_up.get("recycle_days", 15))
        self.cap: int = pools.get("cap", 50)
        self.required: tuple[str, ...] = tuple(self._dispatch.get("required", ()))  # ruling 29: none by default
        self.exited: set[str] = set()  # stores that left without successor (ruling 31)
        score = config.get("score", {}) if self.layers >= 6 else {}
        self.gate: float = score.get("gate", 0)
        self.gate_hold_ms = _hours_ms(score.get("gate_hold_hours", 24))

    def _channel(self, code: str, table: Mapping[str, Any]) -> Channel:
        group = table.get("group", "")
        if "late_hours" in table:
            late_ms = _hours_ms(table["late_hours"])
        elif group == "offline":
            late_ms = OFFLINE_LATE_HOURS * HOUR_MS
        else:
            late_ms = _hours_ms(self._periods["late_hours"])
        return Channel(
            code=code,
            status=table.get("status", "LIVE"),
            group=group,
            consent=table.get("consent", False),
            priority=table.get("priority", 100),
            late_ms=late_ms,
            time=TimeForm.of(table.get("time"), self.zone),
            live_since_ms=self.start_of(table["live_since"]) if "live_since" in table else None,
            required=tuple(table.get("required", ())),
        )

    def channel(self, code: str) -> Channel | None:
        """The registered channel, None where the code is unknown."""
        return self.channels.get(code)

    def late_ms(self, code: str) -> int:
        """How far behind the clock a raw lead of this channel may lie (ruling 10)."""
        channel = self.channels.get(code)
        return channel.late_ms if channel else self.default_late_ms

    def remember_ms(self, code: str) -> int:
        """How long a source key of this channel is remembered: max(replay period, late_hours) (ruling 11)."""
        return max(self.replay_ms, self.late_ms(code))

    def line_known(self, line: str) -> bool:
        """Whether `[lines]` names the line; every line is known where there is no such table (ruling 14)."""
        return self._lines is None or line in self._lines

    def periods(self, line: str, series: str = "") -> tuple[int, int, int]:
        """(merge, deal-merge, max life) in ms for a raw lead of this line and series (ruling 56: series first)."""
        by_line = (self._lines or {}).get(line, {})
        by_series = self._series.get(series, {}) if series else {}
        merge, deal_merge, max_life = (
            _days_ms(by_series.get(key, by_line.get(key, self._periods[key])))
            for key in ("merge", "deal_merge", "max_life")
        )
        return merge, deal_merge, max_life

    def required_of(self, line: str, channel: str) -> tuple[str, ...]:
        """The required fields: of `[dispatch]`, of the line and of the channel of first touch."""
        if self.layers < 6:
            return self.required
        known = self.channels.get(channel)
        by_line = tuple((self._lines or {}).get(line, {}).get("required", ()))
        return self.required + by_line + (known.required if known else ())

    def store(self, code: str, line: str) -> Store | None:
        """The store's hours; None (STORE_UNKNOWN) where it is not registered or does not sell the line (ruling 14)."""
        table: Mapping[str, Any] = {}
        if code in self.exited:
            return None
        if self._stores is not None:
            if code not in self._stores:
                return None
            table = self._stores[code]
            if "lines" in table and line not in table["lines"]:
                return None
        if code not in self._store_cache:
            self._store_cache[code] = self._hours(code, table)
        return self._store_cache[code]

    def knows(self, store: str | None, line: str) -> bool:
        """Whether the store is given and known: nothing of it is to be asked for."""
        return store is not None and self.store(store, line) is not None

    def _hours(self, code: str, table: Mapping[str, Any]) -> Store:
        calendar: Mapping[str, Any] = {}
        for name in (table.get("calendar"), code, table.get("city")):
            if name is not None and name in self._calendars:
                calendar = self._calendars[name]
                break
        closed = {_date(day) for day in calendar.get("closed", ())} - {_date(day) for day in calendar.get("open", ())}
        rate = table.get("release_per_minute", self._dispatch.get("release_per_minute", 0))
        return Store(
            code=code,
            opens_minute=_minute(table.get("opens", "09:00")),
            closes_minute=_minute(table.get("closes", "18:00")),
            closed=frozenset(closed),
            release_per_minute=rate,
            gate_consent=table.get("gate_consent", False),
        )

    def latest_of(self, day: str | date) -> int:
        """The latest instant that may be meant: the end of a date, or the instant itself where a time is given."""
        at = datetime.fromisoformat(day) if isinstance(day, str) and len(day) > 10 else day
        return self.start_of(at if isinstance(at, datetime) else _date(at) + timedelta(days=1))

    def start_of(self, day: str | date) -> int:
        """The instant a date begins in the business time zone, or the instant itself where a time is given."""
        at = datetime.fromisoformat(day) if isinstance(day, str) else day
        if not isinstance(at, datetime):
            at = datetime.combine(at, time())
        if at.tzinfo is None:
            at = at.replace(tzinfo=self.zone)
        return (at.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)

    def local(self, at_ms: int) -> datetime:
        """The instant on the clock of the business time zone."""
        return (EPOCH + timedelta(milliseconds=at_ms)).astimezone(self.zone)

    def local_day(self, at_ms: int) -> str:
        """The business day of an instant, 'YYYY-MM-DD'."""
        return self.local(at_ms).date().isoformat()

    def is_open(self, store: Store, at_ms: int) -> bool:
        """opens <= local time < closes; hours past midnight belong to the day on which they open (rulings 16, 56)."""
        now = self.local(at_ms)
        minute = now.hour * 60 + now.minute
        if not store.past_midnight:
            return now.date() not in store.closed and store.opens_minute <= minute < store.closes_minute
        if minute >= store.opens_minute and now.date() not in store.closed:
            return True
        return minute < store.closes_minute and now.date() - timedelta(days=1) not in store.closed

    def next_opening(self, store: Store, at_ms: int) -> int | None:
        """The first open instant at or after `at_ms` (that is `at_ms` itself where the store is open then)."""
        if self.is_open(store, at_ms):
            return at_ms
        day = self.local(at_ms).date()
        for _ in range(len(store.closed) + 370):
            if self._shifts(day):
                found = self._scan(store, max(at_ms, self._instant(day, 0)), self._instant(day, DAY_MINUTES), True)
                if found is not None:
                    return found
            elif day not in store.closed:
                opening = self._instant(day, store.opens_minute)
                if opening > at_ms:
                    return opening
            day += timedelta(days=1)
        return None

    def closes_at(self, store: Store, at_ms: int) -> int | None:
        """The first instant after `at_ms` at which the store is closed; None where it does not close any more.

        Hours that follow each other without a gap are one opening. `at_ms` must be an open instant.
        """
        end = at_ms
        for _ in range(len(store.closed) * 3 + 800):
            if not self.is_open(store, end):
                return end
            now = self.local(end)
            minute = now.hour * 60 + now.minute
            if self._shifts(now.date()) or self._shifts(now.date() + timedelta(days=1)):
                until = self._instant(now.date(), 2 * DAY_MINUTES)
                found = self._scan(store, end, until, False)
                if found is not None:
                    return found
                end = until
            elif not store.past_midnight or minute < store.closes_minute:
                end = self._instant(now.date(), max(store.closes_minute, minute + 1))
            else:
                end = self._instant(now.date(), DAY_MINUTES)
        return None

    def _scan(self, store: Store, start_ms: int, end_ms: int, wanted: bool) -> int | None:
        """Minute by minute, for days on which the zone's offset changes."""
        at = start_ms
        while at < end_ms:
            if self.is_open(store, at) is wanted:
                return at
            at += MINUTE_MS - at % MINUTE_MS
        return None

    def _shifts(self, day: date) -> bool:
        start, end = (datetime.combine(day + timedelta(days=n), time(), self.zone) for n in (0, 1))
        return start.utcoffset() != end.utcoffset()

    def _instant(self, day: date, minute: int) -> int:
        """The instant of a local minute of the day; 1440 and more fall on later days."""
        day += timedelta(days=minute // DAY_MINUTES)
        minute %= DAY_MINUTES
        at = datetime.combine(day, time(minute // 60, minute % 60), self.zone)
        return (at.astimezone(UTC) - EPOCH) // timedelta(milliseconds=1)


def _days_ms(days: float) -> int:
    return round(days * DAY_MS)


def _hours_ms(hours: float) -> int:
    return round(hours * HOUR_MS)


def _minute(value: str | time) -> int:
    if isinstance(value, time):
        return value.hour * 60 + value.minute
    hours, minutes = value.split(":")[:2]
    return int(hours) * 60 + int(minutes)


def _date(value: str | date) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)
