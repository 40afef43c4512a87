"""A server that answers pulls as a test says, and one pull with all that it touches."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from connectors.durable.places import Done, Line
from connectors.feeds.cursor import CursorFile
from connectors.feeds.fetch import Fetcher, Times
from connectors.feeds.pull import Pull, Pulled, pull_of
from connectors.feeds.registry import feeds_of
from operators.config import configuration
from state import errors

NOW = 1_772_420_000_000
HOUR = 3_600_000
FEED = {"leads": "data", "fields": {"source_lead_id": "id", "phone": "tel"}}

Answer = tuple[int, dict[str, str], bytes]


def page(*ids: object, **more: object) -> Answer:
    """A good answer with these leads."""
    body = {"data": [{"id": one, "tel": "13912345678"} for one in ids], **more}
    return 200, {}, json.dumps(body).encode()


@dataclass
class Server:
    """A server on this machine: `answers` in turn, else `answer(query)`."""

    answers: list[Answer] = field(default_factory=list)
    answer: Callable[[dict[str, str]], Answer] = lambda _: page()
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@dataclass
class Clock:
    """Time that passes only where somebody waits, and by `step` seconds with each look."""

    now: int = NOW
    seconds: float = 0.0
    step: float = 0.0
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        self.seconds += self.step
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def times(self) -> Times:
        return Times(lambda: self.now, self.monotonic, self.sleep)


class Kept:
    """A durable place in memory, which fails where it is told to."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.fails_at = -1
        self.failure: BaseException = errors.DiskFault("The disk is full.", "Free space.")
        self.refuses = False
        """Whether it refuses lines at once instead of failing with them later."""

    def give(self, lines: Sequence[Line], done: Done) -> None:
        fails = 0 <= self.fails_at <= len(self.lines)
        if fails and self.refuses:
            raise self.failure
        assert all(line.key.startswith(b"yiche/") for line in lines)
        if not fails:
            self.lines += [json.loads(line.value) for line in lines]
        # From a thread of its own, as a disk or a broker answers.
        threading.Thread(target=done, args=(self.failure if fails else None,)).start()

    def fault(self) -> None:
        return None

    def waiting(self) -> int:
        return 0

    def describe(self) -> str:
        return "memory"

    def close(self) -> None:
        """Nothing is open."""

    @property
    def ids(self) -> list[object]:
        return [line["source_lead_id"] for line in self.lines]


@dataclass
class World:
    """One pull with all that it touches."""

    server: Server
    folder: Path
    clock: Clock = field(default_factory=Clock)
    kept: Kept = field(default_factory=Kept)

    @property
    def cursor(self) -> CursorFile:
        return CursorFile(self.folder, "yiche")

    def pull(self, since: int | None = None, token: str = "", **table: Any) -> Pulled:
        tables = {"feeds": {"yiche": FEED}, "pull": {"yiche": {"url": self.server.url, "per_second": 1000, **table}}}
        loaded = configuration.from_tables(tables, environ={})
        pulled = pull_of(loaded.tables, "yiche")
        with httpx.Client(trust_env=False) as client:
            fetcher = Fetcher(pulled, client, token, self.clock.times())
            feed = feeds_of(loaded)["yiche"]
            return Pull(pulled, feed, self.kept, self.cursor, fetcher, self.clock.times()).run(since)


PAGES = {"paging": {"kind": "page", "size_parameter": "size", "size": 2}}
TOKENS = {"paging": {"kind": "cursor", "parameter": "after", "next": "next"}}
WINDOW = {"window": {"since": "from", "until": "to", "form": "ms", "first_days": 1, "overlap_minutes": 60}}
