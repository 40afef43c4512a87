"""Payloads whose leads do not simply stand in a list: one small function a feed, from the payload to its items.

An item is a dictionary that the feed's mapping reads. What cannot be an item comes through as it is and becomes a lead
without fields, which validation refuses with its original: nothing is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.feeds.refusal import FeedRefused

_PAIR: Final = re.compile(r"""["']?([A-Za-z_]\w{0,40})["']?\s*:\s*["']?([^,"'}]*)["']?""")


def facebook(payload: Any) -> list[Any]:
    """The ids of a notification (entry, changes, value), of which the lead itself is pulled; else the list `data` or a lead."""
    if not isinstance(payload, dict):
        return list(payload) if isinstance(payload, list) else [payload]
    if "entry" not in payload:
        data = payload.get("data")
        return list(data) if isinstance(data, list) else [payload]
    items: list[Any] = []
    for entry in _listed(payload["entry"]):
        changes = entry.get("changes") if isinstance(entry, dict) else None
        for change in _listed(changes) if changes is not None else [entry]:
            if not isinstance(change, dict):
                items.append(change)
            elif change.get("field", "leadgen") == "leadgen":  # other fields of a page are no leads
                items.append(change.get("value", change))
    return items


def feiyu(payload: Any) -> list[Any]:
    """`location` ("北京+北京") as province and city where these are not sent."""
    return [_with_place(item) if isinstance(item, dict) else item for item in _listed(payload)]


def _with_place(item: dict[str, Any]) -> dict[str, Any]:
    place = item.get("location")
    if not isinstance(place, str):
        return item
    province, _, city = place.partition("+")
    return {**item, "location_province": province, "location_city": city}


def tmall(payload: Any) -> list[Any]:
    """`attr` as an object; it is sent as text, not always as JSON: {store_id:'',store_code:''}."""
    return [_with_attributes(item) if isinstance(item, dict) else item for item in _listed(payload)]


def _with_attributes(item: dict[str, Any]) -> dict[str, Any]:
    text = item.get("attr")
    return {**item, "attr": dict(_PAIR.findall(text[:4096]))} if isinstance(text, str) else item


def adf(payload: Any) -> list[Any]:
    """Each <prospect> of an ADF document, with the parts of its name put together where no full one is sent."""
    items: list[Any] = []
    for root in _listed(payload.get("adf")) if isinstance(payload, dict) else ():
        items += _listed(root.get("prospect")) if isinstance(root, dict) else []
    if not items:
        raise FeedRefused("The XML holds no <prospect> in an <adf>.", "Send ADF 1.0; its names are in small letters.")
    return [_with_name(item) if isinstance(item, dict) else item for item in items]


def _with_name(prospect: dict[str, Any]) -> dict[str, Any]:
    contact = _child(_child(prospect, "customer"), "contact")
    parts: dict[str, str] = {}
    for name in _listed(contact.get("name")):
        if isinstance(name, dict) and isinstance(name.get("#"), str):
            parts.setdefault(str(name.get("@part", "full")).lower(), name["#"])
    whole = parts.get("full") or " ".join(
        parts[part] for part in ("first", "middle", "last", "suffix") if part in parts
    )
    return {**prospect, "whole_name": whole}


def _child(element: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = _listed(element.get(name))
    return inner[0] if inner and isinstance(inner[0], dict) else {}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


UNFOLD: Final[Mapping[str, Callable[[Any], list[Any]]]] = {
    "facebook": facebook,
    "feiyu": feiyu,
    "tmall_auto": tmall,
    "adf": adf,
}
"""Feed → its function. Every other feed's leads stand where its `leads` says, or are the payload."""
