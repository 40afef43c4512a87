"""Activities: which key they go to, and what they are to the fold (rulings 17, 26, 38, 40, 55, 83)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_fold import ActIn, fold
from oracle_grades import grade
from oracle_reading import Event
from oracle_rows import Key, Row

if TYPE_CHECKING:
    from oracle_model import Oracle

FOLLOW_UPS = ("CALL", "FOLLOW_UP", "VISIT", "TEST_DRIVE", "QUOTE", "ORDER")


class Activities:
    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle

    def came(self, row: Row, event: Event) -> None:
        activity_id, kind = event.fields["activity_id"], event.fields["kind"]
        seen = row.seen_acts.get(activity_id)
        if seen is not None and event.now_ms <= seen + self.oracle.config.replay_ms:
            self.oracle.result.replays[event.source, event.number] = ()
            return
        if kind == "OPT_OUT":
            if all(u.folded for u in row.leads.values()):
                self.oracle.refuse(event.source, event.number, ["NO_LEAD"])
                return
            row.opt_out_ms = max(event.t_ms, row.opt_out_ms or event.t_ms)
        else:
            key = self.addressed(row, event)
            if isinstance(key, str):
                self.oracle.refuse(event.source, event.number, [key])
                return
            old = event.t_ms < event.now_ms - self.oracle.config.fold_late_ms
            follow_up = kind in FOLLOW_UPS or kind == "PAID"
            stands_ms = event.now_ms if old else None
            act = ActIn(activity_id, meaning(event), event.t_ms, self.oracle.arrivals, stands_ms, follow_up)
            events = row.keys[key]
            tried = fold(events.raws, [*events.acts, act], events.answers, self.oracle.rules, events.moved)
            if tried.outcome[act] == "NO_LEAD":
                self.oracle.refuse(event.source, event.number, ["NO_LEAD"])
                return
            events.acts.append(act)
            self.oracle.settle(row, key, event.now_ms)
            if follow_up:
                self.oracle.follow_ups.came(row, act, event.now_ms)
                if kind == "ORDER":
                    self.ordered(row, act)
            elif kind == "INVALID" and act.what == "OTHER":
                self.suspect(row, act, event.now_ms)
        row.seen_acts[activity_id] = event.now_ms

    def ordered(self, row: Row, act: ActIn) -> None:
        """Score and grade are written anew until the order (domain 9)."""
        u = next((u for u in row.open_leads() if act in u.lead.acts), None)
        if u is not None:
            u.cleaning.kept_grade = grade(row, u)

    def suspect(self, row: Row, act: ActIn, now_ms: int) -> None:
        """INVALID by BIGDATA (ruling 40)."""
        u = next((u for u in row.open_leads() if act in u.lead.acts), None)
        if u is not None:
            self.oracle.verdicts.suspected(row, u, act.t_ms, now_ms)

    def addressed(self, row: Row, event: Event) -> Key | str:
        """The key an activity goes to, or the code that refuses it."""
        store, line = event.fields.get("store") or None, event.fields.get("line") or "main"
        if event.fields.get("unique_id"):
            named = row.by_name(event.fields["unique_id"])
            return named.key if named else "NO_LEAD"
        if store:
            return (store, line) if (store, line) in row.keys else "NO_LEAD"
        of_line = [u for u in row.leads.values() if u.key[1] == line and not u.folded]
        standing = [u for u in of_line if u.state == "OPEN"]
        if len(standing) > 1:
            return "AMBIGUOUS"
        if standing:
            return standing[0].key
        left = [u for u in of_line if not u.lead.passed_over(event.now_ms, event.t_ms)]
        before = [u for u in left if u.lead.counts_from_ms <= event.t_ms]
        before = before or [u for u in left if u.lead.opened_ms <= event.t_ms]
        if not before:
            return "NO_LEAD"
        return max(before, key=lambda u: (u.lead.counts_from_ms, u.lead.first.order)).key  # ruling 83


def meaning(event: Event) -> str:
    """What an activity is to the fold: effective follow-ups (ruling 6), an INVALID that counts (ruling 55)."""
    kind, fields = event.fields["kind"], event.fields
    if kind in ("LOST", "PAID", "REFUND"):
        return str(kind)
    if kind == "INVALID":
        return "OTHER" if fields.get("by") == "BIGDATA" else "INVALID"
    if kind not in FOLLOW_UPS:
        return "OTHER"
    heard = fields.get("connected") is not False and fields.get("duration_s", 5) >= 5
    return "EFFECTIVE" if heard or kind not in ("CALL", "FOLLOW_UP") else "OTHER"
