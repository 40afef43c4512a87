"""Transport replay and enrichment (domain 2, ruling 11): the same source key again, within its memory.

The memory holds the values in force themselves, in the order of `FIELDS`; only what is long or free text is kept as a
digest. So `changed` is exact, and no field costs a hash on the hot path.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec import UNSET

from operators.base.desk import Desk
from operators.base.outputs import text_of
from operators.base.rules import Rules
from operators.intake.values import WORDS
from operators.wire import streams
from operators.wire.arrival import Arrival
from operators.wire.records import IntentGiven, RawLeadRecord
from operators.wire.streams import Why
from operators.wire.text import cleaned
from state import limits
from state.rows.customer_row import Customer, Source

FIELDS: Final = (
    "event_time",
    "phone",
    "landline",
    "wechat_unionid",
    "wechat_openid",
    "external_userid",
    "app_user_id",
    "email",
    "device_id",
    "name",
    "gender",
    "province",
    "city",
    "line",
    "series",
    "model",
    "stores",
    "campaign",
    "intent",
    "consent",
    "test",
    "advisor",
    "additional_purchase",
    "remark",
    "extra",
)
FIXED: Final = frozenset({"event_time", "phone", "landline", "line", "test"})
"""Fields that an enrichment never changes; a difference is listed (ruling 11)."""
_PLACE: Final = {name: place for place, name in enumerate(FIELDS)}

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Any]).decode
_plain: Final = msgspec.json.Decoder(dict[str, Any]).decode
_encode_sorted: Final = msgspec.json.Encoder(order="deterministic").encode
_SAID: Final = (
    "wechat_unionid",
    "wechat_openid",
    "external_userid",
    "email",
    "name",
    "gender",
    "province",
    "city",
    "series",
    "model",
)
"""Fields that a unique lead's facts and periods come from."""
_BOOLS: Final = frozenset({"trade_in", "finance"})
_INTENT: Final = ("level", "days_to_buy", "budget", "trade_in", "finance")


def find(row: Customer, channel: str, account: str, source_id: str, now: int) -> Source | None:
    """The remembered acceptance of this source key, if `now` is still within its memory."""
    for source in row.sources:
        if (
            source.source_id == source_id
            and source.channel == channel
            and source.account == account
            and now - source.accepted <= source.keep
        ):
            return source
    return None


def keep_ms(channel_late_ms: int, rules: Rules) -> int:
    """How long a source key is remembered: max(replay period, lateness of its channel) (ruling 11)."""
    return rules.replay_ms if rules.replay_ms > channel_late_ms else channel_late_ms


def values_of(arrival: Arrival, record: RawLeadRecord) -> list[Any]:
    """The payload after normalisation, in the order of FIELDS; None = not given."""
    intent = record.intent
    return [
        arrival.submitted if arrival.has_time else None,
        arrival.phone or None,
        arrival.landline or None,
        record.wechat_unionid or None,
        record.wechat_openid or None,
        record.external_userid or None,
        None if record.app_user_id is None else text_of(record.app_user_id) or None,
        record.email or None,
        None if record.device_id is None else text_of(record.device_id) or None,
        record.name or None,
        record.gender or None,
        record.province or None,
        record.city or None,
        text_of(record.line) or None,
        record.series or None,
        record.model or None,
        arrival.stores or None,
        None if record.campaign is None else text_of(record.campaign) or None,
        None if intent is None else (intent.level, intent.days_to_buy, intent.budget, intent.trade_in, intent.finance),
        record.consent,
        record.test or None,
        None if record.advisor is None else text_of(record.advisor) or None,
        record.additional_purchase,
        None if not record.remark else _short(record.remark),
        None if not record.extra else _short(record.extra),
    ]


def payload_of(values: list[Any]) -> bytes:
    """What the memory keeps of a payload."""
    payload = _encode(values)
    if len(payload) > limits.PAYLOAD_VALUE_BYTES * 6:
        return _encode([_short(v) if type(v) is str and len(v) > limits.PAYLOAD_VALUE_BYTES else v for v in values])
    return payload


def _short(value: Any) -> bytes:
    try:
        encoded = _encode_sorted(value)
    except OverflowError:  # an integer somewhere in `extra` that msgpack does not know
        encoded = json.dumps(value, sort_keys=True).encode("utf-8", "surrogatepass")
    return blake2b(encoded, digest_size=8).digest()


def say(
    desk: Desk,
    arrival: Arrival,
    raw_id: str,
    source: Source | None,
    changed: list[str],
    activity_id: str = "",
    command_id: str = "",
    task_id: str = "",
    unique_id: str = "",
) -> None:
    """One record of `replays`: a source key again, or with an id of theirs an activity, a command or a verdict."""
    desk.out.events.append(
        (
            streams.REPLAYS,
            desk.one_id,
            streams.Replay(
                f"replays-{desk.out.source_name(arrival.source)}-{arrival.offset}",
                desk.text(arrival.now),
                desk.version,
                Why("enrichment" if changed else "replay"),
                desk.one_id,
                raw_id if raw_id else UNSET,
                source.channel if source is not None else "",
                desk.masked(source.account) if source is not None else "",
                desk.masked(source.source_id) if source is not None else "",
                changed if changed else UNSET,
                desk.masked(activity_id) if activity_id else UNSET,
                True if desk.shadow else UNSET,
                desk.masked(command_id) if command_id else UNSET,
                task_id if task_id else UNSET,
                unique_id if unique_id else UNSET,
            ),
        )
    )


def stores_in_force(source: Source) -> list[str]:
    """The stores that the payload in force names."""
    return list(_decode(source.payload)[_PLACE["stores"]] or ())


def compare(source: Source, given: list[Any], stores: list[str], sent: bytes = b"") -> tuple[list[str], list[Any]]:
    """(names of the fields that differ, the values in force): only what the new payload gives counts. `stores`: where its
    parts stand now, which is what is in force of them; `sent`: the record's bytes. What an older version has stored is
    compared as it would be read now (ruling 77)."""
    in_force = _decode(source.payload)
    in_force[_PLACE["stores"]] = stores or None
    changed: list[str] = []
    for place, name in enumerate(FIELDS):
        new = given[place]
        if new is None:
            continue
        old = in_force[place]
        if name == "stores":
            known = {cleaned(store) for store in old or ()}
            if any(store not in known for store in new):
                changed.append("store")
            continue
        if name == "intent":
            held = list(old) if old is not None else [None] * len(_INTENT)
            if any(
                n is not None and n != "" and n != o and _as_read_now(part, n) != _as_read_now(part, o)
                for part, n, o in zip(_INTENT, new, held, strict=True)
            ):
                changed.append(name)
            continue
        if name == "line" and old is None:
            old = "main"
        if isinstance(old, bytes) and isinstance(new, str):
            new = _short(new)
        if new is False and old is None and name == "additional_purchase":
            continue
        if (
            new != old
            and not (type(old) is str and _as_read_now(name, old) == new)
            and not (type(old) is bytes and old == _former_digest(name, sent))
        ):
            changed.append(name)
    return changed, in_force


def _as_read_now(name: str, value: Any) -> Any:
    """A stored value, or one of a payload, in the form in which two are compared."""
    if name == "budget" and value is not None:
        return text_of(value)
    if type(value) is not str:
        return value
    said = cleaned(value, joiners=name == "name")
    return WORDS.get(said.casefold(), said) if name in _BOOLS else said


def _former_digest(name: str, sent: bytes) -> bytes:
    """The digest that a version before ruling 77 kept of a field, which cannot be read again: of the value as it is sent."""
    try:
        value = _plain(sent).get(name)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""
    return b"" if value is None or value == "" else _short(value)


def overwrite(in_force: list[Any], given: list[Any], changed: list[str], *, fills_only: bool) -> list[str]:
    """Put the given values into `in_force`; returns the fields whose value in force changed. With `fills_only` (an older
    source time) only gaps are filled."""
    applied: list[str] = []
    for name in changed:
        if name in FIXED or name == "store":
            continue
        place = _PLACE[name]
        new, old = given[place], in_force[place]
        if name == "intent":
            held = list(old) if old is not None else [None] * len(_INTENT)
            for part, value in enumerate(new):
                if value is not None and value != "" and (held[part] is None or not fills_only) and value != held[part]:
                    held[part] = value
                    if name not in applied:
                        applied.append(name)
            in_force[place] = held
            continue
        if old is None or not fills_only:
            in_force[place] = new
            applied.append(name)
    return applied


def place_of(name: str) -> int:
    """Index of a field in a payload."""
    return _PLACE[name]


def as_enriched(record: RawLeadRecord, in_force: list[Any]) -> RawLeadRecord:
    """The record with the values in force: what a part that an enrichment adds has of its raw lead (rulings 11 and 83)."""
    given = {name: _said(in_force[_PLACE[name]], getattr(record, name)) for name in _SAID}
    intent = in_force[_PLACE["intent"]]
    return msgspec.structs.replace(record, **given, intent=None if intent is None else IntentGiven(*intent))


def _said(value: Any, given: Any) -> Any:
    """A value in force; of a long one the memory has the digest alone, which still says that it was given."""
    return (given or "…") if isinstance(value, bytes) else value
