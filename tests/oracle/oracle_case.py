"""The form of a worked example, and a run's outcome in the same readable form.

Times are local, 'YYYY-MM-DD HH:MM[:SS[.mmm]]' in Asia/Shanghai. A raw lead is named by its source_lead_id, `#n` behind
it for the second and later parts, `@1234` (last digits) where two customers have the same, `~` before it in the shadow
realm.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oracle_cleaned import TaskRecord
from oracle_fold import RawRef
from oracle_model import Result
from oracle_reading import Line

ZONE = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RAW_LEADS = "raw_leads.jsonl"
PHONE = "13812345678"
OTHER = "13987654321"
CHANNELS: dict[str, Any] = {"a": {"consent": True}, "b": {"consent": True}}
BASE: dict[str, Any] = {"channels": CHANNELS}
ALWAYS: dict[str, Any] = {"opens": "00:00", "closes": "24:00"}


@dataclass(frozen=True)
class Case:
    """`expect` gives some of what `readable` does; `records` are (source, object or bytes), lines count from 1 in each
    source."""

    name: str
    ruling: str
    records: list[tuple[str, dict[str, Any] | bytes]]
    expect: dict[str, Any]
    config: dict[str, Any] = field(default_factory=lambda: BASE)
    until: str | None = None
    layers: int | None = None

    def lines(self) -> list[Line]:
        numbers: Counter[str] = Counter()
        lines = []
        for source, record in self.records:
            numbers[source] += 1
            raw = record if isinstance(record, bytes) else json.dumps(record, ensure_ascii=False).encode()
            lines.append(Line(source, numbers[source], "raw_lead", raw))
        return lines

    def until_ms(self) -> int | None:
        return None if self.until is None else (instant(self.until) - EPOCH) // timedelta(milliseconds=1)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def lead(source_lead_id: str, at: str, store: str | None = "S1", **fields: Any) -> tuple[str, dict[str, Any]]:
    """A raw lead of channel a and the usual customer, unless `fields` says otherwise; store None = not given."""
    record = {"type": "raw_lead", "channel": "a", "source_lead_id": source_lead_id, "phone": PHONE}
    record["event_time"] = at if "T" in at else instant(at).isoformat()
    if store is not None:
        record["store"] = store
    return RAW_LEADS, {**record, **fields}


def act(activity_id: str, kind: str, at: str, store: str | None = "S1", **fields: Any) -> tuple[str, dict[str, Any]]:
    record = {"type": "activity", "activity_id": activity_id, "kind": kind, "phone": PHONE}
    record["event_time"] = instant(at).isoformat()
    if store is not None:
        record["store"] = store
    return RAW_LEADS, {**record, **fields}


def command(command_id: str, kind: str, at: str, store: str | None = "S1", **fields: Any) -> tuple[str, dict[str, Any]]:
    """By address, or by `unique_id` among `fields`, which then gives no phone."""
    record: dict[str, Any] = {"type": "command", "command_id": command_id, "kind": kind}
    record["event_time"] = instant(at).isoformat()
    if "unique_id" not in fields:
        record["phone"] = PHONE
        if store is not None:
            record["store"] = store
    return RAW_LEADS, {**record, **fields}


def verdict(by: str, outcome: str, at: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    """Of the customer's first task, unless `fields` names a task, a lead or a phone; task=2 is the second one."""
    record: dict[str, Any] = {"type": "verdict", "by": by, "outcome": outcome, "event_time": instant(at).isoformat()}
    task = fields.pop("task", None)
    if task or not fields.keys() & {"task_id", "unique_id", "phone", "landline"}:
        record["task_id"] = f"m:{PHONE}/t{task or 1}"
    return RAW_LEADS, {**record, **fields}


def behaviour(kind: str, at: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    record = {"type": "behaviour", "kind": kind, "event_time": instant(at).isoformat(), "phone": PHONE}
    return RAW_LEADS, {**record, **fields}


def clock(at: str) -> tuple[str, dict[str, Any]]:
    """A record of another customer at another store that does nothing but move the clock."""
    return lead(f"clock {at}", at, "S9", phone=OTHER)


def local(at_ms: int) -> str:
    text = (EPOCH + timedelta(milliseconds=at_ms)).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    return text.removesuffix(".000").removesuffix(":00") if text.endswith(":00.000") else text.removesuffix(".000")


def readable(result: Result) -> dict[str, Any]:
    """marks {name: mark}; leads [(first touch, raw leads, status, closed_reason or '', store or '')]; dispatches
    [(first touch, store, at, sequence)]; holds [(first touch, at, 'A B', until or '')]; closings [(first touch, at,
    reason)]; rejects {line: 'A B'}; late [line]; replays {line: 'field field'}; counts {'channel day': {mark: n}};
    received and splits (live, shadow); clock. Of the life after dispatch: owners [(first touch, status, owner,
    previous owner)] of those that ever had one; assigned {first touch: (assigned_at, first follow-up, last, number)};
    grants [(first touch, at, advisor)]; recycles [(first touch, at, why)]; pooled {first touch: (recycled, revoked)};
    disputes [(first touch, activity_id)]; notices [(first touch, kind, at, to)].

    Of layers 4 to 6: tasks [(first touch, 't1', state, at, route, 'REASON REASON')]; windows {'first touch t1': (not_before,
    expires_at)}; outcomes [(first touch, 't1', outcome, by)]; costs {'first touch t1': yuan}; recommended {'first touch t1':
    (city, from where, 'own city's', 'province's')} of those without a store; routes, stages, grades {first touch: …};
    cleaned_by {first touch: by} of those that are; alerts [(channel, block, at, 'suffixes')]; suspects [(first touch, at)];
    sent {'first touch sequence': (grade, 'kind series count', … , focus)}.

    A line is its number, 'source:number' outside raw_leads. Raw leads of `clock` are left out but for counts, received
    and line lists; lists are sorted. Of what comes in: flags {raw lead: 'A B'} of those that have any; reject_fields {line:
    'field:CODE …'}; dropped, unknown {'channel field': n}; late_leads {'channel', end of the hour: n}; blank.
    """
    same = Counter((ref[0], ref[3], ref[5]) for ref in result.raws)

    def name(ref: RawRef) -> str:
        text = ("~" if ref[0] else "") + ref[3] + (f"#{ref[5]}" if ref[5] > 1 else "")
        return text + (f"@{ref[4][-4:]}" if same[ref[0], ref[3], ref[5]] > 1 else "")

    def line(at: tuple[str, int]) -> int | str:
        return at[1] if at[0] == RAW_LEADS else f"{at[0]}:{at[1]}"

    def ours(ref: RawRef) -> bool:
        return not ref[3].startswith("clock ")

    leads = [
        (name(u.first_touch), " ".join(sorted(map(name, u.raws))), u.status, u.closed_reason or "", u.store or "")
        for u in result.intentions.values()
        if ours(u.first_touch)
    ]
    return {
        "marks": {name(ref): raw.mark for ref, raw in result.raws.items() if ours(ref)},
        "leads": sorted(leads),
        "dispatches": sorted((name(r), store, local(at), n) for r, store, at, n in result.dispatches if ours(r)),
        "holds": sorted(
            (name(r), local(at), " ".join(codes), "" if until is None else local(until))
            for r, at, codes, until in result.holds
            if ours(r)
        ),
        "closings": sorted((name(r), local(at), reason) for r, at, reason in result.closings if ours(r)),
        "rejects": {line(at): " ".join(sorted(reasons)) for at, reasons in result.rejects.items()},
        "late": sorted(map(line, result.late), key=str),
        "replays": {line(at): " ".join(changed) for at, changed in result.replays.items()},
        "counts": {f"{'~' * k[0]}{k[1]} {k[2]}": marks for k, marks in result.counts.items()},
        **after_dispatch(result, name),
        **cleaned(result, name),
        "flags": {name(ref): " ".join(sorted(raw.flags)) for ref, raw in result.raws.items() if raw.flags},
        "reject_fields": {
            line(at): " ".join(sorted(f"{field}:{code}" for field, code in fields))
            for at, fields in result.reject_fields.items()
        },
        "dropped": {" ".join(key): count for key, count in result.dropped.items()},
        "unknown": {" ".join(key): count for key, count in result.unknown.items()},
        "late_leads": {(channel, local(at)): count for (channel, at), count in result.late_leads.items()},
        "blank": result.blank,
        "received": (result.received[False], result.received[True]),
        "splits": (result.splits[False], result.splits[True]),
        "clock": None if result.clock_ms is None else local(result.clock_ms),
    }


def after_dispatch(result: Result, name: Callable[[RawRef], str]) -> dict[str, Any]:
    def when(at_ms: int | None) -> str:
        return "" if at_ms is None else local(at_ms)

    owned = {name(u.first_touch): u for u in result.intentions.values() if u.owner or u.previous_owner}
    return {
        "owners": sorted((first, u.status, u.owner or "", u.previous_owner or "") for first, u in owned.items()),
        "assigned": {
            first: (when(u.assigned_ms), when(u.first_follow_up_ms), when(u.last_follow_up_ms), u.follow_ups)
            for first, u in owned.items()
        },
        "grants": sorted((name(r), local(at), advisor) for r, at, advisor in result.assignments),
        "recycles": sorted((name(r), local(at), why) for r, at, why in result.recycles),
        "pooled": {first: (u.recycled, u.revoked) for first, u in owned.items() if u.recycled},
        "disputes": sorted((name(r), activity_id) for r, activity_id, _ in result.disputes),
        "notices": sorted((name(r), kind, local(at), to) for r, kind, at, _, to in result.notices),
    }


def cleaned(result: Result, name: Callable[[RawRef], str]) -> dict[str, Any]:
    def short(task: TaskRecord) -> str:
        return task.name.rpartition("/")[2]

    ours = {name(u.first_touch): u for u in result.intentions.values() if not u.first_touch[3].startswith("clock ")}
    tasks = [task for task in result.tasks if not task.first[3].startswith("clock ")]
    opened = [task for task in tasks if task.state == "OPEN"]
    return {
        "tasks": sorted(
            (name(t.first), short(t), t.state, local(t.at_ms), t.route, " ".join(sorted(t.reasons))) for t in tasks
        ),
        "windows": {f"{name(t.first)} {short(t)}": (local(t.not_before_ms), local(t.expires_ms)) for t in opened},
        "costs": {f"{name(t.first)} {short(t)}": t.cost for t in tasks if t.cost is not None},
        "outcomes": sorted((name(t.first), short(t), t.outcome, t.by) for t in tasks if t.state == "DONE"),
        "recommended": {
            f"{name(t.first)} {short(t)}": (
                t.city,
                t.city_from,
                " ".join(sorted(t.own or ())),
                " ".join(sorted(t.province or ())),
            )
            for t in opened
            if t.own is not None
        },
        "routes": {first: u.route for first, u in ours.items()},
        "stages": {first: u.stage for first, u in ours.items()},
        "grades": {first: u.grade for first, u in ours.items()},
        "cleaned_by": {first: u.cleaned_by for first, u in ours.items() if u.cleaned_by},
        "alerts": sorted(
            (channel, block, local(at), " ".join(f"{suffix:03}" for suffix in sorted(suffixes)))
            for channel, block, at, suffixes in result.alerts
        ),
        "suspects": sorted((name(first), local(at)) for first, at in result.suspects),
        "sent": {
            f"{name(s.first)} {s.sequence}": (
                s.grade,
                *(f"{b.kind} {b.series} {b.times}" for b in s.behaviours),
                s.focus,
            )
            for s in result.sent
            if not s.first[3].startswith("clock ")
        },
    }
