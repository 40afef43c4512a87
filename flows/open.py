"""What a run was asked for, and the engine and metrics page opened for it: for the command and the stock runner."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from connectors import places
from connectors.demo.reader import DemoReader
from connectors.files import ordering
from connectors.files.reader import FileReader
from connectors.files.sink import FileSink
from connectors.inbox.reader import FollowReader, has_segments
from connectors.kafka.settings import KafkaSettings, settings_of
from connectors.protocols import Reader, Sink
from flows.engine import Options, wall_clock_ms
from flows.observe.metrics import MetricsServer
from flows.observe.observation import Observation, ObservedEngine
from leadstream import compiled
from operators.config import configuration, holidays
from operators.config.configuration import Configuration
from operators.config.tables import OutputTable
from state import errors, limits

log = logging.getLogger("leadstream")

DEMO: Final = "demo"
KAFKA: Final = "kafka"
DEFAULT_STATE: Final = Path("var/state")
DEFAULT_SINK: Final = "var/out"
DEMO_SEED: Final = 1
_SECRET_BYTES: Final = 16
"""A shorter OneID secret is warned of."""


@dataclass
class Wanted:
    """What a run was asked for, in the words of the command line."""

    config: Path | None = None
    source: str = DEMO
    sink: str = DEFAULT_SINK
    follow: bool = False
    """Whether files are read as they grow, by the wall's clock, until a stop."""
    state: Path = DEFAULT_STATE
    event_clock: bool | None = None
    """None = what fits the source: the event clock for files and the demo."""
    until_ms: int | None = None
    beyond_today: bool = False
    """`--until` may lie more than 24 h after the wall clock (ruling 76)."""
    clock_moved: bool = False
    """The wall clock may lie far after the state's (ruling 76)."""
    wall_ms: Callable[[], int] = wall_clock_ms
    metrics: tuple[str, int] | None = None
    demo_speed: float = 1.0
    version: str = ""


@dataclass
class Prepared:
    """An opened engine and who watches it."""

    engine: ObservedEngine
    seen: Observation
    server: MetricsServer
    reader: Reader
    notes: list[str] = field(default_factory=list)
    """Whole sentences for the operator, said once at the start."""


def refuse_wrong_usage(wanted: Wanted) -> None:
    """Arguments that do not go together, or that would spoil a state (rulings 45 and 76)."""
    places.refuse_source(wanted.source, (DEMO, KAFKA))
    places.refuse_target("--sink", wanted.sink, (KAFKA,))
    if wanted.follow and wanted.source in (DEMO, KAFKA):
        raise errors.WrongUsage(
            f"--follow reads files as they grow; --source {wanted.source} goes on by itself.",
            "Leave out --follow, or name a folder or file with --source.",
        )
    if wanted.follow and wanted.event_clock:
        raise errors.WrongUsage(
            "--follow keeps the wall's clock: no event says that the next one is not still to come.",
            "Leave out --follow, or --clock event.",
        )
    if not by_event_clock(wanted) and wanted.until_ms is not None:
        raise errors.WrongUsage(
            "--until moves the event clock, and this run keeps the wall's.", "Leave out --until, or give --clock event."
        )
    if (
        wanted.until_ms is not None
        and not wanted.beyond_today
        and wanted.source != DEMO  # it keeps a calendar of its own
        and wanted.until_ms > wanted.wall_ms() + limits.AFTER_TODAY_MS
    ):
        raise errors.WrongUsage(
            "--until lies more than 24 h after now: every later lead of this state would be late for ever.",
            "Give an earlier time; where the state is one to try things with, add --beyond-today.",
        )
    if wanted.event_clock is False and wanted.source == DEMO:
        raise errors.WrongUsage(
            "The demo keeps a simulated calendar, which --clock wall would not follow.",
            "Leave out --clock, or name your own input with --source FILE.",
        )


def by_event_clock(wanted: Wanted) -> bool:
    """Whether this run keeps the event clock: files and the demo unless the wall's was asked for or files are
    followed; Kafka if it was asked for."""
    if wanted.event_clock is None:
        return wanted.source != KAFKA and not wanted.follow
    return wanted.event_clock


def _kafka(config: Configuration, wanted: Wanted) -> KafkaSettings | None:
    """The settings of a run that reads from Kafka or writes to it; its client is imported for no other run."""
    if KAFKA not in (wanted.source, wanted.sink):
        return None
    if wanted.sink == KAFKA and config.secret_is_development:
        variable = config.tables.get("one_id_secret_env", "LEADSTREAM_ONE_ID_SECRET")
        raise errors.Refused(
            "--sink kafka is refused: OneIDs would be keyed by the public development secret, and others would keep them.",
            f"Set {variable} to a secret of your own, the same at every start.",
        )
    try:
        from connectors.kafka.topics.upkeep import check_topics
    except ImportError as error:
        raise errors.Refused(
            "The client for Kafka is not installed.", "Install it: pip install 'leadstream[kafka]'."
        ) from error
    settings = settings_of(config, os.environ)
    check_topics(settings, inputs=wanted.source == KAFKA, outputs=wanted.sink == KAFKA)
    return settings


def _reader(wanted: Wanted, settings: KafkaSettings | None) -> Reader:
    """The input that was named."""
    if wanted.source != KAFKA:
        path = Path(wanted.source)
        if wanted.follow or has_segments(path):
            return FollowReader(path, to_end=not wanted.follow)
        return FileReader(path)
    from connectors.kafka.reading.reader import KafkaReader

    assert settings is not None
    return KafkaReader(settings, to_end=by_event_clock(wanted))


def _sink(config: Configuration, wanted: Wanted, settings: KafkaSettings | None) -> Sink:
    """The output that was named."""
    if wanted.sink != KAFKA:
        table, local = OutputTable.model_validate(config.tables.get("output", {})), config.rules.local
        size = table.segment_mib << 20
        if not table.daily:
            return FileSink(Path(wanted.sink), segment_bytes=size)
        return FileSink(Path(wanted.sink), segment_bytes=size, today=lambda: local.day(wall_clock_ms()))
    from connectors.kafka.writing.sink import KafkaSink

    assert settings is not None
    return KafkaSink(settings)


def prepare(wanted: Wanted) -> Prepared:
    """Open everything a run needs. Raises LeadstreamError; nothing is left open then."""
    refuse_wrong_usage(wanted)
    notes: list[str] = []
    reader: Reader | None = None
    if wanted.source == DEMO:
        from connectors.demo.simulated import DemoFeed  # its world costs a moment, and only the demo needs it

        feed = DemoFeed(DEMO_SEED)
        reader = DemoReader(feed, wanted.demo_speed, until_ms=wanted.until_ms)
        if wanted.config is None:
            config = configuration.from_tables(feed.config(), name="the demo's configuration")
        else:
            config = configuration.load(wanted.config)
            notes.append("The demo's leads of channels that your configuration does not name go to rejects.")
    else:
        config = configuration.load(wanted.config)
        beside = Path(wanted.source) / "config.toml"
        if wanted.config is None and beside.is_file():
            notes.append(f"{beside} is not used: name it with --config to run by it.")
    if wanted.source != DEMO or wanted.config is not None:
        notes.extend(config.notes)
    outdated = holidays.warning(config.holidays_end_ms, wanted.wall_ms(), config.rules.local)
    if outdated is not None:
        notes.append(outdated)
    if config.secret_is_development:
        notes.append(
            "OneIDs are keyed by the public development secret: set LEADSTREAM_ONE_ID_SECRET (or the variable that "
            "one_id_secret_env names) before real customers come in."
        )
    elif len(config.secret) < _SECRET_BYTES:
        notes.append(
            f"The OneID secret has {len(config.secret)} bytes: with fewer than {_SECRET_BYTES} whoever sees OneIDs can try out "
            "all secrets, and then all phone numbers. It cannot be changed once a state has begun."
        )
    settings = _kafka(config, wanted)
    if reader is None:
        reader = _reader(wanted, settings)
    options = Options(
        wanted.state,
        event_clock=by_event_clock(wanted),
        until_ms=wanted.until_ms,
        wall_ms=wanted.wall_ms,
        clock_moved=wanted.clock_moved,
    )
    engine = ObservedEngine(config, reader, _sink(config, wanted, settings), options)
    try:
        notes.extend(_mixed(engine, wanted))
        if isinstance(reader, FileReader) and by_event_clock(wanted):
            notes.extend(
                said for path, begin in reader.unread() if (said := ordering.complaint(path, begin, config.rules))
            )
        if isinstance(reader, FileReader | FollowReader):
            base = Path(wanted.source)
            engine.meters.refusals.path = lambda name: str((base if base.is_dir() else base.parent) / name)
        seen = Observation(engine)
        server = MetricsServer(seen, wanted.metrics, wanted.version, development_secret=config.secret_is_development)
        engine.before_close(server.close)
        engine.before_close(seen.end)
    except BaseException:
        with contextlib.suppress(errors.LeadstreamError):  # what stopped the start says more than its echo at closing
            engine.close()
        raise
    return Prepared(engine, seen, server, reader, notes)


def _mixed(engine: ObservedEngine, wanted: Wanted) -> list[str]:
    """The demo and real input in one state: two calendars, of which the older one is late."""
    known = set(engine.seal_row.position.get("reader", {}))
    if wanted.source == DEMO and known - {DEMO}:
        other = "has read files before"
    elif wanted.source != DEMO and DEMO in known:
        other = "is the demo's, with its customers and its simulated clock"
    else:
        return []
    return [
        f"The state in {wanted.state} {other}: leads older than its clock will be late. "
        "Name a state and an output of their own with --state and --sink."
    ]


def log_notes(prepared: Prepared) -> None:
    """Say once which variant of the rules runs, and the notes as warnings."""
    log.log(logging.WARNING if compiled.is_refused() else logging.INFO, "Rules: %s.", compiled.variant())
    for note in prepared.notes:
        log.warning(note)
