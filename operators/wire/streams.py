"""Outputs: one record type per stream (contract, "Outputs"), and the one encode of the hot path.

An `event_id` is stream, subject and the subject's own sequence number written out (ruling 21): the same after any crash,
and nothing of wall time, worker, shard or batch in it. Fields may be added, never renamed.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from state import limits


class Why(Struct, omit_defaults=True, gc=False):
    """The rule that decided and what it looked at: times in the business time zone, the competing raw lead."""

    rule: str
    window_start: str = ""
    window_end: str = ""
    against: str = ""
    note: str = ""
    answered: str = ""


class Disposition(Struct, gc=False):
    """The mark of one accepted raw lead, or a correction of it."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    unique_id: str
    raw_id: str
    channel: str
    account: str
    source_lead_id: str
    event_time: str
    store: str | None
    line: str
    mark: str
    split: int | UnsetType = UNSET
    corrects: str | UnsetType = UNSET
    flags: list[str] | UnsetType = UNSET
    shadow: bool | UnsetType = UNSET


class FieldFault(Struct, gc=False):
    """One reason of a reject: the field that it speaks of, what stands there, and what to do (ruling 81)."""

    field: str | None
    """None = the record as a whole, or what stands in the state."""
    code: str
    got: str | UnsetType = UNSET
    """As sent, phones masked, at most 40 characters; unset for names, ids and free text."""
    hint: str = ""


class Reject(Struct, gc=False):
    """A record refused, with every reason and its original."""

    event_id: str
    at: str | None
    rule_version: str
    why: Why
    channel: str
    reasons: list[str]
    source: str
    position: int
    original: str
    encoding: str | UnsetType = UNSET
    cut: int | UnsetType = UNSET
    """Bytes of the original when it was longer than an output may be."""
    shadow: bool | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    """With partition and offset: where the original lies on a broker."""
    partition: int | UnsetType = UNSET
    offset: int | UnsetType = UNSET
    fields: list[FieldFault] | UnsetType = UNSET


class Replay(Struct, gc=False):
    """A transport replay, or an enrichment when `changed` names fields."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    raw_id: str | UnsetType
    channel: str
    account: str
    source_lead_id: str
    changed: list[str] | UnsetType = UNSET
    activity_id: str | UnsetType = UNSET
    shadow: bool | UnsetType = UNSET
    command_id: str | UnsetType = UNSET
    task_id: str | UnsetType = UNSET
    """With `unique_id`: of a verdict that came again."""
    unique_id: str | UnsetType = UNSET


class Late(Struct, gc=False):
    """A lead beyond the lateness, in clear, so that it can be sent again."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    channel: str
    account: str
    source_lead_id: str
    event_time: str
    original: str
    encoding: str | UnsetType = UNSET
    shadow: bool | UnsetType = UNSET
    cut: int | UnsetType = UNSET
    """Bytes of the original when it was longer than an output may be."""


class Reason(Struct, gc=False):
    """A part of a score."""

    factor: str
    points: float
    text: str
    """For people, with the points, in the profile's language."""


class Contact(Struct, gc=False):
    """Who to call (ruling 45)."""

    name: str | None
    phone: str


class IntentOut(Struct, omit_defaults=True, gc=False):
    """One entry of the intent history."""

    time: str
    series: str = ""
    level: str = ""
    days_to_buy: int = -1
    budget: str = ""


class Dispatch(Struct, gc=False):
    """A unique lead sent to its store: the event the whole engine exists for."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    unique_id: str
    store: str
    line: str
    channel: str
    score: int
    grade: str
    reasons: list[Reason]
    priority: int
    intents: list[IntentOut]
    behaviours: dict[str, int]
    contact: Contact
    sequence: int
    first_touch_raw_id: str
    behaviours_text: list[str] | UnsetType = UNSET
    """The five behaviours of highest value as sentences in the profile's language (ruling 74)."""
    focus: str | UnsetType | None = UNSET
    """The series that the customer looks at most."""


class Hold(Struct, gc=False):
    """A unique lead that waits, and what for."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    unique_id: str
    store: str | None
    line: str
    conditions: list[str]
    until: str | None
    shadow: bool | UnsetType = UNSET


class UniqueLead(Struct, gc=False):
    """The new state of a unique lead."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    unique_id: str
    status: str
    stage: str
    store: str | None
    line: str
    owner: str | None
    first_touch_raw_id: str
    raw_count: int
    opened_at: str
    last_touch_at: str
    expires_at: str
    score: int
    grade: str
    closed_reason: str | None
    folded_into: str | UnsetType = UNSET
    flags: list[str] | UnsetType = UNSET
    shadow: bool | UnsetType = UNSET
    previous_owner: str | UnsetType | None = UNSET
    """This and what follows stand only where somebody cares or cared for the lead."""
    assigned_at: str | UnsetType | None = UNSET
    first_follow_up_at: str | UnsetType | None = UNSET
    last_follow_up_at: str | UnsetType | None = UNSET
    follow_ups: int | UnsetType = UNSET
    recycled: int | UnsetType = UNSET
    route: str | UnsetType = UNSET
    """NONE, AI or MANUAL; unset where nobody judged it (cleaning is off, or an older version opened it)."""
    task_id: str | UnsetType = UNSET
    cleaned_by: str | UnsetType = UNSET


class To(Struct, gc=False):
    """Whom a notification is for."""

    role: str
    id: str


class Notification(Struct, gc=False):
    """Something for another system to send."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str | UnsetType
    kind: str
    to: To
    due: str
    unique_id: str | UnsetType = UNSET
    raw_id: str | UnsetType = UNSET
    store: str | None = None
    channel: str | UnsetType = UNSET
    count: int | UnsetType = UNSET


class Closing(Struct, gc=False):
    """A unique lead's move into a closed status."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    unique_id: str
    store: str | None
    line: str
    reason: str
    folded_into: str | UnsetType = UNSET


class FraudAlert(Struct, gc=False):
    """Something that looks like fraud or a shared contact."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    kind: str
    channel: str
    raw_id: str | UnsetType = UNSET
    """The raw lead that showed it."""
    members: list[str] | UnsetType = UNSET
    """The numbers of a run, masked (ruling 37), ascending."""


class Feedback(Struct, gc=False):
    """What a channel is told of one of its raw leads, in the channel's own code (ruling 71, domain 16)."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    unique_id: str
    raw_id: str
    channel: str
    account: str
    source_lead_id: str
    code: str
    """As `channels.X.feedback` maps the mark or state."""
    mark: str | UnsetType = UNSET
    """The mark that the code stands for: what an answer at acceptance could not say."""
    state: str | UnsetType = UNSET
    """The state that the code stands for."""


class StoreOut(Struct, gc=False):
    """A store that is recommended to the customer (ruling 60)."""

    store: str
    name: str
    city: str


class CleaningTask(Struct, gc=False):
    """Work for robot or people: once when it opens, with all that they need, and once when it ends (ruling 59)."""

    event_id: str
    at: str
    rule_version: str
    why: Why
    one_id: str
    unique_id: str
    task_id: str
    state: str
    route: str
    reasons: list[str]
    not_before: str
    expires_at: str | None
    store: str | None
    line: str
    channel: str
    """Of the first touch, as `campaign`."""
    campaign: str | None
    series: str | UnsetType | None = UNSET
    """This and what follows up to `intents` stand in the record of the opening alone."""
    score: int | UnsetType = UNSET
    grade: str | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET
    province: str | UnsetType | None = UNSET
    city: str | UnsetType | None = UNSET
    city_from: str | UnsetType | None = UNSET
    """form or home_location; null where no city is known."""
    stores: list[StoreOut] | UnsetType = UNSET
    intents: list[IntentOut] | UnsetType = UNSET
    outcome: str | UnsetType = UNSET
    """This and what follows stand in the record of a task that a verdict ended."""
    by: str | UnsetType = UNSET
    cost: float | UnsetType = UNSET
    """Yuan."""


class StreamKind(NamedTuple):
    """A stream that goes out. Its number is its place in `KINDS`: it stands in outbox rows and never changes."""

    name: str
    shape: type[Struct]
    kept_days: int = 30
    """Retention of a new topic where the operator set none."""
    compacted: bool = False
    """Whether a topic keeps the last record of each key alone; a key that is deleted gets a record without value."""
    original: bool = False
    """Whether its records carry what came in."""
    clear: bool = False
    """Whether personal data stands in clear (ruling 37)."""


KINDS: Final = (
    StreamKind("dispositions", Disposition),
    StreamKind("rejects", Reject, original=True, clear=True),
    StreamKind("replays", Replay, kept_days=7),
    StreamKind("late", Late, original=True, clear=True),
    StreamKind("dispatches", Dispatch, clear=True),
    StreamKind("holds", Hold, kept_days=7),
    StreamKind("unique_leads", UniqueLead, compacted=True),
    StreamKind("notifications", Notification, kept_days=7),
    StreamKind("closings", Closing),
    StreamKind("fraud_alerts", FraudAlert),
    StreamKind("feedback", Feedback),
    StreamKind("cleaning_tasks", CleaningTask, clear=True),
)
STREAMS: Final = tuple(kind.name for kind in KINDS)

DISPOSITIONS: Final = 0
REJECTS: Final = 1
REPLAYS: Final = 2
LATE: Final = 3
DISPATCHES: Final = 4
HOLDS: Final = 5
UNIQUE_LEADS: Final = 6
NOTIFICATIONS: Final = 7
CLOSINGS: Final = 8
FRAUD_ALERTS: Final = 9
FEEDBACK: Final = 10
CLEANING_TASKS: Final = 11

LONGEST: Final = tuple(limits.ORIGINAL_OUTPUT_BYTES if kind.original else limits.OUTPUT_BYTES for kind in KINDS)
"""Longest record of each stream, bytes."""
COMPACTED: Final = frozenset(number for number, kind in enumerate(KINDS) if kind.compacted)

NULL: Final = b"null"
"""The line of a key that is deleted: no value in a topic, nothing in a file."""


def without_nulls(stream: int, lines: bytes) -> bytes:
    """JSON lines of a stream for where nothing is ever deleted."""
    if stream not in COMPACTED or (b"\nnull\n" not in lines and not lines.startswith(b"null\n")):
        return lines
    return b"".join(line + b"\n" for line in lines[:-1].split(b"\n") if line != NULL)


encode: Final = msgspec.json.Encoder().encode
encode_lines: Final = msgspec.json.Encoder().encode_lines

_event_id: Final = msgspec.json.Decoder(msgspec.defstruct("_Id", [("event_id", str)])).decode


def event_id_of(value: bytes) -> str:
    """The event id in an encoded output."""
    found: Any = _event_id(value)
    return str(found.event_id)
