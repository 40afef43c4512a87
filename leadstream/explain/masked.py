"""A raw lead as it may be shown to whoever tries one (ruling 37): numbers masked, names and free text only said to be there."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from operators.identity import phones
from operators.identity.masks import without_contacts, without_number
from operators.intake.faults import shown as got

_SHOWN_PLAIN: Final = frozenset(
    {"type", "channel", "event_time", "source_time", "ingest_time", "line", "series", "model", "store", "stores", "consent",
     "test", "origin", "intent", "city", "province"}
)  # fmt: skip
"""Fields that tell nothing of who the customer is; ids are shown with any number in them masked."""
_IDS: Final = frozenset({"source_lead_id", "account", "campaign"})
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
        elif name in _IDS:
            text = str(value)
            for number in numbers:
                text = without_number(text, number)
            shown[name] = without_contacts(text)
        elif name == "extra" and isinstance(value, dict):
            shown[name] = dict.fromkeys(value, _HIDDEN)
        else:
            shown[name] = value if name in _SHOWN_PLAIN else _HIDDEN
    return shown


def _normal(text: str) -> str:
    """A number's identity, of what is none its digits."""
    with contextlib.suppress(ValueError):
        return phones.normalise(text)[1]
    return "".join(c for c in text if c.isdecimal())


def _masked_number(text: str) -> str:
    with contextlib.suppress(ValueError):
        return phones.masked(phones.normalise(text)[1])
    return str(got("phone", text))  # as in rejects: what is wrong with it can still be seen
