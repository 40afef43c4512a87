"""What a run of the reference model leaves, for readers and comparisons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from oracle_behaviours import Shown
from oracle_cleaned import TaskRecord
from oracle_fold import RawRef
from oracle_grades import grade
from oracle_rows import Row, Unique


@dataclass
class Raw:
    """The mark in force of one raw lead (part), where it stands and the unique lead it belongs to."""

    mark: str
    store: str | None
    line: str
    intention: int
    event_ms: int
    flags: frozenset[str] = frozenset()


@dataclass
class Intention:
    """A unique lead that stands at the end (not a folded one); `status`, `closed_reason` as ruling 32.

    `owner` is that of the last assignment, of a closed lead too; the follow-ups are those that counted for it.
    `recycled` counts every recycle, `revoked` those of them that were taken back.
    """

    customer: str
    shadow: bool
    store: str | None
    line: str
    first_touch: RawRef
    raws: frozenset[RawRef]
    status: str
    closed_reason: str | None
    opened_ms: int
    expires_ms: int
    raw_count: int
    last_touch_ms: int
    name: str = ""
    owner: str | None = None
    previous_owner: str | None = None
    assigned_ms: int | None = None
    first_follow_up_ms: int | None = None
    last_follow_up_ms: int | None = None
    follow_ups: int = 0
    recycled: int = 0
    revoked: int = 0
    route: str = ""
    task: str = ""
    cleaned_by: str = ""
    stage: str = ""
    grade: str = ""


class Sent(NamedTuple):
    """What a dispatch shows beside `dispatches`: grade (43), behaviours and focus (74)."""

    first: RawRef
    at_ms: int
    sequence: int
    grade: str
    behaviours: tuple[Shown, ...]
    focus: str


@dataclass
class Result:
    """What one run leaves: see the fields; lists are in the order of writing, which between leads means nothing.

    `assignments` (first touch, at, advisor), one for every grant; `recycles` (first touch, at, why); `disputes` (first
    touch, activity_id, at); `notices` (first touch, kind, at, role ADVISOR or ADMIN, advisor or store). Of what comes in:
    `reject_fields` {line: (field, code)}, `dropped` and `unknown` {(channel, field or known key): n} of what was not refused
    (ruling 78), `late_leads` {(channel, end of the hour): n}, written or not (81), `blank` lines.
    Of layers 4 to 6: `tasks`, one for each record of `cleaning_tasks`; `alerts` (channel, first 8 digits, at, suffixes);
    `suspects` (first touch, at), one for each FRAUD_SUSPECT of a dispatched lead; `sent`.
    """

    raws: dict[RawRef, Raw] = field(default_factory=dict)
    intentions: dict[int, Intention] = field(default_factory=dict)
    dispatches: list[tuple[RawRef, str, int, int]] = field(default_factory=list)
    holds: list[tuple[RawRef, int, tuple[str, ...], int | None]] = field(default_factory=list)
    closings: list[tuple[RawRef, int, str]] = field(default_factory=list)
    rejects: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    late: set[tuple[str, int]] = field(default_factory=set)
    replays: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)
    received: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    splits: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    counts: dict[tuple[bool, str, str], dict[str, int]] = field(default_factory=dict)
    clock_ms: int | None = None
    reject_fields: dict[tuple[str, int], frozenset[tuple[str, str]]] = field(default_factory=dict)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    late_leads: Counter[tuple[str, int]] = field(default_factory=Counter)
    blank: int = 0
    assignments: list[tuple[RawRef, int, str]] = field(default_factory=list)
    recycles: list[tuple[RawRef, int, str]] = field(default_factory=list)
    disputes: list[tuple[RawRef, str, int]] = field(default_factory=list)
    notices: list[tuple[RawRef, str, int, str, str]] = field(default_factory=list)
    tasks: list[TaskRecord] = field(default_factory=list)
    alerts: list[tuple[str, str, int, frozenset[int]]] = field(default_factory=list)
    suspects: list[tuple[RawRef, int]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)


def intention(row: Row, u: Unique) -> Intention:
    conditions = u.hold[0] if u.hold else ()
    status = u.state
    if status == "OPEN":
        waits = "PENDING" if "STORE_MISSING" in conditions else "CLEANING" if "CLEANING" in conditions else "HELD"
        sent = "ASSIGNED" if u.care.owner else "POOL" if u.care.pool else "DISPATCHED"
        status = sent if u.dispatched else waits
    lead, care, cleaning = u.lead, u.care, u.cleaning
    return Intention(
        customer=u.first[4],
        shadow=u.first[0],
        store=u.key[0],
        line=u.key[1],
        first_touch=u.first,
        raws=frozenset(r.ref for r, _ in lead.marks),
        status=status,
        closed_reason=u.reason,
        opened_ms=lead.opened_ms,
        expires_ms=lead.expires_ms,
        raw_count=len(lead.marks),
        last_touch_ms=lead.last_touch_ms(),
        name=u.name,
        owner=care.owner,
        previous_owner=care.previous_owner,
        assigned_ms=care.assigned_ms,
        first_follow_up_ms=min(care.counted, default=None),
        last_follow_up_ms=max(care.counted, default=None),
        follow_ups=len(care.counted),
        recycled=len(care.recycles),
        revoked=care.revoked,
        route=cleaning.route,
        task=cleaning.task.name if cleaning.task else "",
        cleaned_by=cleaning.by,
        stage=stage(u),
        grade=grade(row, u),
    )


def stage(u: Unique) -> str:
    """UQL while a task holds it, MQL, SQL by the first effective follow-up or manual HIGH, WON (rulings 32, 75)."""
    if u.state == "WON":
        return "WON"
    if u.cleaning.holds:
        return "UQL"
    return "SQL" if u.cleaning.high or u.lead.effective else "MQL"


def sent(row: Row, u: Unique, at_ms: int) -> Sent:
    shown = row.behaviours.shown(at_ms), row.behaviours.focus(at_ms)
    return Sent(u.first, at_ms, u.sequence, grade(row, u), *shown)
