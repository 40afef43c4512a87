"""The configuration: a TOML file over a built-in profile, as `Rules` that the decisions read.

    load(path)         the configuration in force, or ConfigurationRefused with every fault
    from_tables(dict)  the same for tables that stand in no file
    check(path)        every fault of a file with its line, for `leadstream check FILE`

A file is merged key by key over its profile; a `[channels]` or `[stores]` table replaces the profile's (ruling 15).
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

import orjson

from operators.base.calendar import LocalTime
from operators.base.rules import DAY_MS, Channel, Periods, Rules, Status, Store
from operators.config.checks import Complaint, Fault, complaints, with_lines
from operators.config.cleaning import cleaning_rules
from operators.config.names import nearest
from operators.config.notes import notes_of
from operators.config.positions import scan
from operators.config.secret import secret_of
from operators.config.tables import (
    CalendarTable,
    ChannelTable,
    OwnPeriodsTable,
    StoreTable,
    Tables,
    score_rules,
)
from operators.config.time_table import form_of
from operators.config.values import HOUR_MS, day_of, ms_of
from operators.identity import foreign
from operators.identity.foreign import HOME_REGION, calling_code
from state.errors import ConfigurationRefused

__all__ = ["Configuration", "Fault", "check", "from_tables", "load", "registry_digest"]

DEVELOPMENT_SECRET: Final = b"leadstream development secret: public, for trials only"
"""Keys the OneIDs where no secret is set (ruling 18). Never change it: states made with it would be refused."""
OFFLINE_LATE_HOURS: Final = 360
"""Lateness of a channel of the group offline: imports come days later (ruling 10)."""
PROFILE: Final = "automotive"
REPLACED: Final = ("channels", "stores")
"""Tables that replace the profile's (ruling 15)."""
FAULTS_SHOWN: Final = 200
"""Faults that one refusal lists; a file of 30 000 stores with the same slip must not fill the log."""
DIGESTED: Final = ("periods", "dedup", "dispatch", "score", "cleaning", "follow_up", "pools", "nurture", "identity")
"""Rule tables that `Rules.version` digests, beside lines and series (ruling 33)."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration without faults."""

    rules: Rules
    secret: bytes = field(repr=False)
    """Keys the OneIDs; never shown, logged or stored."""
    secret_is_development: bool
    """No secret was set: warn once, show it on a gauge, refuse a Kafka sink (ruling 18)."""
    tables: dict[str, Any] = field(repr=False)
    """The merged tables as TOML values, defaults of the code not filled in."""
    path: Path | None
    today_ms: int | None = None
    """`[source] today`, epoch ms (ruling 76)."""
    clock_gap_ms: int = 30 * DAY_MS
    """How far the wall clock of a start may lie after the state's (ruling 76)."""
    notes: list[str] = field(default_factory=list)
    """Whole sentences: what is set and not applied by this version, and what is likely not meant."""


def load(path: Path | None, *, environ: Mapping[str, str] = os.environ) -> Configuration:
    """The configuration of a TOML file; None = the built-in profile alone.

    Raises `ConfigurationRefused` whose message lists each fault as `file:line: key: what is wrong; what is allowed`.
    """
    if path is None:
        return from_tables({}, environ=environ)
    judged = _judge_file(path)
    if judged.tables is None:
        raise _refused(str(path), judged.faults)
    return _configuration(judged.tables, judged, path, environ)


def from_tables(
    tables: Mapping[str, Any], *, environ: Mapping[str, str] = os.environ, name: str = "configuration"
) -> Configuration:
    """The configuration of tables as `tomllib` would give them; `name` stands in place of the file's in faults."""
    judged = _judge(dict(tables), name, None)
    if judged.tables is None:
        raise _refused(name, judged.faults)
    return _configuration(judged.tables, judged, None, environ)


def check(path: Path) -> list[Fault]:
    """Every fault of the file, in the order of its lines; [] = `load` takes it.

    Faults of form do not hide others: the statements that cannot be read are left out, the rest is judged.
    """
    return _judge_file(path).faults


def registry_digest(rules: Rules) -> str:
    """Digest of channels, stores and their calendars, 12 hex digits: what `Rules.version` leaves out (ruling 33)."""
    stores = None if rules.stores is None else {code: _plain_store(one) for code, one in rules.stores.items()}
    # How times are written and what a channel is told say nothing of a lead that waits.
    channels = {code: asdict(replace(one, time=None)) for code, one in rules.channels.items()}
    # Whether anything is cleaned is looked at when the registry is: leads that wait are judged once more by it.
    cleaned = "cleaning" if rules.cleaning.enabled else ""
    for plain in channels.values():
        del plain["time"], plain["feedback"]
    return _digest([channels, stores, _plain_store(rules.default_store), cleaned])


@dataclass(frozen=True, slots=True)
class _Judged:
    own: dict[str, Any]
    merged: dict[str, Any]
    tables: Tables | None
    """None where there are faults, and only there."""
    faults: list[Fault]


def _judge_file(path: Path) -> _Judged:
    name = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        fault = Fault(name, 0, "", f"The file cannot be read ({error.strerror or error}); allowed is a TOML file.")
        return _Judged({}, {}, None, [fault])
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        fault = Fault(name, line, "", "This line is not UTF-8; allowed is a file in UTF-8.")
        return _Judged({}, {}, None, [fault])
    try:
        return _judge(tomllib.loads(text), name, text)
    except (ValueError, RecursionError):
        scanned = scan(text)
        judged = _judge(scanned.tables, name, text)
        of_form = [Fault(name, line, key, message) for line, key, message in scanned.faults]
        return replace(judged, tables=None, faults=sorted({*judged.faults, *of_form}))


def _judge(own: dict[str, Any], name: str, text: str | None) -> _Judged:
    found: list[Complaint] = []
    profile = own.get("profile", PROFILE)
    if isinstance(profile, str) and profile not in profiles():
        known = profiles()
        quoted = json.dumps(profile, ensure_ascii=False)[:60]
        message = f"There is no profile {quoted}{nearest(profile, known)}; allowed is one of {', '.join(known)}."
        found.append(Complaint(("profile",), message))
    merged = _merged(own)
    tables, others = complaints(own, merged)
    found.extend(others)
    if not found:
        return _Judged(own, merged, tables, [])
    return _Judged(own, merged, None, with_lines(found, name, None if text is None else scan(text)))


def _refused(name: str, faults: list[Fault]) -> ConfigurationRefused:
    listed = [f"  {fault}" for fault in faults[:FAULTS_SHOWN]]
    if len(faults) > FAULTS_SHOWN:
        listed.append(f"  … and {len(faults) - FAULTS_SHOWN} more.")
    count = "a fault" if len(faults) == 1 else f"{len(faults)} faults"
    return ConfigurationRefused(
        "\n".join([f"The configuration {name} has {count}:", *listed]),
        "Correct what is named and start again; `leadstream check FILE` shows every fault of a file.",
    )


# --- profiles


def profiles() -> tuple[str, ...]:
    """Names of the built-in industry profiles."""
    folder = files("operators").joinpath("profiles")
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


def _profile(own: dict[str, Any]) -> dict[str, Any]:
    name = own.get("profile", PROFILE)
    if name not in profiles():
        name = PROFILE
    return tomllib.loads(files("operators").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8"))


def _left_out(own: dict[str, Any]) -> list[str]:
    """A note where a file seems to change one key of a built-in channel, and loses all others by it."""
    channels = own.get("channels") or {}
    bare = [code for code, row in channels.items() if "name" not in row]
    if not bare:
        return []
    known = _profile(own).get("channels", {})
    touched = [code for code in bare if code in known]
    if not touched:
        return []
    left = len(known.keys() - channels.keys())
    return [
        f"[channels] takes the place of the built-in table as a whole: {left} built-in channels are not known now, and of "
        f"{touched[0]} only what this file says holds. To change one key, begin with a copy of the profile."
    ]


def _merged(own: dict[str, Any]) -> dict[str, Any]:
    base = _profile(own)
    for table in REPLACED:
        if table in own:
            base.pop(table, None)
    return _over(base, own)


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        under = merged.get(key)
        merged[key] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


# --- rules


def _configuration(tables: Tables, judged: _Judged, path: Path | None, environ: Mapping[str, str]) -> Configuration:
    # An empty variable is no secret: a key of zero bytes would protect nothing.
    today = tables.source.today
    rules = _rules(tables)
    secret = secret_of(tables.one_id_secret_env, environ).reveal().encode("utf-8", "surrogateescape")
    return Configuration(
        rules=rules,
        secret=secret or DEVELOPMENT_SECRET,
        secret_is_development=not secret,
        tables=judged.merged,
        path=path,
        today_ms=rules.local.instant(day_of(today) + 1, 0) if isinstance(today, date) else today,
        clock_gap_ms=ms_of(tables.periods.clock_gap_days, DAY_MS),
        notes=[*notes_of(judged.own, tables), *_left_out(judged.own)],
    )


def _rules(tables: Tables) -> Rules:
    general = Periods(
        ms_of(tables.periods.merge, DAY_MS),
        ms_of(tables.periods.deal_merge, DAY_MS),
        ms_of(tables.periods.max_life, DAY_MS),
    )
    late_ms = ms_of(tables.periods.late_hours, HOUR_MS)
    local = LocalTime(tables.timezone)
    channels = {code: _channel(code, one, late_ms, local) for code, one in tables.channels.items()}
    stores = tables.stores
    by_line = {code: _periods(one, general) for code, one in (tables.lines or {}).items()}
    rules = Rules(
        local=local,
        channels=channels,
        stores=None if stores is None else {code: _store(code, one, tables) for code, one in stores.items()},
        lines=None if tables.lines is None else frozenset(tables.lines),
        periods=general,
        line_periods=by_line,
        series_periods={
            (line, code): _periods(one, below)
            for line, below in (("", general), *by_line.items())
            for code, one in tables.series.items()
            if one.sets_period
        },
        from_first=tables.periods.from_first,
        replay_ms=ms_of(tables.periods.replay, DAY_MS),
        late_ms=max([late_ms, *(one.late_ms for one in channels.values())]),
        earliest_ms=local.instant(day_of(tables.periods.earliest), 0),
        max_jump_ms=ms_of(tables.periods.max_jump_days, DAY_MS),
        time=form_of(tables.time, local),
        dedup_per_channel=tables.dedup.scope == "channel",
        codes=frozenset(calling_code(one) for one in tables.validation.countries if one != HOME_REGION),
        required=tuple(tables.dispatch.required),
        cap=tables.pools.cap,
        first_ms=ms_of(tables.follow_up.first_hours, HOUR_MS),
        recycle_ms=ms_of(tables.follow_up.recycle_days, DAY_MS),
        score=score_rules(tables.score),
        cleaning=cleaning_rules(tables, local),
        default_store=Store("", release_per_minute=tables.dispatch.release_per_minute),
    )
    return replace(rules, version=_version(tables, rules))


def _channel(code: str, table: ChannelTable, late_ms: int, local: LocalTime) -> Channel:
    if table.late_hours is not None:
        late_ms = ms_of(table.late_hours, HOUR_MS)
    elif table.group == "offline":
        late_ms = OFFLINE_LATE_HOURS * HOUR_MS
    return Channel(
        code=code,
        name=table.name,
        group=table.group,
        status=cast(Status, table.status),
        consent=table.consent,
        priority=table.priority,
        late_ms=late_ms,
        weight=table.weight,
        live_since=None if table.live_since is None else table.live_since.isoformat(),
        time=form_of(table.time, local),
        feedback=table.feedback,
    )


def _store(code: str, table: StoreTable, tables: Tables) -> Store:
    # Its own calendar, else the one named like the store, else the one named like its city (ruling 16).
    calendars = tables.calendars
    name = table.calendar or (code if code in calendars else table.city)
    calendar = calendars.get(name, CalendarTable())
    own_rate = table.release_per_minute
    return Store(
        code=code,
        name=table.name,
        city=table.city,
        lines=None if table.lines is None else frozenset(table.lines),
        opens_ms=table.opens,
        closes_ms=table.closes if table.closes > table.opens else table.closes + DAY_MS,
        closed_days=frozenset(map(day_of, calendar.closed)),
        open_days=frozenset(map(day_of, calendar.open)),
        release_per_minute=tables.dispatch.release_per_minute if own_rate is None else own_rate,
    )


def _periods(table: OwnPeriodsTable, general: Periods) -> Periods:
    return Periods(
        general.merge_ms if table.merge is None else ms_of(table.merge, DAY_MS),
        general.deal_ms if table.deal_merge is None else ms_of(table.deal_merge, DAY_MS),
        general.life_ms if table.max_life is None else ms_of(table.max_life, DAY_MS),
    )


# --- digests


def _version(tables: Tables, rules: Rules) -> str:
    """Digest of the rule tables as merged, defaults included (ruling 33).

    Values in force count, not how they are written: 60 and 60.0 are the same, and so is a line that repeats the general
    period. Display names of lines and series are no rules.
    """
    parts = {name: getattr(tables, name).model_dump() for name in DIGESTED}
    if rules.codes:  # the library reads numbers: what its next release reads otherwise is another rule (ruling 79)
        parts["validation"] = [sorted(tables.validation.countries), foreign.version()]
    if rules.cleaning.enabled:  # whether a city is known, and which stores are recommended, hangs on its data too
        parts["home"] = version("phonenumbers")
    calling = rules.cleaning.calling
    parts["cleaning"]["closed"] = [sorted(calling.closed_days), sorted(calling.open_days)]
    del parts["periods"]["clock_gap_days"]  # it decides about a start, not about a lead
    parts["dispatch"]["required"] = sorted(tables.dispatch.required)
    parts["lines"] = (
        None if rules.lines is None else {one: _plain_periods(rules.line_periods[one]) for one in rules.lines}
    )
    parts["series"] = {f"{line}/{code}": _plain_periods(one) for (line, code), one in rules.series_periods.items()}
    parts["score"].update(customer=dict(rules.score.customer), key=dict(rules.score.key))
    parts["score"].update(behaviour=dict(rules.score.behaviour))
    return _digest(parts)


def _plain_periods(periods: Periods) -> list[int]:
    return [periods.merge_ms, periods.deal_ms, periods.life_ms]


def _plain_store(store: Store) -> dict[str, Any]:
    plain = asdict(store)
    for key in ("lines", "closed_days", "open_days"):
        plain[key] = None if plain[key] is None else sorted(plain[key])
    return plain


def _digest(value: object) -> str:
    canonical = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()[:12]
