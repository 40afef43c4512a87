"""Which facts about a customer and his wish a unique lead holds: bits that required fields and the score look at."""

from __future__ import annotations

from typing import Final

from operators.wire.arrival import SHARED_CONTACT, VIRTUAL
from operators.wire.records import RawLeadRecord
from state.rows.intention import IntentEntry

NAMES: Final = (
    "name",
    "gender",
    "province",
    "city",
    "email",
    "wechat",
    "series",
    "model",
    "budget",
    "trade_in",
    "finance",
    "level",
    "days_to_buy",
)
BIT: Final = {name: 1 << place for place, name in enumerate(NAMES)}
RISKS: Final = ("virtual_operator", "number_run", "shared_contact", "ends_123")
"""What speaks against a number, for points that the score takes off (domain 9); behind the facts, in the same bits."""
RISK: Final = {name: 1 << place for place, name in enumerate(RISKS, 24)}
LEVELS: Final = {"LOW": 1, "NORMAL": 2, "HIGH": 3}
LEVEL_NAMES: Final = ("", "LOW", "NORMAL", "HIGH")


def facts_of(record: RawLeadRecord) -> int:
    """The bits of what one raw lead gives; an empty text gives nothing."""
    bits = 0
    if record.name:
        bits |= 1
    if record.gender:
        bits |= 2
    if record.province:
        bits |= 4
    if record.city:
        bits |= 8
    if record.email:
        bits |= 16
    if record.wechat_unionid or record.wechat_openid or record.external_userid:
        bits |= 32
    if record.series:
        bits |= 64
    if record.model:
        bits |= 128
    intent = record.intent
    if intent is not None:
        if intent.budget is not None and intent.budget != "":
            bits |= 256
        if intent.trade_in:
            bits |= 512
        if intent.finance:
            bits |= 1024
        if intent.level is not None:
            bits |= 2048
        if intent.days_to_buy is not None:
            bits |= 4096
    return bits


def risks_of(phone: str, flags: int) -> int:
    """The bits of what speaks against one raw lead's number. `phone` = its mobile or ""; `flags` = its flags.

    A number run is no matter of one raw lead: who detects it adds `RISK["number_run"]` (ruling 62).
    """
    bits = 0
    if flags & VIRTUAL:
        bits |= RISK["virtual_operator"]
    if flags & SHARED_CONTACT:
        bits |= RISK["shared_contact"]
    if phone.endswith("123"):
        bits |= RISK["ends_123"]
    return bits


def intent_of(record: RawLeadRecord, t: int) -> IntentEntry:
    """The raw lead's entry of the intent history."""
    intent = record.intent
    series = record.series or ""
    if intent is None:
        return IntentEntry(t, series)
    days = intent.days_to_buy
    return IntentEntry(
        t,
        series,
        LEVELS.get(intent.level or "", 0),
        -1 if days is None else max(0, min(int(days), 100_000)),
        "" if intent.budget is None else str(intent.budget),
    )


def facts_of_entry(entry: IntentEntry) -> int:
    """The bits of what an entry of the history says by itself."""
    return (
        (64 if entry.series else 0)
        | (256 if entry.budget else 0)
        | (2048 if entry.level else 0)
        | (4096 if entry.days_to_buy >= 0 else 0)
    )
