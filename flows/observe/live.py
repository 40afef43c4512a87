"""What a person sees of a run: a live view on a terminal, a plain line every few seconds without one.

A thread of its own reads the meters twice a second and never the records. It ends, joined, before the engine closes.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from flows.observe.meters import BUCKETS_S
from flows.observe.observation import Observation, tasks_open
from operators.base import count_kinds

UPDATE_S: Final = 0.5
PLAIN_S: Final = 5.0
_WINDOW: Final = 10
"""Looks over which rates and latency are taken."""


class Column(NamedTuple):
    """A count as a column of the view."""

    heading: str
    """In whole words, one a line."""
    place: int
    worth: int
    """Where not all fit, those of the smallest worth are left out: the head shows their sums."""

    def width(self, channels: Sequence[tuple[str, tuple[int, ...]]]) -> int:
        """Characters that it needs: no word and no number is cut."""
        numbers = (len(str(counts[self.place])) for _, counts in channels)
        return max(*map(len, self.heading.split()), *numbers, 1)


_COLUMNS: Final = (
    Column("received", count_kinds.RECEIVED, 9),
    Column("splits", count_kinds.SPLITS, 6),
    Column("first\ntouch", 0, 9),
    Column("deduped", 1, 8),
    Column("merged", 2, 8),
    Column("deal\nmerged", 3, 2),
    Column("rejected", count_kinds.REJECTED, 7),
    Column("late", count_kinds.LATE, 3),
    Column("dispatched", count_kinds.DISPATCHED, 9),
    Column("holds", count_kinds.HELD, 5),
)


class Stage(NamedTuple):
    """A step of the funnel: the layers of domain 4 to 10, what each took and what was left."""

    heading: str
    """In whole words, one a line; its number is that of the layer."""
    count: Callable[[Shown], int]


def _valid(shown: Shown) -> int:
    return shown.totals[count_kinds.RECEIVED] - shown.totals[count_kinds.REJECTED]


def _merged(shown: Shown) -> int:
    return shown.totals[2] + shown.totals[3]


def _scored(shown: Shown) -> int:
    """Every unique lead has a score; one that was folded is none any more."""
    return shown.totals[count_kinds.OPENED] - shown.totals[count_kinds.FOLDED]


def _total(place: int) -> Callable[[Shown], int]:
    return lambda shown: shown.totals[place]


FUNNEL: Final = (
    Stage("received", _total(count_kinds.RECEIVED)),
    Stage("1\nvalid", _valid),
    Stage("2\ndeduped", _total(1)),
    Stage("3\nmerged", _merged),
    Stage("4 AI\ntasks", _total(count_kinds.TASKS_AI)),
    Stage("5 manual\ntasks", _total(count_kinds.TASKS_MANUAL)),
    Stage("tasks\nopen", lambda shown: shown.tasks_open),
    Stage("6\nscored", _scored),
    Stage("dispatched", _total(count_kinds.DISPATCHED)),
    Stage("holds", _total(count_kinds.HELD)),
)
_CHANNEL: Final = 17
"""Columns of the screen that a channel's code and name get at least."""
_NARROW: Final = 40
"""A screen is taken for at least so wide."""


class Screen(Console):
    """A console whose reader may go away: what is said then is said to nobody, and the run goes on."""

    def on_broken_pipe(self) -> None:
        """In place of the library's own answer, which ends the process with code 1."""
        self.quiet = True
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


@dataclass(frozen=True)
class Look:
    """The numbers of one moment."""

    at_s: float
    records: int
    events: int
    buckets: tuple[int, ...]


@dataclass(frozen=True)
class Shown:
    """What a view says; durations in seconds, `share` of the input read 0…1 or None."""

    records: int
    per_second: float
    totals: tuple[int, ...]
    """Of the live realm, in the order of `operators.base.count_kinds.COUNTS`."""
    channels: tuple[tuple[str, tuple[int, ...]], ...]
    """(code, counts), the busiest channel first."""
    refused: int
    """Records of other types than raw leads that were refused."""
    p50_s: float
    p99_s: float
    clock_ms: int
    outbox_rows: int
    seal_age_s: float
    share: float | None
    tasks_open: int = 0
    """Cleaning tasks that wait for a verdict, a time-out or a store."""


class LiveView:
    """Watches an engine until `close`. `note` is the line above everything: what runs, where the page is."""

    def __init__(
        self,
        seen: Observation,
        console: Console,
        note: str,
        *,
        share: Callable[[], float | None] = lambda: None,
        clock_name: str = "clock",
        plain_s: float = PLAIN_S,
    ) -> None:
        self._seen = seen
        self._console = console
        self._note = note
        self._share = share
        self._clock_name = clock_name
        self._plain_s = plain_s
        self._looks: deque[Look] = deque(maxlen=_WINDOW)
        self._open_before = seen.tasks_open_so_far()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="view", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the view; returns when its thread has ended."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        # A terminal that went away or cannot show a character: no reason to stop the engine, or to say so.
        with contextlib.suppress(OSError, UnicodeError):
            if self._console.is_terminal:
                self._on_terminal()
            else:
                self._in_lines()

    def _on_terminal(self) -> None:
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(self.render(self.look()), refresh=True)
                if self._stop.wait(UPDATE_S):
                    return

    def _in_lines(self) -> None:
        said = time.monotonic()
        while not self._stop.wait(UPDATE_S):
            shown = self.look()
            if time.monotonic() - said >= self._plain_s:
                said = time.monotonic()
                self._console.print(self.line(shown), markup=False, highlight=False, soft_wrap=True)

    # --- what is shown

    def look(self) -> Shown:
        """Take the numbers of now."""
        seen = self._seen
        meters = seen.engine.meters
        now = Look(seen.monotonic(), meters.leads, meters.events, tuple(meters.buckets))
        before = self._looks[0] if self._looks else now
        self._looks.append(now)
        passed = now.at_s - before.at_s
        totals = [0] * len(count_kinds.COUNTS)
        live: dict[str, tuple[int, ...]] = {}
        for (channel, shadow), counts in seen.channels().items():
            if shadow:
                continue
            live[channel] = tuple(counts)
            for place, count in enumerate(counts):
                totals[place] += count
        busiest = sorted(live.items(), key=lambda one: (-one[1][count_kinds.RECEIVED], one[0]))
        recent = [new - old for new, old in zip(now.buckets, before.buckets, strict=True)]
        if not sum(recent):
            recent = list(now.buckets)
        return Shown(
            records=now.records,
            per_second=(now.records - before.records) / passed if passed > 0 else 0.0,
            totals=tuple(totals),
            channels=tuple(busiest),
            refused=sum(count for kind, count in meters.refusals.refused.copy().items() if kind != "raw_lead"),
            p50_s=quantile_s(recent, 0.5),
            p99_s=quantile_s(recent, 0.99),
            clock_ms=seen.clock,
            outbox_rows=seen.depths().outbox_rows,
            seal_age_s=seen.seal_age_s(),
            share=self._share(),
            tasks_open=max(0, self._open_before + tasks_open(totals)),
        )

    def _time(self, shown: Shown) -> str:
        if not shown.clock_ms:
            return "not started"
        return self._seen.engine.rules.local.text(shown.clock_ms)[:16].replace("T", " ")

    def line(self, shown: Shown) -> str:
        """One plain line."""
        totals = shown.totals
        parts = [
            f"{shown.share:.0%} read" if shown.share is not None else "",
            f"records {shown.records} ({shown.per_second:.0f}/s)",
            f"received {totals[count_kinds.RECEIVED]}",
            f"valid {_valid(shown)}",
            f"first touch {totals[0]}",
            f"deduped {totals[1]}",
            f"merged {_merged(shown)}",
            f"rejected {totals[count_kinds.REJECTED]}",
            f"AI tasks {totals[count_kinds.TASKS_AI]}",
            f"manual tasks {totals[count_kinds.TASKS_MANUAL]}",
            f"tasks open {shown.tasks_open}",
            f"scored {_scored(shown)}",
            f"dispatched {totals[count_kinds.DISPATCHED]}",
            f"holds {totals[count_kinds.HELD]}",
            f"latency p50 {_ms(shown.p50_s)} p99 {_ms(shown.p99_s)}",
            f"{self._clock_name} {self._time(shown)}",
            f"outbox {shown.outbox_rows}",
            f"sealed {shown.seal_age_s:.1f} s ago",
        ]
        return ", ".join(part for part in parts if part)

    def render(self, shown: Shown) -> RenderableType:
        """The live view: as many channels as the screen has lines for, as many columns as it is wide."""
        size = self._console.size
        head = Group(*self._head(shown, size.width))
        head_lines = [head, Text()] if shown.channels else [head]
        note = Text(self._note, style="dim")
        used = sum(
            len(self._console.render_lines(one, self._console.options.update(width=size.width)))
            for one in (note, *head_lines)
        )
        if not shown.channels:
            return Group(note, *head_lines)
        columns = fitting(max(size.width, _NARROW), shown.channels)
        heading = max(column.heading.count("\n") + 1 for column in columns)
        room = size.height - used - heading - 1
        if room < 1:
            return Group(note, head)
        return Group(note, *head_lines, self._table(shown.channels, columns, room))

    def _head(self, shown: Shown, width: int) -> list[RenderableType]:
        totals = shown.totals
        read = f"   read [b]{shown.share:.0%}[/b]" if shown.share is not None else ""
        others = f"   other records rejected [b]{shown.refused}[/b]" if shown.refused else ""
        above = (
            f"records [b]{shown.records}[/b] ([b]{shown.per_second:.0f}[/b]/s){read}   "
            f"{self._clock_name} [b]{self._time(shown)}[/b]"
        )
        below = (
            f"first touch [b]{totals[0]}[/b]   deal merged [b]{totals[3]}[/b]   "
            f"splits [b]{totals[count_kinds.SPLITS]}[/b]   "
            f"rejected [b]{totals[count_kinds.REJECTED]}[/b]   late [b]{totals[count_kinds.LATE]}[/b]   "
            f"replays [b]{totals[count_kinds.REPLAYED] + totals[count_kinds.ENRICHED]}[/b]   "
            f"corrections [b]{totals[count_kinds.CORRECTIONS]}[/b]{others}\n"
            f"latency p50 [b]{_ms(shown.p50_s)}[/b]  p99 [b]{_ms(shown.p99_s)}[/b]   "
            f"outbox [b]{shown.outbox_rows}[/b]   last seal [b]{shown.seal_age_s:.1f} s[/b] ago"
        )
        return [Text.from_markup(above), *funnel(shown, max(width, _NARROW)), Text.from_markup(below)]

    def _table(self, channels: Sequence[tuple[str, tuple[int, ...]]], columns: Sequence[Column], room: int) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
        table.add_column("channel", no_wrap=True, overflow="ellipsis")
        for column in columns:
            table.add_column(column.heading, justify="right", no_wrap=True, min_width=column.width(channels))
        known = self._seen.engine.rules.channels
        there = channels if len(channels) <= room else channels[: room - 1]
        for code, counts in there:
            name = known[code].name if code in known else ""
            title = f"{code} {name}".strip() if code else "unknown"
            table.add_row(Text(title), *(str(counts[column.place]) for column in columns))
        if len(there) < len(channels):
            table.add_row(Text(f"and {len(channels) - len(there)} more", style="dim"))
        return table


def funnel(shown: Shown, width: int) -> list[RenderableType]:
    """The layers as a small table; where they do not fit beside each other, as two or more below each other."""
    tables: list[RenderableType] = []
    room, row = 0, list[tuple[Stage, int]]()
    for stage in FUNNEL:
        count = stage.count(shown)
        needs = 1 + max(*map(len, stage.heading.split("\n")), len(str(count)))
        if row and needs > room:
            tables.append(_funnel_row(row))
            row = []
        room = (room if row else width) - needs
        row.append((stage, count))
    return [*tables, _funnel_row(row)]


def _funnel_row(stages: Sequence[tuple[Stage, int]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for stage, _ in stages:
        table.add_column(stage.heading, justify="right", no_wrap=True)
    table.add_row(*(Text(str(count), style="bold") for _, count in stages))
    return table


def fitting(width: int, channels: Sequence[tuple[str, tuple[int, ...]]]) -> list[Column]:
    """The columns that fit beside a channel's name, in their order."""
    columns = list(_COLUMNS)
    while len(columns) > 1 and _CHANNEL + sum(1 + column.width(channels) for column in columns) > width:
        columns.remove(min(columns, key=lambda column: column.worth))
    return columns


def quantile_s(buckets: list[int], share: float) -> float:
    """Upper bound of the latency bucket that holds this share; 0 where nothing was measured."""
    wanted, passed = share * sum(buckets), 0
    for place, count in enumerate(buckets):
        passed += count
        if passed and passed >= wanted:
            return BUCKETS_S[min(place, len(BUCKETS_S) - 1)]
    return 0.0


def _ms(seconds: float) -> str:
    return f"≤{seconds * 1000:g} ms" if seconds else "-"
