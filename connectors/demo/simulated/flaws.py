"""Records that must be refused, each with the one reason it is made for (rulings 32, 39 and 55)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

from connectors.demo.simulated import phones
from connectors.demo.simulated.days import DAY_MS, instant_text
from connectors.demo.simulated.world import World


@dataclass(frozen=True, slots=True)
class Flaw:
    """A line to be refused. `source_lead_id` is None where the line names none that could be read."""

    arrival_ms: int
    line: bytes
    reason: str
    channel: str | None = None
    account: str = ""
    source_lead_id: str | None = None
    store: str | None = None


_Make = Callable[["Flaws", dict[str, Any], int], bytes | dict[str, Any]]


class Flaws:
    """Makes junk phones and bad lines. Numbers of `first_number` on are theirs."""

    def __init__(self, world: World, rng: Random, first_number: int) -> None:
        self._world = world
        self._rng = rng
        self._number = first_number

    def junk_phone(self, arrival_ms: int) -> Flaw:
        """A raw lead whose only number is none."""
        record = self._good(arrival_ms)
        record["phone"], reason = phones.junk(self._rng, str(record["phone"]))
        return self._named(arrival_ms, record, reason)

    def bad_line(self, arrival_ms: int) -> Flaw:
        """A line that is broken in one of many ways."""
        reason, make = _WAYS[int(self._rng.random() * len(_WAYS))]
        record = self._good(arrival_ms)
        made = make(self, record, arrival_ms)
        if isinstance(made, bytes):
            return Flaw(arrival_ms, made, reason)
        return self._named(arrival_ms, made, reason)

    def _good(self, arrival_ms: int) -> dict[str, Any]:
        self._number += 1
        channel = self._world.channels.draw(self._rng)
        record: dict[str, Any] = {"channel": channel.code, "source_lead_id": f"Z{self._number:x}"}
        if account := self._rng.choice(channel.accounts):
            record["account"] = account
        event_ms = arrival_ms - int(self._rng.random() * 60_000)
        record["event_time"], record["ingest_time"] = instant_text(event_ms), instant_text(arrival_ms)
        record["phone"] = f"13{self._rng.randrange(10**9):09d}"
        record["name"] = "测试数据"
        record["store"] = self._rng.choice(self._world.stores.all).code
        return record

    def _named(self, arrival_ms: int, record: dict[str, Any], reason: str) -> Flaw:
        source, channel, store = record.get("source_lead_id"), record.get("channel"), record.get("store")
        return Flaw(
            arrival_ms=arrival_ms,
            line=orjson.dumps(record),
            reason=reason,
            channel=channel if isinstance(channel, str) else None,
            account=record.get("account", ""),
            source_lead_id=source if isinstance(source, str) else None,
            store=store if isinstance(store, str) else None,
        )

    def _truncated(self, record: dict[str, Any], _: int) -> bytes:
        line = orjson.dumps(record)
        return line[: len(line) - 1 - self._rng.randrange(40)]

    def _text(self, record: dict[str, Any], _: int) -> bytes:
        return self._rng.choice((b"channel,phone,event_time", b"<lead/>", b"---", "姓名,电话".encode(), b"\xff\xfe{}"))

    def _other_json(self, record: dict[str, Any], _: int) -> bytes:
        return self._rng.choice((b"[]", b"null", b"12", b'"lead"', b"[{}]"))

    def _not_a_number(self, record: dict[str, Any], _: int) -> bytes:
        word = self._rng.choice((b"NaN", b"Infinity", b"-Infinity"))
        return orjson.dumps(record)[:-1] + b',"extra":{"score":' + word + b"}}"

    def _without(self, record: dict[str, Any], name: str) -> dict[str, Any]:
        return {key: value for key, value in record.items() if key != name}

    def _status(self, record: dict[str, Any], _: int) -> dict[str, Any]:
        channel = self._rng.choice(self._world.channels.not_live)
        return self._without(record, "account") | {"channel": channel.code}

    def _bad_field(self, record: dict[str, Any], _: int) -> dict[str, Any]:
        """Values that do not fit where none may be dropped (ruling 78)."""
        name, value = self._rng.choice(
            (
                ("phone", True),
                ("phone", ["13912345678"]),
                ("landline", {"area": "021"}),
                ("line", ["main"]),
                ("stores", {"first": "SH001"}),
                ("origin", "elsewhere"),
            )
        )
        return record | {name: value}

    def _bad_time(self, record: dict[str, Any], arrival_ms: int) -> dict[str, Any]:
        text = instant_text(arrival_ms)
        far = instant_text(arrival_ms + 15_000 * DAY_MS)
        value = self._rng.choice((text[:-6], "昨天下午", arrival_ms, text.replace("T", " 25:"), far))
        record = record | {"event_time": value}
        # Ahead by more than 1 100 days is unreadable only where no ingest time clamps it first (ruling 20).
        return self._without(record, "ingest_time") if value == far else record


_WAYS: tuple[tuple[str, _Make], ...] = (
    ("NOT_JSON", Flaws._truncated),
    ("NOT_JSON", Flaws._text),
    ("NOT_JSON", Flaws._other_json),
    ("NOT_JSON", Flaws._not_a_number),
    ("MISSING_FIELD", lambda flaws, record, _: flaws._without(record, "channel")),
    ("MISSING_FIELD", lambda flaws, record, _: flaws._without(record, "source_lead_id")),
    ("NO_CONTACT", lambda flaws, record, _: flaws._without(record, "phone")),
    ("NO_CONTACT", lambda flaws, record, _: record | {"phone": ""}),
    ("UNKNOWN_CHANNEL", lambda flaws, record, _: flaws._without(record, "account") | {"channel": "no_such_channel"}),
    ("UNKNOWN_LINE", lambda flaws, record, _: record | {"line": "no_such_line"}),
    ("UNKNOWN_TYPE", lambda flaws, record, _: record | {"type": "no_such_type"}),
    ("CHANNEL_NOT_LIVE", Flaws._status),
    ("BAD_FIELD", Flaws._bad_field),
    ("BAD_TIME", Flaws._bad_time),
)
