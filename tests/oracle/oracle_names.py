"""The contract's names, and the values of its types: texts, bools, amounts, enumerations (rulings 45, 78)."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from oracle_text import KEEPS_JOINERS, Numeral, clean_all

MAX_STRING_BYTES = 256
TYPES = ("raw_lead", "activity", "verdict", "behaviour", "command")
KINDS = frozenset(
    ["CALL", "VISIT", "TEST_DRIVE", "QUOTE", "ORDER", "PAID", "REFUND", "FOLLOW_UP", "INVALID", "LOST", "OPT_OUT"]
)
COMMANDS = ("ASSIGN", "TRANSFER", "RECYCLE")
COMMANDS_TO_COME = ("STORE_EXIT", "ADVISOR_LEFT", "FORGET")
JUDGES = frozenset(["AI", "MANUAL", "DCC", "ADVISOR", "BIGDATA"])
LEVELS = frozenset({"HIGH", "NORMAL", "LOW"})

LEAD_TEXTS = [
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
    "series",
    "model",
    "campaign",
    "advisor",
    "remark",
]
ACTIVITY_TEXTS = ["unique_id", "advisor", "by", "outcome", "series", "reason", "note"]
TIMES = ("event_time", "source_time", "ingest_time")
LEAD_FLAGS = ("consent", "test", "additional_purchase")
CONTACT = ("phone", "landline")
LEAD_KEYS = {"type", "channel", "source_lead_id", "account", "line", "store", "stores", "intent", "origin", "extra"}
LEAD_KEYS |= {*TIMES, *CONTACT, *LEAD_TEXTS, *LEAD_FLAGS}
ACTIVITY_KEYS = {"type", "activity_id", "kind", "store", "line", "duration_s", "connected", "satisfaction"}
ACTIVITY_KEYS |= {*TIMES, *CONTACT, *ACTIVITY_TEXTS}
COMMAND_IDS = ("unique_id", "advisor", "successor", "one_id")
COMMAND_KEYS = {"type", "command_id", "kind", "store", "line", "reason", *TIMES, *CONTACT, *COMMAND_IDS}
_NAMES_WHOM = ("advisor", "successor", "one_id")  # in activities and commands
KEY_FIELDS = frozenset(
    ["channel", "account", "source_lead_id", "store", "stores", "line", "activity_id", "command_id", "unique_id"]
).union(_NAMES_WHOM)
WHOLE_RECORD = frozenset({"NOT_JSON", "TOO_LARGE", "NOT_SUPPORTED"})  # codes that speak of no field
YES, NO = frozenset({"true", "1", "yes", "y", "是"}), frozenset({"false", "0", "no", "n", "否"})
AMOUNT = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def cleaned(name: str, value: Any) -> Any:
    return clean_all(value, joiners=name in KEEPS_JOINERS)


def enumerated(value: Any, names: Collection[str]) -> str | None:
    """The name of an enumeration, in any case; None where it is none of them."""
    name = value.upper() if isinstance(value, str) else None
    return name if name in names else None


def resembles(key: str, known: Collection[str]) -> str:
    """The known key that this one is a slip of: the same letters in another dress, or one slip of the hand away."""

    def letters(name: str) -> str:
        return "".join(char for char in name.casefold() if char.isalnum())

    same = [name for name in sorted(known) if letters(name) == letters(key)]
    near = [name for name in sorted(known) if len(name) > 3 and one_slip(letters(name), letters(key))]
    return next(iter([*same, *near]), "")


def one_slip(one: str, other: str) -> bool:
    """One letter left out, added, changed, or two neighbours swapped."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1 or one == other:
        return False
    at = next((n for n, char in enumerate(one) if char != other[n]), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    return one[at + 1 :] == other[at + 1 :] or (
        one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    )


def text_of(value: Any, free: bool = False) -> str | None:
    """Text; a number is its decimal text (rulings 45, 78). None for anything else, and for what is too long."""
    text = value.text() if isinstance(value, Numeral) else value
    return text if isinstance(text, str) and (free or len(text.encode()) <= MAX_STRING_BYTES) else None


def bool_of(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = text_of(value)
    word = text.casefold() if text else ""
    return True if word in YES else False if word in NO else None


def amount_of(value: Any) -> int | str | Decimal | None:
    """A number that is not negative, in quotes or not; None for anything else."""
    if isinstance(value, str) and AMOUNT.fullmatch(value):
        value = Numeral(value)
    number = value.decimal if isinstance(value, Numeral) else None
    if number is None or number < 0:
        return None
    return int(number) if number == number.to_integral_value() else number
