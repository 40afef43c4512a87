"""Records as they come in: one JSON object each (contract, "Inputs").

The typed decode is the one decode of the hot path: it refuses a key or a value that is not as the contract has it. Such a
record is read field by field (`operators.intake.slow_path`).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from state import limits

Text = Annotated[str, Meta(max_length=limits.STRING_BYTES)]
Id = Text | int
Phone = Text | int | float
Time = str | int | float
"""Text, or a number as an epoch or a sheet has it (ruling 80)."""
Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | float
"""A larger integer fits into no row."""


Amount = Annotated[int, Meta(ge=0, le=2**63 - 1)] | Annotated[float, Meta(ge=0)]
"""Days or seconds."""
Yuan = Annotated[int, Meta(ge=0, le=limits.YUAN)] | Annotated[float, Meta(ge=0, le=limits.YUAN)]
"""What a verdict cost."""


class Literals(Struct, frozen=True, gc=False):
    """The numbers of a record as they are written: a float would make one customer of all who write 1.39E+10."""

    phone: msgspec.Raw = msgspec.Raw()
    landline: msgspec.Raw = msgspec.Raw()


class TypeGiven(Struct, frozen=True, gc=False):
    """What a record says it is, read where the rest of it is not what was expected."""

    type: str | None = None


class IntentGiven(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What the customer says about buying; any part may be missing."""

    level: Literal["HIGH", "NORMAL", "LOW"] | None = None
    days_to_buy: Amount | None = None
    budget: Text | Number | None = None
    trade_in: bool | Text | None = None
    finance: bool | Text | None = None


class RawLeadRecord(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`raw_lead` as sent. Types as loose as the contract allows; meaning is `operators.intake.validation`'s."""

    type: str | None = None
    channel: Text | None = None
    source_lead_id: Id | None = None
    account: Id | None = None
    event_time: Time | None = None
    source_time: Time | None = None
    ingest_time: Time | None = None
    phone: Phone | None = None
    landline: Phone | None = None
    wechat_unionid: Text | None = None
    wechat_openid: Text | None = None
    external_userid: Text | None = None
    app_user_id: Id | None = None
    email: Text | None = None
    device_id: Id | None = None
    name: Text | None = None
    gender: Text | None = None
    province: Text | None = None
    city: Text | None = None
    line: Id | None = None
    series: Text | None = None
    model: Text | None = None
    store: Id | None = None
    stores: Annotated[list[Id | None], Meta(max_length=limits.STORES_PER_LEAD)] | None = None
    campaign: Id | None = None
    intent: IntentGiven | None = None
    consent: bool | None = None
    test: bool | None = None
    origin: Literal["market", "advisor"] | None = None
    advisor: Id | None = None
    additional_purchase: bool | None = None
    remark: str | None = None
    extra: dict[str, Any] | None = None


class ActivityRecord(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`activity` as sent: something that happened with a customer after his lead."""

    type: str | None = None
    activity_id: Id | None = None
    kind: str | None = None
    event_time: Time | None = None
    ingest_time: Time | None = None
    unique_id: Text | None = None
    phone: Phone | None = None
    landline: Phone | None = None
    store: Id | None = None
    line: Id | None = None
    advisor: Id | None = None
    by: str | None = None
    duration_s: Amount | None = None
    connected: bool | None = None
    outcome: Text | None = None
    reason: Text | None = None
    series: Text | None = None
    satisfaction: Number | Text | None = None
    note: str | None = None


class BehaviourRecord(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`behaviour` as sent: what a customer did online."""

    type: str | None = None
    kind: Text | None = None
    event_time: Time | None = None
    ingest_time: Time | None = None
    channel: Text | None = None
    series: Text | None = None
    count: Annotated[int, Meta(ge=1, le=limits.BEHAVIOUR_TIMES)] | None = None
    phone: Phone | None = None
    landline: Phone | None = None
    wechat_unionid: Text | None = None
    wechat_openid: Text | None = None
    external_userid: Text | None = None
    app_user_id: Id | None = None
    email: Text | None = None
    device_id: Id | None = None


class CommandRecord(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`command` as sent: what a store's people decide about a unique lead."""

    type: str | None = None
    command_id: Id | None = None
    kind: str | None = None
    event_time: Time | None = None
    ingest_time: Time | None = None
    unique_id: Text | None = None
    phone: Phone | None = None
    landline: Phone | None = None
    one_id: Text | None = None
    store: Id | None = None
    line: Id | None = None
    successor: Id | None = None
    advisor: Id | None = None
    reason: Text | None = None


class VerdictIntent(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a verdict says of the wish (ruling 61)."""

    level: Literal["HIGH", "NORMAL", "LOW"] | None = None
    series: Text | None = None
    days_to_buy: Amount | None = None
    budget: Text | Number | None = None


class VerdictRecord(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`verdict` as sent: what robot, people or others say of a lead (清洗结果)."""

    type: str | None = None
    task_id: Text | None = None
    unique_id: Text | None = None
    phone: Phone | None = None
    landline: Phone | None = None
    by: str | None = None
    outcome: str | None = None
    event_time: Time | None = None
    ingest_time: Time | None = None
    store: Id | None = None
    line: Id | None = None
    intent: VerdictIntent | None = None
    reason: Text | None = None
    cost: Yuan | None = None


_BLOCK: Final = limits.STRING_BYTES // 2
_literals: Final = msgspec.json.Decoder(Literals).decode


def literal(raw: bytes, field: str) -> str:
    """`phone` or `landline` of a record as it is written there, where that is a JSON number; "" where it cannot be read."""
    try:
        return bytes(getattr(_literals(raw), field)).decode()
    except msgspec.DecodeError:
        return ""


def too_long(record: Struct, raw: bytes, free: frozenset[str]) -> bool:
    """Whether a string that is not free text is longer than 256 bytes; characters were limited by the decode.

    Without escapes a string's bytes stand between two quotes: with one quote in every block none is as long.
    """
    if raw.find(b"\\") < 0 and all(
        raw.find(b'"', at, at + _BLOCK) >= 0 for at in range(0, len(raw) - _BLOCK + 1, _BLOCK)
    ):
        return False
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if (
            type(value) is str
            and len(value) > 64
            and name not in free
            and len(value.encode("utf-8", "replace")) > limits.STRING_BYTES
        ):
            return True
    return False
