"""What is delivered, and its bytes: raw leads in the form of a channel, activities in the form of the store's system,
verdicts in that of the call centre.

A record is rendered from numbers drawn once with it (`salt`), so that a replay has the very bytes of its original and a
record can be rendered late, or never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from connectors.demo.simulated import phones
from connectors.demo.simulated.channels import Channel
from connectors.demo.simulated.days import MINUTE_MS, instant_text
from connectors.demo.simulated.people import Identity, Person
from connectors.demo.simulated.stores import CITIES, MAIN_LINE

FIRST_TOUCH: Final = "FIRST_TOUCH"
DEDUPED: Final = "DEDUPED"
MERGED: Final = "MERGED"
DEAL_MERGED: Final = "DEAL_MERGED"
LATE: Final = "LATE"
SHADOW: Final = "SHADOW"

# Forms of delivery of one raw lead.
ORIGINAL, SAME_BYTES, REWRITTEN, ENRICHED = range(4)

# No word here may name another business: remarks can spawn leads of other lines (domain 11).
_REMARKS = ("请尽快联系", "周末有空", "想试驾", "咨询落地价", "看看现车", "晚上七点后联系", "朋友介绍", "想了解配置")
_CAMPAIGNS = ("autumn_2025", "new_car_launch", "weekend_test_drive", "brand_day", "double_eleven")
_LEVELS = ("HIGH", "NORMAL", "LOW", "NORMAL")
_ENRICHED_REMARK = "已补充意向信息"


@dataclass(slots=True)
class Part:
    """What the script intends for one part of a raw lead: its store, mark, intention, and the step it comes from."""

    store: str | None
    mark: str
    intention: str
    case: str
    route: str = ""
    """Of a first touch: the route judged at the latest opening of its unique lead; "" = the script does not say."""
    state: str = ""
    """Of a first touch: the status of its unique lead at the end; "" = the script does not say."""


@dataclass(slots=True)
class RawLead:
    """A raw lead of the script. `event_ms` is the event time in force, `arrival_ms` its delivery, never before it."""

    person: Person
    identity: Identity
    channel: Channel
    account: str
    number: int
    event_ms: int
    arrival_ms: int
    line: str
    series: str | None
    salt: int
    parts: list[Part]
    outcome: str = ""
    written_ahead_ms: int = 0
    no_event_time: bool = False
    no_ingest_time: bool = False
    test: bool = False
    replays: int = 0

    @property
    def source_lead_id(self) -> str:
        """The channel's id as text."""
        if self.channel.number_ids:
            return str(self.number + 10**9)
        return f"{self.channel.code[:3].upper()}-{self.number:x}"

    @property
    def gives_city(self) -> bool:
        """Whether it says where the person lives."""
        return (self.salt >> 44) & 3 != 0

    @property
    def consent(self) -> bool | None:
        """What it says of consent; None = nothing."""
        if not self.channel.consent and (self.salt >> 58) & 1:
            return True
        return False if (self.salt >> 18) & 127 == 0 else None


@dataclass(slots=True)
class Activity:
    """Something the store did with the customer, or that ended his intention."""

    kind: str
    event_ms: int
    number: int
    person: Person
    identity: Identity
    store: str | None
    line: str
    salt: int
    effective: bool = True


@dataclass(slots=True)
class Verdict:
    """What robot or people of the call centre say of a lead, and when it is delivered. `store` is the lead's address, or the
    store that the customer chose."""

    by: str
    outcome: str
    event_ms: int
    arrival_ms: int
    identity: Identity
    store: str | None
    line: str
    salt: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoreExit:
    """A store leaves (经销商退网). `successor` "" = nobody takes over."""

    number: int
    store: str
    successor: str
    event_ms: int


@dataclass(slots=True)
class Delivery:
    """One record on its way: `pinned` ones keep their place in a shuffle (ruling 57)."""

    arrival_ms: int
    order: int
    lead: RawLead
    form: int
    pinned: bool


def render_raw_lead(
    lead: RawLead, form: int = ORIGINAL, arrival_ms: int | None = None, *, typed: bool = False
) -> bytes:
    """The JSON line, without newline. SAME_BYTES equals ORIGINAL; REWRITTEN is equal after normalisation; ENRICHED not.

    `typed` writes the field `type` always, for a source whose records are mixed.
    """
    if form in (ORIGINAL, SAME_BYTES) or arrival_ms is None:
        arrival_ms = lead.arrival_ms
    salt, person, channel = lead.salt, lead.person, lead.channel
    record: dict[str, Any] = {}
    if typed or salt & 3 == 0:
        record["type"] = "raw_lead"
    record["channel"] = channel.code
    record["source_lead_id"] = lead.number + 10**9 if channel.number_ids and salt & 64 else lead.source_lead_id
    if lead.account:
        record["account"] = lead.account
    if not lead.no_event_time:
        record["event_time"] = instant_text(lead.event_ms + lead.written_ahead_ms, _time_form(salt))
        if salt & 24 == 0:
            record["source_time"] = instant_text((lead.event_ms + lead.arrival_ms) // 2)
    if not lead.no_ingest_time:
        record["ingest_time"] = instant_text(arrival_ms)
    _contact(record, lead, salt >> 8, rewritten=form == REWRITTEN)
    if person.unionid and (salt & 32 or lead.identity is not person.identities[-1]):
        record["wechat_unionid"] = person.unionid
    if (salt >> 40) & 7:
        record["name"] = person.name
    if person.gender and (salt >> 43) & 1:
        record["gender"] = person.gender
    city, province = CITIES[person.city][:2]
    if lead.gives_city:
        record["province"], record["city"] = province, city
    if lead.line != MAIN_LINE or (salt >> 46) & 7 == 0:
        record["line"] = lead.line
    if lead.series:
        record["series"] = lead.series
        if (salt >> 49) & 1:
            record["model"] = f"{lead.series}-{(salt >> 50) % 4 + 1}"
    _stores(record, [part.store for part in lead.parts if part.store], salt >> 52)
    if (salt >> 54) & 3 == 0:
        record["campaign"] = _CAMPAIGNS[(salt >> 12) % len(_CAMPAIGNS)]
    if (salt >> 56) & 3 == 0:
        record["intent"] = {"level": _LEVELS[(salt >> 14) & 3], "days_to_buy": (7, 15, 30, 90)[(salt >> 16) & 3]}
    if lead.consent is not None:
        record["consent"] = lead.consent
    if lead.test:
        record["test"] = True
    if (salt >> 25) & 7 == 0:
        record["remark"] = _REMARKS[(salt >> 28) & 7]
    if (salt >> 31) & 31 == 0:
        record["extra"] = {"page": f"p{(salt >> 36) & 255}", "slots": [1, 2]}
    if form == ENRICHED:
        record["remark"] = _ENRICHED_REMARK
        record["intent"] = {"level": "HIGH", "days_to_buy": 10, "budget": 180_000 + (salt >> 20) % 100 * 1000}
    return orjson.dumps(record)


def _time_form(salt: int) -> int:
    pick = (salt >> 20) % 16
    return pick if pick in (1, 2) else 0


def _contact(record: dict[str, Any], lead: RawLead, salt: int, *, rewritten: bool) -> None:
    number = lead.identity.number
    choice = salt & 0xFFFF
    if rewritten:
        choice += 7
    if lead.identity.kind == phones.LANDLINE:
        record["landline" if salt & 1 else "phone"] = phones.written_landline(number, choice)
        if (salt >> 17) % 17 == 0 and "landline" in record:
            # A bad number beside a good one: the good one counts (ruling 55).
            record["phone"] = f"{lead.person.key[-3:]}****11"
        return
    # A mobile in the landline's field is the mobile (ruling 55).
    record["landline" if (salt >> 16) % 100 == 0 else "phone"] = phones.written_mobile(number, choice)


def _stores(record: dict[str, Any], stores: list[str], salt: int) -> None:
    if len(stores) == 1:
        if salt & 31 == 0:
            record["stores"] = stores
        else:
            record["store"] = stores[0]
    elif stores:
        # `store` and `stores` together, in the order given, repeats removed (ruling 13).
        if salt & 1:
            record["store"] = stores[0]
            record["stores"] = stores[1:] if salt & 2 else stores
        else:
            record["stores"] = stores


def render_activity(activity: Activity, *, typed: bool = False) -> bytes:
    """The JSON line of an activity, without newline."""
    salt, kind = activity.salt, activity.kind
    record: dict[str, Any] = {}
    if typed or salt & 3 == 0:
        record["type"] = "activity"
    record["activity_id"] = f"A{activity.number:x}"
    record["kind"] = kind
    record["event_time"] = instant_text(activity.event_ms)
    if activity.identity.kind == phones.LANDLINE:
        record["landline"] = activity.identity.number
    else:
        record["phone"] = activity.identity.number
    if activity.store:
        record["store"] = activity.store
    if activity.line != MAIN_LINE or salt & 4:
        record["line"] = activity.line
    if kind != "OPT_OUT":
        record["advisor"] = f"{activity.store or 'HQ'}-{(salt >> 3) % 8 + 1:02d}"
    if kind == "CALL":
        _call(record, activity.effective, salt >> 8)
    elif kind == "FOLLOW_UP" and (not activity.effective or salt & 8):
        record["connected"] = activity.effective
    elif kind in ("LOST", "INVALID"):
        record["reason"] = ("NO_INTENT", "REFUSED", "OTHER")[(salt >> 8) % 3]
        if kind == "INVALID":
            record["by"] = ("ADVISOR", "DCC", "MANUAL")[(salt >> 12) % 3]
    elif kind == "TEST_DRIVE":
        record["satisfaction"] = (salt >> 8) % 5 + 1
    return orjson.dumps(record)


def _call(record: dict[str, Any], effective: bool, salt: int) -> None:
    if not effective:
        if salt & 1:
            record["connected"], record["duration_s"] = True, salt % 5
        else:
            record["connected"] = False
    elif salt & 3:
        # A call that says neither is effective (ruling 54).
        record["connected"], record["duration_s"] = True, 5 + salt % 5 * 60


def render_verdict(verdict: Verdict, *, typed: bool = False) -> bytes:
    """The JSON line of a verdict, without newline: addressed by number, store and line (ruling 17)."""
    salt, outcome = verdict.salt, verdict.outcome
    record: dict[str, Any] = {}
    if typed or salt & 3 == 0:
        record["type"] = "verdict"
    record["by"], record["outcome"] = verdict.by, outcome
    record["event_time"] = instant_text(verdict.event_ms, (0, 0, 0, 1)[(salt >> 2) & 3])
    if verdict.identity.kind == phones.LANDLINE:
        record["landline"] = verdict.identity.number
    else:
        record["phone"] = phones.written_mobile(verdict.identity.number, (salt >> 4) & 0xFFFF)
    if verdict.store or salt & (1 << 20):
        record["store"] = verdict.store
    if verdict.line != MAIN_LINE or salt & (1 << 21):
        record["line"] = verdict.line
    if verdict.reason:
        record["reason"] = verdict.reason
    if outcome == "INTENT" or (outcome in ("HIGH", "NORMAL") and salt & (1 << 22)):
        level = outcome if outcome != "INTENT" else ("HIGH", "NORMAL", "NORMAL")[(salt >> 23) % 3]
        record["intent"] = {"level": level, "days_to_buy": (7, 15, 30, 90)[(salt >> 26) & 3]}
    if (salt >> 28) & 7 == 0:
        record["cost"] = 0.8 if verdict.by == "AI" else 4.5
    return orjson.dumps(record)


def render_command(left: StoreExit, *, typed: bool = False) -> bytes:
    """The JSON line of the command STORE_EXIT, without newline."""
    record: dict[str, Any] = {"type": "command"} if typed or left.number & 1 else {}
    record["command_id"] = f"X{left.number:x}"
    record["kind"] = "STORE_EXIT"
    record["event_time"] = instant_text(left.event_ms)
    record["store"] = left.store
    if left.successor:
        record["successor"] = left.successor
    return orjson.dumps(record)


def mark_latest(deliveries: list[Delivery], activities: Sequence[Activity | Verdict | StoreExit]) -> dict[int, int]:
    """How long each raw lead of one person may be held back: order → latest arrival, in ms (rulings 10 and 57).

    No raw lead may pass an activity, a verdict, an exit or a pinned record of its customer, nor become late.
    """
    walls = sorted(
        [activity.event_ms for activity in activities] + [item.arrival_ms for item in deliveries if item.pinned]
    )
    latest: dict[int, int] = {}
    for item in deliveries:
        if item.pinned:
            latest[item.order] = item.arrival_ms
            continue
        bound = item.lead.event_ms + item.lead.channel.late_ms
        wall = next((wall for wall in walls if wall >= item.arrival_ms), None)
        if wall is not None:
            bound = min(bound, wall - 1)
        latest[item.order] = max(min(bound, item.arrival_ms + 30 * 24 * 60 * MINUTE_MS), item.arrival_ms)
    return latest
