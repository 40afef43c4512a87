"""The feeds (线索接入): one registration each, as data in `connectors/feeds/known/`; a configuration adds its own.

    FEEDS["feiyu"].read(body, headers, secrets, now)     the raw leads of a delivery and what to answer
    feeds_of(configuration)                              those built in, with what `[feeds.X]` changes or adds

A feed decides nothing about a lead: it says which value is which field. What validation refuses, it passes on all the same,
so that the refusal is seen with its original.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any, Final

from connectors.feeds import payload as payloads
from connectors.feeds import signature
from connectors.feeds.mapping import FieldMapping, at, blank, mapped, of_table
from connectors.feeds.refusal import FeedRefused
from connectors.feeds.times import FIELDS, of_ms, with_offset
from connectors.feeds.unfold import UNFOLD
from operators.base.calendar import LocalTime
from operators.base.rules import TimeForm
from operators.config.configuration import DEVELOPMENT_SECRET, Configuration
from operators.config.feed_tables import FeedTable
from operators.config.time_table import form_of
from state import limits

_FOLDER: Final = "known"
_FORM: Final = "application/x-www-form-urlencoded"
_BEGINS_JSON: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]")
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
"""An id made of letters alone is never taken for a phone number (ruling 81)."""
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer the channel once every lead is durable."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one delivery holds."""

    leads: list[dict[str, Any]]
    """Raw leads in the shape of the contract, in the order of the payload; values as sent."""
    reply: Reply
    """To be sent after the leads are durable, never before."""
    notes: list[str]
    """Whole sentences for the operator, without personal data."""

    @property
    def lines(self) -> list[bytes]:
        """The leads as records: one JSON object each, without a line break."""
        return [payloads.encoded(lead) for lead in self.leads]


@dataclass(frozen=True)
class Feed:
    """One kind of delivery. Immutable; may be used by several threads."""

    code: str
    table: FeedTable
    timezone: str = "Asia/Shanghai"
    """Of times without an offset where the feed names no zone, and of the day of a lead without a time."""
    key: bytes = field(default=DEVELOPMENT_SECRET, repr=False)
    """Keys the ids that are made from content: 11 digits could be found again from a plain digest."""

    @property
    def channel(self) -> str:
        """The channel of its leads where the payload names none."""
        return self.table.channel or self.code

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Every channel code that its leads can have, as far as the mapping says."""
        named = [self.table.constants.get("channel"), *self.table.values.get("channel", {}).values()]
        return tuple(dict.fromkeys([self.channel, *(str(one) for one in named if one)]))

    @cached_property
    def mapping(self) -> FieldMapping:
        return of_table(self.table)

    @cached_property
    def time_form(self) -> TimeForm | None:
        """How its times are written where they are not RFC 3339 (ruling 80)."""
        return form_of(self.table.time, LocalTime(self.timezone))

    @property
    def secret_env(self) -> str:
        """The environment variable of its secrets, one a line."""
        return self.table.secret_env or "LEADSTREAM_FEED_" + "".join(
            c if c.isalnum() else "_" for c in self.code.upper()
        )

    def sample(self) -> bytes:
        """A made-up delivery; b"" where there is none."""
        name = self.table.sample
        return files("connectors.feeds").joinpath(_FOLDER, name).read_bytes() if name and "/" not in name else b""

    def read(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: int) -> Delivery:
        """The leads of a signed delivery; `now` in epoch ms.

        Raises FeedRefused, and nothing else, for whatever the bytes and headers hold.
        """
        lower = {name.lower(): value for name, value in headers.items()}
        signature.check_headers(self.code, self.table.signature, body, lower, secrets, now)
        payload = payloads.read(body, self._kind(lower, body))
        signature.check_payload(self.code, self.table.signature, payload, secrets)
        return self._delivery(payload, body, now)

    def try_out(self, body: bytes, now: int) -> Delivery:
        """The same without a signature, for an operator who looks at a sample. Raises FeedRefused."""
        return self._delivery(payloads.read(body, self.table.body), body, now)

    def answer(self, body: bytes, now: int) -> tuple[Any, list[dict[str, Any]]]:
        """(payload, leads) of an answer that was asked for, which needs no signature. Raises FeedRefused."""
        payload = payloads.read(body, self.table.body)
        return payload, self._leads(payload, now)

    def _kind(self, headers: Mapping[str, str], body: bytes) -> str:
        posted = headers.get("content-type", "").lower().startswith(_FORM)
        # Many a client names a form whatever it sends; no form begins like an object or a list.
        form = posted and not _BEGINS_JSON.match(body)
        return "form" if form and self.table.body == "json" else self.table.body

    def _delivery(self, payload: Any, body: bytes, now: int) -> Delivery:
        leads = self._leads(payload, now)
        reply = self.table.reply
        answer = reply.body.replace("{request_id}", hashlib.sha256(body).hexdigest()[:32])
        return Delivery(leads, Reply(reply.status, reply.type, answer.encode()), self._notes(leads))

    def _leads(self, payload: Any, now: int) -> list[dict[str, Any]]:
        items = self._items(payload)
        if len(items) > limits.FEED_LEADS:
            raise FeedRefused(
                f"The delivery holds {len(items)} leads; a feed takes {limits.FEED_LEADS} at a time.",
                "Send fewer at a time; none of them was taken.",
                413,
            )
        return [self._lead(item, now) for item in items]

    def _items(self, payload: Any) -> list[Any]:
        where = self.table.leads
        if where is not None and isinstance(payload, dict):
            inner = at(payload, where, _NOTHING)
            if inner is None:  # how many servers write an empty list
                return []
            if inner is _NOTHING:
                raise FeedRefused(
                    f"The payload has nothing at {where.written}, where the leads of the feed {self.code} stand.",
                    f"Correct `leads` of [feeds.{self.code}], or send them there.",
                )
            payload = inner
        unfold = UNFOLD.get(self.code)
        if unfold is not None:
            return unfold(payload)
        if not isinstance(payload, dict | list):
            raise FeedRefused("The payload is a single value and holds no lead.", "Send an object, or a list of them.")
        return payload if isinstance(payload, list) else [payload]

    def _lead(self, item: Any, now: int) -> dict[str, Any]:
        if isinstance(item, dict):
            lead = mapped(item, self.mapping)
            if not _has_number(lead):
                lead = _with_payload(lead, item)
        else:  # refused by validation with this as its original, not passed over
            lead = {"extra": {"payload": item}}
        lead = {"type": "raw_lead", "channel": self.channel, **lead}
        form = self.time_form
        if form is not None:
            for name in FIELDS:
                if name in lead:
                    lead[name] = with_offset(lead[name], form)
        if blank(lead.get("source_lead_id")) and (lead.get("phone") or lead.get("landline")):
            lead["source_lead_id"] = self._id_of(item, blank(lead.get("event_time")), now)
        lead.setdefault("ingest_time", of_ms(now, self.timezone))
        return lead

    def _id_of(self, item: Any, timeless: bool, now: int) -> str:
        """An id for a lead that the channel gave none: a delivery that is sent again gets the same.

        Without a time of its own the local day counts too, so that the same form on another day is another lead.
        """
        day = of_ms(now, self.timezone)[:10] if timeless else ""
        content = json.dumps([self.code, day, item], sort_keys=True, separators=(",", ":")).encode()
        return "content-" + hmac.new(self.key, content, hashlib.sha256).hexdigest()[:24].translate(_LETTERS)

    def _notes(self, leads: Sequence[Mapping[str, Any]]) -> list[str]:
        without = sum(1 for lead in leads if not _has_number(lead))
        if not without:
            return []
        what = "lead comes" if without == 1 else "leads come"
        return [f"{without} {what} without a number and will be refused with NO_CONTACT, the original kept."]


def _has_number(lead: Mapping[str, Any]) -> bool:
    return not (blank(lead.get("phone")) and blank(lead.get("landline")))


def _with_payload(lead: dict[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    """A lead without a number with all that was sent: a channel that renames its field must not cost the customers."""
    if len(payloads.encoded(item)) > limits.RECORD_BYTES // 2:
        return lead
    extra = lead.get("extra")
    return {**lead, "extra": {**(extra if isinstance(extra, dict) else {}), "payload": item}}


def _known() -> dict[str, dict[str, Any]]:
    folder = files("connectors.feeds").joinpath(_FOLDER)
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8")) for name in names
    }


class _Known(Mapping[str, Feed]):
    """The feeds that are built in, read at the first look."""

    @cached_property
    def _feeds(self) -> dict[str, Feed]:
        return {code: Feed(code, FeedTable.model_validate(table)) for code, table in _known().items()}

    def __getitem__(self, code: str) -> Feed:
        return self._feeds[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._feeds)

    def __len__(self) -> int:
        return len(self._feeds)


FEEDS: Final[Mapping[str, Feed]] = _Known()
"""Code → the feed as it is built in, for trials: its ids are keyed by the public secret."""


def feeds_of(configuration: Configuration) -> dict[str, Feed]:
    """Code → feed: those built in, with what `[feeds.X]` says over them, and those that only the configuration names."""
    tables = _known()
    for code, own in configuration.tables.get("feeds", {}).items():
        tables[code] = _over(tables.get(code, {}), own)
    zone = configuration.rules.local.name
    return {
        code: Feed(code, FeedTable.model_validate(table), zone, configuration.secret) for code, table in tables.items()
    }


def feed_named(feeds: Mapping[str, Feed], code: str) -> Feed | None:
    """The feed with this code, else the one whose channel it is."""
    return feeds.get(code) or next((one for one in feeds.values() if code in one.channels), None)


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Table over table, key by key: a field that `own` names replaces the path of that field alone."""
    merged = dict(base)
    for key, value in own.items():
        under = merged.get(key)
        merged[key] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged
