"""Entries of a customer's story as dictionaries: what `leadstream explain` tells, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from leadstream.explain.told import Told
from operators.dispatch import holds
from operators.intention import merge
from state.rows.codes import CLOSED_REASONS, MARKS, ROUTES, TASK_STATES
from state.rows.story import (
    Acted,
    Assigned,
    Closed,
    Deleted,
    Dispatched,
    Disputed,
    Entry,
    Held,
    InNumberRun,
    Marked,
    OptedOut,
    Received,
    Recycled,
    Repeated,
    RunAlerted,
    Said,
    StoreLeft,
    TaskEnded,
    TaskOpened,
)

WHY: Final = {
    merge.FIRST: "no raw lead stood at this store and line before",
    merge.SAME_DAY: "it repeats {against} of the same local day",
    merge.WITHIN_MERGE: "the unique lead was open and within its merge period (合并周期)",
    merge.AFTER_EXPIRY: "the unique lead before had expired",
    merge.REOPENED: "the unique lead was closed and within the merge period of its closing, so it reopens",
    merge.AFTER_CLOSING: "the unique lead before was closed for longer than the merge period",
    merge.WITHIN_DEAL: "the customer bought, and the deal-merge period (成交合并周期) runs",
    merge.AFTER_DEAL: "the customer bought, and the deal-merge period is over",
    merge.STORE_ANSWER: "a store answer, or the exit of its store, brought it to this store",
}


@dataclass
class Ids:
    """Names of a customer's raw and unique leads in one life of his row."""

    prefix: str

    def raw(self, n: int) -> str:
        return f"{self.prefix}r{n}"

    def unique(self, n: int) -> str:
        return f"{self.prefix}u{n}"

    def task(self, n: int) -> str:
        return f"{self.prefix}t{n}"


def entry_of(told: Told, entry: Entry, ids: Ids) -> dict[str, Any]:
    """`at`, `what`, and what is known of it."""
    at = told.time(entry.at)
    match entry:
        case Received():
            return {
                "at": at,
                "what": "received",
                "raw_id": ids.raw(entry.n),
                "channel": entry.channel,
                "channel_name": told.channel_name(entry.channel) or None,
                "account": entry.account,
                "source_lead_id": entry.source_id,
                "event_time": told.time(entry.event_ms),
                "store": entry.store or None,
                "line": entry.line,
                "split": entry.split or None,
            }
        case Marked():
            other = ids.raw(entry.against) if entry.against else None
            return {
                "at": at,
                "what": "mark" if entry.version == 1 else "correction",
                "raw_id": ids.raw(entry.n),
                "unique_id": ids.unique(entry.unique),
                "mark": MARKS[entry.mark],
                "rule": entry.rule,
                "against": other,
                "why": WHY.get(entry.rule, entry.rule).format(against=other or "another raw lead"),
            }
        case Held():
            shown = told.time(entry.until) if entry.until else None
            codes = list(holds.codes(entry.conditions))
            return {
                "at": at,
                "what": "hold",
                "unique_id": ids.unique(entry.unique),
                "conditions": codes,
                "until": shown,
            }
        case Dispatched():
            unique_id = ids.unique(entry.unique)
            return {
                "at": at,
                "what": "dispatch",
                "unique_id": unique_id,
                "sequence": entry.sequence,
                "score": entry.score,
            }
        case Closed():
            reason = CLOSED_REASONS[entry.reason]
            return {"at": at, "what": "closing", "unique_id": ids.unique(entry.unique), "reason": reason}
        case Repeated():
            what = "enrichment" if entry.changed else "replay"
            return {"at": at, "what": what, "raw_id": ids.raw(entry.n), "changed": entry.changed}
        case Acted():
            return {
                "at": at,
                "what": "activity",
                "kind": entry.kind,
                "unique_id": ids.unique(entry.unique),
                "event_time": told.time(entry.event_ms),
            }
        case OptedOut():
            return {"at": at, "what": "opt_out", "event_time": told.time(entry.event_ms)}
        case Assigned():
            return {"at": at, "what": "assigned", "unique_id": ids.unique(entry.unique), "advisor": entry.advisor}
        case Recycled():
            return {"at": at, "what": "recycled", "unique_id": ids.unique(entry.unique), "reason": entry.reason}
        case Disputed():
            event_time = told.time(entry.event_ms)
            return {"at": at, "what": "dispute", "unique_id": ids.unique(entry.unique), "event_time": event_time}
        case TaskOpened():
            return {
                "at": at,
                "what": "task",
                "unique_id": ids.unique(entry.unique),
                "task_id": ids.task(entry.number),
                "route": ROUTES[entry.route],
                "reasons": entry.reasons,
                "expires_at": told.time(entry.expires) if entry.expires else None,
                "stores": entry.stores,
            }
        case TaskEnded():
            return {
                "at": at,
                "what": "task end",
                "unique_id": ids.unique(entry.unique),
                "task_id": ids.task(entry.number),
                "state": TASK_STATES[entry.end],
                "by": entry.by or None,
                "outcome": entry.outcome or None,
            }
        case Said():
            return {
                "at": at,
                "what": "verdict",
                "unique_id": ids.unique(entry.unique),
                "by": entry.by,
                "outcome": entry.outcome,
                "reason": entry.reason or None,
                "event_time": told.time(entry.event_ms),
            }
        case InNumberRun():
            raw_id = ids.raw(entry.n) if entry.n else None
            return {"at": at, "what": "number run", "unique_id": ids.unique(entry.unique), "raw_id": raw_id}
        case RunAlerted():
            return {
                "at": at,
                "what": "run alert",
                "raw_id": ids.raw(entry.n),
                "channel": entry.channel,
                "channel_name": told.channel_name(entry.channel) or None,
                "numbers": entry.numbers,
            }
        case StoreLeft():
            return {
                "at": at,
                "what": "store exit",
                "unique_id": ids.unique(entry.unique),
                "store": entry.store,
                "successor": entry.successor or None,
                "command_id": entry.command_id,
                "folded_into": ids.unique(entry.into) if entry.into else None,
            }
        case Deleted():
            return {"at": at, "what": "deleted", "unique_id": ids.unique(entry.unique)}
