"""The rules in force, as the decisions read them: typed, immutable, made once from a configuration.

`operators.config.configuration` makes one from a TOML file; tests may build one by hand. Times are milliseconds, days are
local calendar days counted from 1970-01-01. Ruling 56 names the keys.
"""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final, Literal

from operators.base.calendar import LocalTime
from operators.base.scorecard import Scorecard
from operators.base.words import WORDS
from state import limits

DAY_MS: Final = 86_400_000
EARLIEST_MS: Final = 1_262_275_200_000
"""2010-01-01 in Shanghai (ruling 76)."""

Status = Literal["REGISTERED", "TESTING", "LIVE", "SUSPENDED"]


@dataclass(frozen=True, slots=True)
class TimeForm:
    """How a channel writes its times beside RFC 3339 with an offset (ruling 80)."""

    zone: LocalTime
    """Of its local times and of the serials of its sheets."""
    formats: tuple[str, ...] = ()
    """As `strptime` reads them; tried in this order."""
    epoch: Literal["s", "ms"] = "s"
    """What a number of 100 000 or more counts since 1970."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A registered source of leads (渠道)."""

    code: str
    name: str = ""
    group: str = ""
    status: Status = "LIVE"
    consent: bool = False
    priority: int = 100
    late_ms: int = 72 * 3_600_000
    weight: float = 1.0
    live_since: str | None = None
    time: TimeForm | None = None
    """None = its times are RFC 3339 with an offset (ruling 80)."""
    feedback: Mapping[str, str] = field(default_factory=dict)
    """Mark → the channel's own code for it; what is absent is not told (ruling 71)."""

    @property
    def shadow(self) -> bool:
        """Whether its leads live in the shadow realm (ruling 8)."""
        return self.status == "TESTING"


@dataclass(frozen=True, slots=True)
class Store:
    """A dealer (门店) with its hours; `opens_ms`/`closes_ms` count from local midnight, `closes_ms` may pass 24 h."""

    code: str
    name: str = ""
    city: str = ""
    lines: frozenset[str] | None = None
    """Lines it sells; None = every line (ruling 56)."""
    opens_ms: int = 9 * 3_600_000
    closes_ms: int = 18 * 3_600_000
    closed_days: frozenset[int] = frozenset()
    open_days: frozenset[int] = frozenset()
    """Days that the calendar names open; a date that is both is open (ruling 56)."""
    release_per_minute: int = 0
    """0 = each lead's own timer releases it at the opening (ruling 29)."""
    gate_consent: bool = False
    """Whether the dealer agrees that the score gate holds his leads (ruling 43)."""


@dataclass(frozen=True, slots=True)
class Periods:
    """Merge period (合并周期), deal-merge period (成交合并周期) and longest life of a unique lead, ms."""

    merge_ms: int = 60 * DAY_MS
    deal_ms: int = 180 * DAY_MS
    life_ms: int = 365 * DAY_MS


@dataclass(frozen=True, slots=True)
class ScoreRules:
    """Weights of the four groups (domain 9); a group's points are clipped at its maximum."""

    customer_max: float = 20.0
    key_max: float = 25.0
    behaviour_max: float = 30.0
    interaction_max: float = 25.0
    customer: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"name": 4.0, "gender": 2.0, "province": 2.0, "city": 4.0, "email": 3.0, "wechat": 5.0}
        )
    )
    key: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {
                "series": 5.0,
                "model": 4.0,
                "budget": 4.0,
                "trade_in": 3.0,
                "finance": 2.0,
                "level_high": 7.0,
                "level_normal": 4.0,
                "level_low": 1.0,
            }
        )
    )
    behaviour: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"CALL": 3.0, "FOLLOW_UP": 3.0, "VISIT": 12.0, "TEST_DRIVE": 15.0, "QUOTE": 10.0, "ORDER": 20.0}
        )
    )
    interaction: float = 10.0
    """Type weight of a raw lead: points per log2(1 + n), n = the decayed raw leads of one channel, times its weight."""
    types: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {
                "VIEW": 1.0,
                "SEARCH": 1.0,
                "CLICK": 0.5,
                "SHARE": 1.5,
                "FAVORITE": 1.5,
                "COMPARE": 2.0,
                "CONFIGURE": 2.5,
                "CALCULATE": 2.5,
                "CHAT": 3.0,
                "PRICE": 3.0,
            }
        )
    )
    """Type weight of each kind of behaviour: points per log2(1 + n), n = its decayed value with one series."""
    other_type: float = 0.5
    """The same of a kind that `types` does not name."""
    negative: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {"virtual_operator": 5.0, "number_run": 15.0, "shared_contact": 10.0, "ends_123": 1.0}
        )
    )
    """Points that are taken off the sum of the four groups."""
    half_life_ms: int = 14 * DAY_MS
    gate: int = 0
    """A lead below it is held (SCORE) where its store agrees; 0 = off (ruling 43)."""
    gate_hold_ms: int = DAY_MS
    """How long at most."""
    model: Scorecard | None = None
    """A trained scorecard in place of the weights."""


@dataclass(frozen=True, slots=True)
class CleaningRule:
    """One of `[[cleaning.rules]]` (ruling 58): all that it names must match; None = it does not look at that."""

    route: int
    """`state.rows.codes.ROUTES`."""
    reason: str
    channel: frozenset[str] | None = None
    group: frozenset[str] | None = None
    series: frozenset[str] | None = None
    campaign: frozenset[str] | None = None
    line: frozenset[str] | None = None
    level: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class CleaningRules:
    """Cleaning (智能清洗, 人工清洗): rulings 58 to 61."""

    enabled: bool = True
    young_until: Mapping[str, int] = field(default_factory=dict)
    """Channel → the instant from which on it is not young; channels that are old for ever, and offline ones, are absent."""
    rules: tuple[CleaningRule, ...] = ()
    """In the order of the file: the first that matches counts."""
    ai_ms: int = 10 * 60_000
    """Calling time that the robot has."""
    manual_ms: int = DAY_MS
    """Calendar time that people have."""
    calling: Store = field(default_factory=lambda: Store("\0calling", opens_ms=9 * 3_600_000, closes_ms=20 * 3_600_000))
    """Calling hours, read like those of a store."""
    number_run: int = 3
    """Adjacent numbers that make a run (ruling 28); 0 = none does."""
    cost_ai: float = 0.0
    """Yuan of a task that the robot ends; of a task that people end: `cost_manual`."""
    cost_manual: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that a decision may look at beside the row, the event and the clock."""

    local: LocalTime = field(default_factory=lambda: LocalTime("Asia/Shanghai"))
    version: str = "unconfigured"
    """Digest of the rule tables, not of channels, stores and calendars (ruling 33)."""
    channels: Mapping[str, Channel] = field(default_factory=dict)
    stores: Mapping[str, Store] | None = None
    """None = every code is a store with default hours (ruling 14)."""
    lines: frozenset[str] | None = None
    """None = every line is known; else others are UNKNOWN_LINE (ruling 14)."""
    periods: Periods = field(default_factory=Periods)
    line_periods: Mapping[str, Periods] = field(default_factory=dict)
    series_periods: Mapping[tuple[str, str], Periods] = field(default_factory=dict)
    """(line, series) → its periods, ("", series) for a line of no table: series before line before the general ones, key by
    key (ruling 56)."""
    from_first: bool = False
    """Expiry counts from the opening, not from the last touch (ruling 6)."""
    replay_ms: int = 7 * DAY_MS
    late_ms: int = 72 * 3_600_000
    """The largest lateness of any channel: how long the fold keeps events (ruling 46)."""
    earliest_ms: int = EARLIEST_MS
    """Times before it are not believed (ruling 76); after 1970-01-01, since rows write "none" as 0."""
    max_jump_ms: int = limits.AHEAD_MS
    """How far a record may move the event clock past today (rulings 20 and 76)."""
    time: TimeForm | None = None
    """For records without channel (ruling 80)."""
    dedup_per_channel: bool = False
    codes: frozenset[str] = frozenset()
    """Calling codes of the other countries that `validation.countries` names: "852" for HK (ruling 79)."""
    required: tuple[str, ...] = ()
    """Fields that every dispatch needs (ruling 29)."""
    line_required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Line → fields that its leads need as well; only lines that ask for any."""
    channel_required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Channel of the first touch → fields that its leads need as well; only channels that ask for any."""
    cap: int = 50
    """Distinct customers that one advisor of a store may hold (ruling 35)."""
    first_ms: int = DAY_MS
    """From the grant to the first follow-up (ruling 63)."""
    recycle_ms: int = 15 * DAY_MS
    """Without a follow-up (ruling 63)."""
    score: ScoreRules = field(default_factory=ScoreRules)
    words: Mapping[str, str] = field(default_factory=lambda: WORDS["zh"])
    """What people read about factors and behaviours, in the profile's language."""
    cleaning: CleaningRules = field(default_factory=CleaningRules)
    default_store: Store = field(default_factory=lambda: Store(""))
    exits: Mapping[str, str] = field(default_factory=dict)
    """Store that left → its successor, "" = none (ruling 31): what a shard was told, not the configuration."""

    def alias(self, code: str) -> str:
        """The store that a code names by now: one that left stands for its successor (ruling 31)."""
        successor = self.exits.get(code)
        while successor:
            code = successor
            successor = self.exits.get(code)
        return code

    def aliases(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        """The same of several, repeats removed."""
        return tuple(dict.fromkeys([self.alias(code) for code in codes]))

    def store_of(self, code: str, line: str) -> Store | None:
        """The store of this code if the registry knows it and it sells `line`, else None (ruling 14: STORE_UNKNOWN)."""
        if self.exits and code in self.exits:
            return None
        if self.stores is None:
            return self.default_store
        store = self.stores.get(code)
        if store is None or (store.lines is not None and line not in store.lines):
            return None
        return store

    def periods_of(self, line: str, series: str) -> Periods:
        """Periods for a raw lead of this line and series: series before line before the general ones (ruling 56)."""
        found = self.line_periods.get(line)
        if series and self.series_periods:
            found = self.series_periods.get((line if found is not None else "", series), found)
        return found if found is not None else self.periods


def _parts(rules: Any) -> tuple[Any, tuple[Any, ...]]:
    return type(rules), tuple(getattr(rules, one.name) for one in fields(rules))


for _kind in (TimeForm, Channel, Store, Periods, ScoreRules, CleaningRule, CleaningRules, Rules):
    # Pickled by their fields in either variant: a compiled class would set them one by one, and these are frozen.
    copyreg.pickle(_kind, _parts)
