"""Which field a reason of a reject speaks of, and what may be shown of its value (ruling 81)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET, UnsetType

from operators.base.verdict_kinds import wrong_fields
from operators.identity import phones
from operators.intake import hints
from operators.wire.arrival import Arrival
from operators.wire.streams import FieldFault
from operators.wire.text import whole
from state import limits

_NOT_SHOWN: Final = frozenset(
    {
        "source_lead_id",
        "wechat_unionid",
        "wechat_openid",
        "external_userid",
        "app_user_id",
        "email",
        "device_id",
        "name",
        "advisor",
        "successor",
        "remark",
        "note",
        "reason",
        "outcome",
        "extra",
        "activity_id",
        "command_id",
        "task_id",
        "unique_id",
        "one_id",
    }
)
"""Names, ids and free text."""
_WITH_ADVISOR: Final = ("ASSIGN", "TRANSFER")
"""Commands that need one more field."""
_TIMES: Final = frozenset({"event_time", "source_time", "ingest_time"})
_PHONES: Final = ("phone", "landline")
OF_PHONES: Final = frozenset({"BAD_PHONE", "SERVICE_NUMBER", "TEST_NUMBER", "FOREIGN_NUMBER"})
_FIELD_OF: Final[Mapping[str, str]] = {
    "NO_CONTACT": "phone",
    "BAD_TIME": "event_time",
    "UNKNOWN_CHANNEL": "channel",
    "CHANNEL_NOT_LIVE": "channel",
    "UNKNOWN_LINE": "line",
    "UNKNOWN_TYPE": "type",
    "NO_LEAD": "unique_id",
    "NO_TASK": "task_id",
}
_LIKE_A_PHONE: Final = re.compile(r"\d(?:[^\w\n]{0,3}\d){6,}")
_MOBILE: Final = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_DIGIT: Final = re.compile(r"\d")
_WHOLE_NUMBER: Final = 7
"""Digits from which on a number may be somebody's; the first three of it are shown, and what is beyond these seven."""


def fault(field: str | None, code: str, got: Any, unknown: Iterable[str] = (), hint: str = "") -> FieldFault:
    """One entry of `rejects.fields`. `unknown`: fields that a key of the record resembles; `hint`: words that fit better than
    those of the code."""
    hint = hint or hints.hint_of(field, code)
    if field is not None and field in unknown:
        hint += hints.RESEMBLES.format(field=field)
    return FieldFault(field, code, shown(field, got), hint)


def fields_of(reason: str, record: Mapping[str, Any], required: Iterable[str], by: frozenset[str]) -> list[str | None]:
    """The fields that a reason of the rules speaks of; [None] where it speaks of the record. `record`: its values as read;
    `by`: the words that this field may hold."""
    if reason == "MISSING_FIELD":
        wanted = {*required, "advisor"} if record.get("kind") in _WITH_ADVISOR else required
        if record.get("outcome") == "STORE_CHOSEN" or record.get("kind") == "STORE_EXIT":
            wanted = {*wanted, "store"}
        return [name for name in sorted(wanted) if record.get(name) is None]
    if reason == "NO_LEAD" and record.get("unique_id") is None:
        return ["phone"]  # of a record that names its customer by contact alone
    if reason in OF_PHONES:
        return [name for name in _PHONES if _code_of(record.get(name)) == reason] or ["phone"]
    if reason == "BAD_FIELD":
        wrong_by = record.get("by") is not None and record["by"] not in by
        of_verdict = wrong_fields(record.get("by"), record.get("outcome")) if record.get("kind") is None else []
        if of_verdict:
            return list(of_verdict)
        return ["by"] if wrong_by and record.get("kind") == "INVALID" else ["kind"]
    return [_FIELD_OF.get(reason)]


def faults_of(arrival: Arrival) -> list[FieldFault]:
    """What refuses a record, reason by reason, for whoever tells its sender; where the slow reading has named no field, the
    words of each code."""
    if arrival.notes is not None and arrival.notes.faults:
        return arrival.notes.faults
    return [fault(_FIELD_OF.get(code), code, None) for code in arrival.reasons]


def _code_of(number: Any) -> str:
    if number is None:
        return ""
    try:
        phones.normalise(number)
    except phones.BadPhone as bad:
        return str(bad.args[0])
    return ""


def shown(field: str | None, value: Any) -> str | UnsetType:
    """What `got` says: numbers that may be somebody's are masked; UNSET where the value is absent or not to be shown."""
    if field is None or value is None or field in _NOT_SHOWN:
        return UNSET
    if type(value) is dict:
        return "an object"
    if type(value) is list:
        return f"a list of {len(value)}"
    if type(value) is bool:
        said = "true" if value else "false"
    elif type(value) is str or type(value) is int or type(value) is Decimal:
        said = whole(value if type(value) is str else str(value))
    else:
        return UNSET
    said = said[: 4 * limits.GOT_CHARACTERS]
    if field in _PHONES:
        said = _masked(said)
    elif field in _TIMES:
        said = _MOBILE.sub(lambda found: _masked(found[0]), said)
    else:
        said = _LIKE_A_PHONE.sub(lambda found: _masked(found[0]), said)
    return said[: limits.GOT_CHARACTERS]


def _masked(text: str) -> str:
    """138****5678 of whatever is written, its separators kept; of a short one the first three digits alone."""
    places = [found.start() for found in _DIGIT.finditer(text)]
    if len(places) < _WHOLE_NUMBER:
        return text
    behind = min(4, len(places) - _WHOLE_NUMBER)
    letters = list(text)
    for place in places[3 : len(places) - behind]:
        letters[place] = "*"
    return "".join(letters)
