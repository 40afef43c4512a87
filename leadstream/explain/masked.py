"""A raw lead as it may be shown to whoever tries one (ruling 37): numbers masked, names and free text only said to be there."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from operators.identity import phones
from operators.identity.masks import without_contacts, without_number
from operators.intake.faults import shown as got

_SHOWN_PLAIN: Final = frozenset(
    {"type", "channel", "event_time", "source_time", "ingest_time", "line", "consent", "test", "origin"}
)
"""Fields that tell nothing of who the customer is."""
_SEARCHED: Final = frozenset(
    {"source_lead_id", "account", "campaign", "series", "model", "store", "stores", "intent", "city", "province"}
)
"""Shown with any number in them masked: ids are made of one, and a number may be typed into the wrong column."""
_HIDDEN: Final = "(given)"
_WHOLE_NUMBER: Final = 7
"""Digits from which on a number may be somebody's."""


def masked_lead(lead: dict[str, Any]) -> dict[str, Any]:
    """A lead as it may be shown (ruling 37): numbers masked, names and free text only said to be there."""
    shown: dict[str, Any] = {}
    numbers = [
        number for name in ("phone", "landline") if len(number := _normal(str(lead.get(name, "")))) >= _WHOLE_NUMBER
    ]
    for name, value in lead.items():
        if name in ("phone", "landline"):
            shown[name] = _masked_number(str(value))
        elif name in _SEARCHED:
            shown[name] = _searched(value, numbers)
        elif name == "extra" and isinstance(value, dict):
            shown[name] = {_searched(key, numbers): _HIDDEN for key in value}
        else:
            shown[name] = value if name in _SHOWN_PLAIN else _HIDDEN
    return shown


def _searched(value: Any, numbers: list[str]) -> Any:
    """The value, each number inside it masked."""
    if isinstance(value, dict):
        return {_searched(key, numbers): _searched(one, numbers) for key, one in value.items()}
    if isinstance(value, list):
        return [_searched(one, numbers) for one in value]
    if value is None or isinstance(value, bool):
        return value
    text = str(value)
    for number in numbers:
        text = without_number(text, number)
    text = without_contacts(text)
    return value if text == str(value) else text


def _normal(text: str) -> str:
    """A number's identity, of what is none its digits."""
    with contextlib.suppress(ValueError):
        return phones.normalise(text)[1]
    return "".join(c for c in text if c.isdecimal())


def _masked_number(text: str) -> str:
    with contextlib.suppress(ValueError):
        return phones.masked(phones.normalise(text)[1])
    return str(got("phone", text))  # as in rejects: what is wrong with it can still be seen
