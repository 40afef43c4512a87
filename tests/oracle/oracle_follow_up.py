"""Commands on unique leads, the clocks of an owner, recycling and coming back (rulings 3, 25, 35, 63 to 66).

Assignment is manual: nobody becomes an owner without a command, but for a recycle that is revoked and a lead that a
fold puts back. What stays out: policies, ADVISOR_LEFT, STORE_EXIT, FORGET, reminders, UNASSIGNED, nurture, cleaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_care import Recycle
from oracle_fold import ActIn, RawIn
from oracle_reading import Event
from oracle_rooms import Rooms, is_assigned
from oracle_rows import Row, Unique

if TYPE_CHECKING:
    from oracle_model import Oracle

FIRST_FOLLOW_UP, IDLE = "FIRST_FOLLOW_UP", "IDLE"


class FollowUps:
    def __init__(self, oracle: Oracle) -> None:
        self.oracle, self.result = oracle, oracle.result
        self.first_ms, self.idle_ms = oracle.config.first_ms, oracle.config.recycle_ms
        self.rooms = Rooms(oracle.config.cap, oracle.rows, oracle.fire)
        self.asks: list[
            tuple[Row, Unique, str, int | None]
        ] = []  # of leads that a fold put back, answered when it is done

    # -- commands (rulings 17, 35, 66) -------------------------------------------------------------------------------

    def command(self, row: Row, event: Event) -> None:
        command_id = event.fields["command_id"]
        seen = row.seen_commands.get(command_id)
        if seen is not None and event.now_ms <= seen + self.oracle.config.replay_ms:
            self.result.replays[event.source, event.number] = ()
            return
        u = self.named(row, event)
        refused = self.obey(row, u, event) if u else "NO_LEAD"
        if refused:
            self.oracle.refuse(event.source, event.number, [refused])
        else:
            row.seen_commands[command_id] = event.now_ms

    @staticmethod
    def named(row: Row, event: Event) -> Unique | None:
        """The lead named by its id (a folded one follows its pointer), else the one that stands open at the key, else
        the latest there; no store = the PENDING key."""
        if event.fields.get("unique_id"):
            return row.by_name(event.fields["unique_id"])
        key = (event.fields["store"] or None, event.fields["line"] or "main")
        there = [u for u in row.leads.values() if u.key == key and not u.folded]
        rank = [((u.state == "OPEN", u.lead.counts_from_ms, u.lead.first.order), u) for u in there]
        return max(rank, key=lambda item: item[0])[1] if rank else None

    def obey(self, row: Row, u: Unique, event: Event) -> str | None:
        """Apply it; the code where it is refused."""
        now_ms, kind = event.now_ms, event.fields["kind"]
        if kind == "RECYCLE":
            if not is_assigned(u):
                return "NOT_ALLOWED"
            self.recycle(u, now_ms, event.fields.get("reason") or "RECYCLE", by_timer=False)
            return None
        if u.state != "OPEN" or not u.dispatched:
            return "NOT_ALLOWED"
        advisor = event.fields["advisor"]
        if not self.rooms.has_room(row, u.key[0], advisor, now_ms):
            return "CAP_REACHED"
        if u.care.owner != advisor:
            u.care.leave_owner()
        u.care.assigned_ms = max(event.t_ms, u.care.dispatched_ms)
        self.grant(u, advisor, now_ms, "ASSIGNED")
        return None

    def grant(self, u: Unique, advisor: str, now_ms: int, notice: str) -> None:
        """The clocks start here; a hold of one that waits in the pool ends (rulings 63, 65)."""
        u.care.owner, u.care.granted_ms = advisor, now_ms
        u.care.pool = u.care.asked_again = False
        u.hold = u.carry = None
        self.count(u)
        self.result.assignments.append((u.first, now_ms, advisor))
        self.result.notices.append((u.first, notice, now_ms, "ADVISOR", advisor))

    # -- clocks (ruling 63) ------------------------------------------------------------------------------------------

    def count(self, u: Unique) -> None:
        """A follow-up counts from assigned_at on, whoever made it and whatever came of it (rulings 6, 63)."""
        start_ms = u.care.assigned_ms
        if start_ms is not None:
            u.care.counted = tuple(sorted(a.t_ms for a in u.lead.acts if a.follow_up and a.t_ms >= start_ms))

    def due(self, u: Unique) -> tuple[int, str] | None:
        """When its owner's clock runs out, and which of the two."""
        if not is_assigned(u):
            return None
        if not u.care.counted:
            return u.care.granted_ms + self.first_ms, FIRST_FOLLOW_UP
        return max(u.care.granted_ms, u.care.counted[-1]) + self.idle_ms, IDLE

    def run_out(self, u: Unique) -> None:
        due = self.due(u)
        assert due is not None
        self.recycle(u, *due, by_timer=True)

    def recycle(self, u: Unique, at_ms: int, why: str, *, by_timer: bool) -> None:
        care = u.care
        assert care.owner is not None and care.assigned_ms is not None
        care.recycles.append(Recycle(care.assigned_ms, care.granted_ms, at_ms, by_timer))
        care.leave_owner()
        care.pool = True
        self.result.recycles.append((u.first, at_ms, why))
        self.tell_both(u, "RECYCLED", at_ms)

    def tell_both(self, u: Unique, kind: str, at_ms: int) -> None:
        """To the previous owner and the store's admin."""
        self.result.notices.append((u.first, kind, at_ms, "ADMIN", u.key[0] or ""))
        if u.care.previous_owner is not None:
            self.result.notices.append((u.first, kind, at_ms, "ADVISOR", u.care.previous_owner))

    def came(self, row: Row, act: ActIn, now_ms: int) -> None:
        """A follow-up was applied: one that was in time for a recycle revokes it, else it is a dispute (25, 63)."""
        u = next((u for u in row.leads.values() if act in u.lead.acts and not u.folded), None)
        if u is None or u.care.assigned_ms is None:
            return
        care = u.care
        if care.owner is not None and act.t_ms >= u.care.assigned_ms:
            return  # it counts for the owner of today
        in_time = [r for r in care.recycles if r.assigned_ms <= act.t_ms <= r.until_ms]
        if not in_time:
            return
        last = care.recycles[-1]
        owner = care.previous_owner
        revokes = u.state == "OPEN" and care.pool and last.by_timer and in_time[-1] is last
        revokes = revokes and max(last.granted_ms, act.t_ms) + self.idle_ms >= now_ms
        if revokes and owner is not None and self.rooms.has_room(row, u.key[0], owner, now_ms):
            care.revoked += 1
            self.grant(u, owner, now_ms, "RECYCLE_REVOKED")
        else:
            self.result.disputes.append((u.first, act.activity_id, now_ms))

    # -- what folds and raw leads do to an owned lead or one in the pool ----------------------------------------------

    def stands_again(self, row: Row, u: Unique, was: str, own: bool) -> None:
        """A closed lead is open after a record. `own`: the record's own raw lead or answer reopened it (ruling 27);
        else a fold did, or undid the closing: with an owner it asks for him and is not dispatched again (64)."""
        owner, by_timer = u.care.owner, was == "CLOSED"
        u.care.leave_owner()
        if owner is not None and (by_timer or not own):
            self.asks.append((row, u, owner, u.care.assigned_ms))
        elif not by_timer:
            u.dispatched = u.care.pool = u.care.asked_again = False

    def folded_into(self, row: Row, folded: Unique, survivor: Unique) -> None:
        """What was assigned under a folded id is asked for under the survivor, unless that has an owner of its own."""
        care = survivor.care
        if not survivor.dispatched or survivor.state != "OPEN":
            return
        care.dispatched_ms = care.dispatched_ms or folded.care.dispatched_ms
        owner = folded.care.owner
        if owner is None or care.owner is not None or any(u is survivor for _, u, *_ in self.asks):
            return
        care.recycles = folded.care.recycles + care.recycles  # its own come last
        self.asks.append((row, survivor, owner, folded.care.assigned_ms))

    def answer_asks(self, now_ms: int) -> None:
        asks, self.asks = self.asks, []
        for row, u, owner, assigned_ms in asks:
            if u.state == "OPEN" and u.care.owner is None and self.rooms.has_room(row, u.key[0], owner, now_ms):
                u.care.assigned_ms = assigned_ms
                self.grant(u, owner, now_ms, "ASSIGNED")

    @staticmethod
    def asked_again(u: Unique, raws: list[RawIn]) -> None:
        """Raw leads that came to a lead in the pool ask for its reactivation, if not from before the owner (65)."""
        start_ms = u.care.assigned_ms
        if u.state == "OPEN" and u.care.pool and start_ms is not None and any(r.t_ms >= start_ms for r in raws):
            u.care.asked_again = True
