"""`leadstream replay`: refused or late records become input again, with what changes for them."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Protocol

import typer

from connectors import places
from connectors.again.folder import SENT, FolderInputs, SentAlready, newest_time, read_stream
from connectors.again.originals import Original, counting_from_now, original_of
from connectors.kafka.settings import KafkaSettings, settings_of
from flows.engine import wall_clock_ms
from flows.open import KAFKA
from operators.base.calendar import parse_ms
from operators.config import configuration
from operators.config.configuration import Configuration
from operators.config.names import nearest
from operators.identity.one_id import NEWEST_FORM, OneIds
from operators.intake import hints
from operators.intake.times import Clock
from operators.intake.validation import Validation
from operators.registry import RECORD_OF
from operators.wire.streams import STREAMS
from state import errors, limits

REJECTS, LATE = "rejects", "late"
PLACES_SHOWN: Final = 5
"""Places of records that cannot be sent again which one run names; the rest is counted."""
_PLAIN_S: Final = 2.0


@dataclass(frozen=True)
class Again:
    """What was asked for. Times in epoch ms, by the `at` of the output record."""

    source: str
    stream: str
    to: str | None
    reasons: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    since_ms: int | None = None
    before_ms: int | None = None
    config: Path | None = None
    dry_run: bool = False
    usable: bool = False
    """Only what today's rules take."""
    keep_times: bool = False
    """Late leads as they came."""
    again: bool = False
    """Also what was sent before."""
    sent: Path | None = None
    """File of what was sent, where the source is no folder."""


class Inputs(Protocol):
    """Where records go."""

    def write(self, kind: str, raw: bytes, event_id: str) -> None:
        """Add one record."""

    def finish(self) -> list[str]:
        """Make them safe; the names of the files or topics."""

    def drop(self) -> None:
        """Give up; never raises."""


class _Nowhere:
    """A dry run's."""

    def write(self, kind: str, raw: bytes, event_id: str) -> None:
        """Not sent."""

    def finish(self) -> list[str]:
        """Nothing was written."""
        return []

    def drop(self) -> None:
        """Nothing to give up."""


@dataclass
class Tally:
    """What became of the records of one replay."""

    read: int = 0
    matched: int = 0
    before: int = 0
    """Sent by an earlier replay."""
    repeated: int = 0
    """The same original once more."""
    unusable: int = 0
    """Left out by `--usable`."""
    not_replayable: Counter[str] = field(default_factory=Counter)
    places: list[str] = field(default_factory=list)
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    still_late: int = 0
    untimed: int = 0
    """Late leads that count from now."""
    ids: list[str] = field(default_factory=list)


def replay(wanted: Again) -> None:
    """Send again what matches. Raises WrongUsage, Refused (nothing to read), Fault (disk, broker)."""
    _refuse_wrong_usage(wanted)
    loaded = configuration.load(wanted.config)
    settings = settings_of(loaded, os.environ) if KAFKA in (wanted.source, wanted.to) else None
    sent = SentAlready(_ledger(wanted, settings))
    tally = Tally()
    inputs = _inputs(wanted, settings)
    try:
        if not wanted.dry_run:
            sent.check_writable()
        _send(wanted, loaded, _records(wanted, settings), set() if wanted.again else sent.ids, inputs, tally)
        names = inputs.finish()
        if not wanted.dry_run and tally.ids:
            sent.add(tally.ids)
    except BaseException:
        inputs.drop()
        raise
    for line in said(wanted, tally, names):
        typer.echo(line)


def _refuse_wrong_usage(wanted: Again) -> None:
    if wanted.stream not in (REJECTS, LATE):
        raise errors.WrongUsage(
            f"The stream {wanted.stream} has no originals.", f"Give --stream {REJECTS} or --stream {LATE}."
        )
    if wanted.to is None and not wanted.dry_run:
        raise errors.WrongUsage(
            "Nothing says where the records are to go.", "Give --to DIR or --to kafka, or --dry-run to look only."
        )
    if wanted.stream == LATE and wanted.reasons:
        raise errors.WrongUsage("Late leads have no reason codes.", "Leave out --reason, or give --stream rejects.")
    for reason in sorted(wanted.reasons - set(hints.BY_CODE)):
        raise errors.WrongUsage(
            f"There is no reason {reason}{nearest(reason, tuple(hints.BY_CODE))}.",
            f"Name one of {', '.join(sorted(hints.BY_CODE))}.",
        )
    if wanted.to is not None:
        places.refuse_target("--to", wanted.to, (KAFKA,))
    if wanted.source != KAFKA and not Path(wanted.source).is_dir():
        near = nearest(wanted.source, (KAFKA,))
        raise errors.SourceRefused(
            f"There is no output folder {wanted.source}{near}.",
            "Name the folder that `leadstream run --sink` wrote, or kafka.",
        )
    if wanted.to is not None and wanted.to not in (KAFKA, wanted.source) and _is_output(Path(wanted.to)):
        raise errors.WrongUsage(f"{wanted.to} is an output folder.", "Name the folder that the engine reads with --to.")
    if wanted.to is not None and wanted.to == wanted.source != KAFKA:
        raise errors.WrongUsage(
            "The records would go into the folder of the output.", "Name the folder that the engine reads with --to."
        )


def _is_output(folder: Path) -> bool:
    return (folder / ".state").exists() and (folder / f"{STREAMS[0]}.jsonl").exists()


def _ledger(wanted: Again, settings: KafkaSettings | None) -> Path:
    if wanted.sent is not None:
        return wanted.sent
    if wanted.source != KAFKA:
        return Path(wanted.source) / SENT
    assert settings is not None
    return Path("var/replayed") / settings.output(wanted.stream)


def _inputs(wanted: Again, settings: KafkaSettings | None) -> Inputs:
    if wanted.dry_run:
        return _Nowhere()
    if wanted.to != KAFKA:
        return FolderInputs(Path(str(wanted.to)))
    from connectors.again.topics import TopicInputs

    assert settings is not None
    return TopicInputs(settings)


def _records(wanted: Again, settings: KafkaSettings | None) -> Iterator[dict[str, Any]]:
    if wanted.source != KAFKA:
        return read_stream(Path(wanted.source), wanted.stream)
    from connectors.again.topics import read_topic

    assert settings is not None
    return read_topic(settings, wanted.stream)


def _send(
    wanted: Again,
    loaded: Configuration,
    records: Iterator[dict[str, Any]],
    known: set[str],
    inputs: Inputs,
    tally: Tally,
) -> None:
    judge = _Judge(loaded, newest_time(Path(wanted.source)) if wanted.source != KAFKA else "")
    seen: set[bytes] = set()
    ids: set[str] = set()
    began = time.monotonic()
    for record in records:
        tally.read += 1
        if time.monotonic() - began > _PLAIN_S:
            began = time.monotonic()
            typer.echo(f"replay: {tally.read} read, {len(tally.ids)} to be sent", err=True)
        judge.saw(str(record.get("at") or ""))
        try:
            original = original_of(record)
        except ValueError:
            continue
        if original.event_id in ids or not _matches(wanted, original, str(record.get("at") or "")):
            continue
        ids.add(original.event_id)
        tally.matched += 1
        if original.event_id in known:
            tally.before += 1
            continue
        if original.why_not:
            tally.not_replayable[original.why_not.partition(" of ")[0]] += 1
            if len(tally.places) < PLACES_SHOWN:
                tally.places.append(f"{original.place}: {original.why_not}")
            continue
        raw = original.raw
        if wanted.stream == LATE and not wanted.keep_times and judge.is_late(original.kind, raw):
            event_time = str(record.get("event_time", ""))
            raw = counting_from_now(raw, event_time) or raw
            tally.untimed += 1
        digest = blake2b(raw, digest_size=16).digest()
        if digest in seen:
            tally.repeated += 1
            tally.ids.append(original.event_id)
            continue
        reasons = judge.reasons(original.kind, raw)
        if reasons and wanted.usable:
            tally.unusable += 1
            continue
        seen.add(digest)
        if reasons:
            tally.refused.update(reasons)
        else:
            tally.accepted += 1
            if judge.is_late(original.kind, raw):
                tally.still_late += 1
        inputs.write(original.kind, raw, original.event_id)
        tally.ids.append(original.event_id)


def _matches(wanted: Again, original: Original, at: str) -> bool:
    if wanted.reasons and not wanted.reasons.intersection(original.reasons):
        return False
    if wanted.channels and original.channel not in wanted.channels:
        return False
    if wanted.since_ms is None and wanted.before_ms is None:
        return True
    if not at:
        return False
    at_ms = parse_ms(at)
    return (wanted.since_ms is None or at_ms >= wanted.since_ms) and (
        wanted.before_ms is None or at_ms < wanted.before_ms
    )


class _Judge:
    """What today's rules say of an original, by the clock as far as the output shows it."""

    def __init__(self, loaded: Configuration, newest: str) -> None:
        self._rules = loaded.rules
        self._validation = Validation(loaded.rules, OneIds(loaded.secret, limits.SHARDS, NEWEST_FORM), RECORD_OF)
        self._clock = parse_ms(newest) if newest else None
        self._newest = newest

    def saw(self, at: str) -> None:
        """The `at` of a record: the clock stood there."""
        if at > self._newest:
            self._newest = at
            at_ms = parse_ms(at)
            self._clock = at_ms if self._clock is None else max(self._clock, at_ms)

    def _read(self, kind: str, raw: bytes) -> Any:
        return self._validation.read(raw, kind, Clock(event=True, now=self._clock, wall_ms=wall_clock_ms()))

    def reasons(self, kind: str, raw: bytes) -> tuple[str, ...]:
        """Of its refusal; () = validation takes it."""
        found: tuple[str, ...] = self._read(kind, raw).reasons
        return found

    def is_late(self, kind: str, raw: bytes) -> bool:
        """Whether it would go to `late`."""
        arrival = self._read(kind, raw)
        if arrival.reasons or arrival.kind != "raw_lead" or not arrival.has_time or self._clock is None:
            return False
        return bool(arrival.t < self._clock - self._rules.channels[arrival.channel].late_ms)


def said(wanted: Again, tally: Tally, names: list[str]) -> list[str]:
    """What was done, in whole sentences."""
    sent = len(tally.ids) - tally.repeated
    where = f" to {', '.join(names)}" if names else ""
    verb = "would be sent again" if wanted.dry_run else "sent again"
    lines = [f"{wanted.stream}: {tally.read} read, {tally.matched} match, {sent} {verb}{where}."]
    if tally.before:
        lines.append(f"{tally.before} were sent by an earlier replay and are left out (--again sends them once more).")
    if tally.repeated:
        lines.append(f"{tally.repeated} have the same original as another one, which goes once.")
    if tally.unusable:
        lines.append(f"{tally.unusable} would be refused again and are left out (--usable).")
    if tally.not_replayable:
        reasons = ", ".join(f"{count} because {why}" for why, count in tally.not_replayable.most_common())
        lines.append(f"Not sent: {reasons}. The whole record stands where it came from:")
        lines.extend(f"  {place}" for place in tally.places)
        more = sum(tally.not_replayable.values()) - len(tally.places)
        if more:
            lines.append(f"  and {more} more.")
    if tally.untimed:
        lines.append(
            f"{tally.untimed} leads go without event and ingest time, so that they count from when they are read; extra keeps "
            "the time they came with (--keep-times sends them as they came)."
        )
    if tally.refused:
        codes = ", ".join(f"{code} {count}" for code, count in tally.refused.most_common())
        lines.append(f"By the configuration given, {tally.accepted} are accepted; refused again for {codes}.")
    if tally.still_late:
        lines.append(
            f"{tally.still_late} lie beyond the lateness and will go to late: raise late_hours of their channel, or send them "
            "from there (--stream late)."
        )
    return lines
