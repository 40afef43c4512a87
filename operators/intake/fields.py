"""Each field of each record: how it is read, and whether a value that does not fit costs the record (rulings 77 and 78)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from msgspec import Struct

from operators.intake import values
from operators.wire.records import ActivityRecord, BehaviourRecord, CommandRecord, RawLeadRecord, VerdictRecord

_LONGEST_KEY: Final = 64
_ALIKE: Final = 0.8
_CLOSE: Final = 0.88
"""How much of two names is the same, as `difflib` has it."""


class Reading(NamedTuple):
    """How a field is read."""

    read: Callable[[Any], Any]
    """The value as rules take it, "" = absent; raises `values.Unfit`."""
    drops: bool = True
    """Whether a value that does not fit is dropped; else the record is refused."""
    instead: Any = None
    """What a dropped value is taken for."""


_KEY: Final = Reading(values.key, drops=False)
_PHONE: Final = Reading(values.phone, drops=False)
_EVENT_TIME: Final = Reading(values.time, drops=False)
_TIME: Final = Reading(values.time)
_KIND: Final = Reading(values.upper, drops=False)
_TYPE: Final = Reading(values.lower, drops=False)
_TEXT: Final = Reading(values.text)
_ID: Final = _TEXT
"""Another identifier of a customer: who he is hangs on phone and landline alone (ruling 23)."""
_WORD: Final = Reading(values.word)
_NAME: Final = Reading(values.name)
_FREE: Final = Reading(values.free_text)
_FLAG: Final = Reading(values.flag)
_AMOUNT: Final = Reading(values.amount)

INTENT: Final[Mapping[str, Reading]] = {
    "level": Reading(values.upper),
    "days_to_buy": _AMOUNT,
    "budget": _TEXT,
    "trade_in": Reading(values.flag_or_text),
    "finance": Reading(values.flag_or_text),
}
LEVELS: Final = frozenset({"HIGH", "NORMAL", "LOW"})
ORIGINS: Final = frozenset({"market", "advisor"})

RAW_LEAD: Final[Mapping[str, Reading]] = {
    "type": _TYPE,
    "channel": _KEY,
    "source_lead_id": _KEY,
    "account": _KEY,
    "event_time": _EVENT_TIME,
    "source_time": _TIME,
    "ingest_time": _TIME,
    "phone": _PHONE,
    "landline": _PHONE,
    "wechat_unionid": _ID,
    "wechat_openid": _ID,
    "external_userid": _ID,
    "app_user_id": _ID,
    "email": _ID,
    "device_id": _ID,
    "name": _NAME,
    "gender": _TEXT,
    "province": _TEXT,
    "city": _TEXT,
    "line": _KEY,
    "series": _WORD,
    "model": _TEXT,
    "store": _KEY,
    "stores": Reading(values.stores, drops=False),
    "campaign": _TEXT,
    "consent": Reading(values.flag, instead=False),
    "test": _FLAG,
    "origin": _TYPE,
    "advisor": _WORD,
    "additional_purchase": _FLAG,
    "remark": _FREE,
}
"""`intent` and `extra` are objects, read beside these."""

ACTIVITY: Final[Mapping[str, Reading]] = {
    "type": _TYPE,
    "activity_id": _KEY,
    "kind": _KIND,
    "event_time": _EVENT_TIME,
    "ingest_time": _TIME,
    "unique_id": _KEY,
    "phone": _PHONE,
    "landline": _PHONE,
    "store": _KEY,
    "line": _KEY,
    "advisor": _KEY,
    "by": _KIND,
    "duration_s": _AMOUNT,
    "connected": Reading(values.flag, instead=False),
    "outcome": Reading(values.text, drops=False),
    "reason": _TEXT,
    "series": _WORD,
    "satisfaction": Reading(values.number_or_text),
    "note": _FREE,
}

BEHAVIOUR: Final[Mapping[str, Reading]] = {
    "type": _TYPE,
    "kind": _KIND,
    "event_time": _EVENT_TIME,
    "ingest_time": _TIME,
    "channel": _KEY,
    "series": _WORD,
    "count": Reading(values.times),
    "phone": _PHONE,
    "landline": _PHONE,
    "wechat_unionid": _ID,
    "wechat_openid": _ID,
    "external_userid": _ID,
    "app_user_id": _ID,
    "email": _ID,
    "device_id": _ID,
}

COMMAND: Final[Mapping[str, Reading]] = {
    "type": _TYPE,
    "command_id": _KEY,
    "kind": _KIND,
    "event_time": _EVENT_TIME,
    "ingest_time": _TIME,
    "unique_id": _KEY,
    "phone": _PHONE,
    "landline": _PHONE,
    "one_id": _KEY,
    "store": _KEY,
    "line": _KEY,
    "successor": _KEY,
    "advisor": _KEY,
    "reason": _TEXT,
}

VERDICT_INTENT: Final[Mapping[str, Reading]] = {
    "level": Reading(values.upper),
    "series": _WORD,
    "days_to_buy": _AMOUNT,
    "budget": _TEXT,
}

VERDICT: Final[Mapping[str, Reading]] = {
    "type": _TYPE,
    "task_id": _KEY,
    "unique_id": _KEY,
    "phone": _PHONE,
    "landline": _PHONE,
    "by": _KIND,
    "outcome": _KIND,
    "event_time": _EVENT_TIME,
    "ingest_time": _TIME,
    "store": _KEY,
    "line": _KEY,
    "reason": _TEXT,
    "cost": Reading(values.yuan),
}
"""`intent` is an object, read beside these."""

OF: Final[Mapping[type[Struct], Mapping[str, Reading]]] = {
    RawLeadRecord: RAW_LEAD,
    ActivityRecord: ACTIVITY,
    BehaviourRecord: BEHAVIOUR,
    CommandRecord: COMMAND,
    VerdictRecord: VERDICT,
}
OBJECTS: Final[Mapping[type[Struct], tuple[str, ...]]] = {
    RawLeadRecord: ("intent", "extra"),
    VerdictRecord: ("intent",),
}
"""Fields of a record that are objects."""
OF_INTENT: Final[Mapping[type[Struct], Mapping[str, Reading]]] = {RawLeadRecord: INTENT, VerdictRecord: VERDICT_INTENT}
"""Fields of its `intent`."""


@lru_cache(maxsize=4096)
def _nearest(key: str, known: tuple[str, ...], alike: float) -> str:
    bare = {_bare(name): name for name in known}
    found = difflib.get_close_matches(_bare(key), bare, n=1, cutoff=alike)
    return bare[found[0]] if found else ""


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def resembled(key: str, known: tuple[str, ...], sent: Mapping[str, Any]) -> str:
    """The known field whose name an unknown key resembles (`stor`, `evnt_time`, `Phone`); "" = none. Said, never guessed
    (ruling 78). Beside the field itself a key must be closer to it: `series_id` is not `series` misspelt."""
    if len(key) > _LONGEST_KEY:
        return ""
    nearest = _nearest(key, known, _ALIKE)
    return nearest if sent.get(nearest) in (None, "") else _nearest(key, known, _CLOSE)
