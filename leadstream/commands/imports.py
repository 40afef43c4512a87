"""`leadstream import`: sheets become raw leads for the engine, each row with its fate in a result beside its file."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from connectors import places
from connectors.feeds.mapping import FieldMapping
from connectors.feeds.registry import feed_named, feeds_of
from connectors.sheets.headings import NO_MAPPING, load_mapping
from connectors.sheets.imports import Done, import_file
from connectors.sheets.outlets import DurableOutlet, FolderOutlet, Outlet
from connectors.sheets.rows import Wanted
from leadstream.commands.places import KAFKA, topic_of
from operators.base.calendar import parse_ms
from operators.base.rules import TimeForm
from operators.config import configuration
from operators.config.configuration import Configuration
from operators.config.names import nearest
from state import errors

_PLAIN_S: Final = 5.0
_UPDATE_ROWS: Final = 500


def import_files(
    files: list[Path],
    *,
    to: str,
    config: Path | None,
    channel: str,
    account: str,
    mapping: str,
    at: str | None,
    sheet: str,
    send_refused: bool,
) -> None:
    """Import the files one after the other and say what became of their rows. Raises LeadstreamError for the first that is
    refused as a whole, those before it are imported; at the end SourceRefused for files of which no row could be."""
    from flows.observe.live import Screen

    loaded = configuration.load(config)
    mapped, form, fed = _mapping(mapping, loaded)
    wanted = Wanted(
        channel=_channel(channel, loaded) or fed,
        account=account,
        mapping=mapped,
        form=form,
        ingest_ms=_now(at),
        sheet=sheet,
        send_refused=send_refused,
    )
    console = Screen(highlight=False)
    there = False
    nothing_of: list[str] = []
    with _outlet(to, loaded) as outlet:
        for file in files:
            began = time.monotonic()
            done = _with_progress(console, file, wanted, loaded, outlet)
            for line in _said(file, done, to, time.monotonic() - began):
                typer.echo(line)
            came = done.known_before or done.written > 0
            there = there or came
            if done.counts.fates["refused"] and not came:
                nothing_of.append(str(file))
    if to != KAFKA and there:
        named = "" if config is None else f" --config {config}"
        typer.echo(f"Run them: leadstream run{named} --source {to}")
    if nothing_of:
        raise errors.SourceRefused(
            f"No row of {', '.join(nothing_of)} could be imported.",
            "The reasons stand above and in the result file. Correct the mapping, the channel or the rows, then import again.",
        )


@contextlib.contextmanager
def _outlet(to: str, loaded: Configuration) -> Iterator[Outlet]:
    places.refuse_target("--to", to, (KAFKA,))
    if to != KAFKA:
        yield FolderOutlet(Path(to))
        return
    with contextlib.closing(topic_of(loaded, patient=True)) as durable:
        yield DurableOutlet(durable)


def _mapping(given: str, loaded: Configuration) -> tuple[FieldMapping, TimeForm | None, str]:
    """(the mapping, its form of times, its channel) of `[feeds.NAME]` or of a file. Raises ConfigurationRefused, WrongUsage."""
    if not given:
        return NO_MAPPING, None, ""
    feeds = feeds_of(loaded)
    feed = feed_named(feeds, given)
    if feed is not None:
        return feed.mapping, feed.time_form, feed.channel
    if not Path(given).exists() and not given.endswith(".toml"):
        raise errors.WrongUsage(
            f"There is neither a feed nor a file {given}{nearest(given, tuple(feeds))}.",
            f"Add [feeds.{given}] to the configuration, or name a TOML file with a table [fields].",
        )
    return load_mapping(Path(given)), None, ""


def _channel(given: str, loaded: Configuration) -> str:
    """The code of a channel that was named by its code or its name. Raises WrongUsage for one that is not there."""
    channels = loaded.rules.channels
    if not given or given in channels:
        return given
    codes = [code for code, one in channels.items() if one.name == given]
    if len(codes) == 1:
        return codes[0]
    raise errors.WrongUsage(
        f"The configuration has no channel {given!r}{nearest(given, list(channels))}.",
        "Name one that it has, add [channels.CODE] to it, or name another configuration with --config.",
    )


def _now(at: str | None) -> int:
    if at is None:
        return time.time_ns() // 1_000_000
    try:
        return parse_ms(at)
    except ValueError as error:
        raise errors.WrongUsage(
            f"--at {at} is no time with an offset.", "Write it like 2026-03-02T12:00:00+08:00."
        ) from error


def _with_progress(console: Console, file: Path, wanted: Wanted, loaded: Configuration, outlet: Outlet) -> Done:
    if console.is_terminal:
        columns = (TextColumn("importing {task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(file.name, total=None)

            def show(done: int, total: int) -> None:
                if done % _UPDATE_ROWS == 0:
                    bar.update(task, completed=done, total=max(done, total))

            return import_file(file, wanted, loaded, outlet, show)
    return import_file(file, wanted, loaded, outlet, _Lines(file.name))


class _Lines:
    """Progress without a terminal: a line every few seconds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if done % _UPDATE_ROWS == 0 and time.monotonic() - self._said >= _PLAIN_S:
            self._said = time.monotonic()
            typer.echo(f"importing {self._name}: row {done} of {total}")


def _said(file: Path, done: Done, to: str, took_s: float) -> list[str]:
    """What became of the rows, in whole sentences."""
    counts = done.counts
    fates = counts.fates
    lines = [
        f"{file}: {counts.rows - fates['heading']} rows in {took_s:.1f} s: imported {fates['imported']}, refused "
        f"{fates['refused']}, repeated in the file {fates['repeated']}, blank {fates['blank']}."
    ]
    if done.known_before:
        lines.append(f"All of it was imported to {to} before ({done.name}): nothing was changed.")
    elif done.written:
        lines.append(f"{done.written} raw leads written to {to} ({done.name}).")
    for code, count in counts.reasons.most_common(5):
        lines.append(f"  {code} {count}: {counts.hints[code]}")
    if done.result is not None:
        what = " Correct the refused rows there and import that file." if fates["refused"] else ""
        lines.append(f"Each row's fate: {done.result}.{what}")
    return [*lines, *(f"Note: {note}" for note in counts.notes)]
