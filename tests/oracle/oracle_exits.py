"""Store exit: the code becomes an alias, its open leads move or wait (rulings 31, 58, 66)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_reading import Event
from oracle_rows import Row, Unique

if TYPE_CHECKING:
    from oracle_model import Oracle


class Exits:
    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        self.alias: dict[str, str] = {}
        self.seen: dict[str, int] = {}

    def of(self, code: str) -> str:
        """The code in force."""
        while code in self.alias:
            code = self.alias[code]
        return code

    def read(self, event: Event) -> None:
        """Every record read from the command on means the successor."""
        fields = event.fields
        if fields.get("kind") == "STORE_EXIT":
            return
        if isinstance(fields.get("stores"), list):
            fields["stores"] = list(dict.fromkeys(map(self.of, fields["stores"])))
        if fields.get("store"):
            if event.kind == "verdict":
                fields["as_said"] = fields["store"]
            fields["store"] = self.of(fields["store"])

    def came(self, event: Event) -> None:
        oracle, fields = self.oracle, event.fields
        command_id, store = fields["command_id"], fields["store"]
        seen = self.seen.get(command_id)
        if seen is not None and event.now_ms <= seen + oracle.config.replay_ms:
            oracle.result.replays[event.source, event.number] = ()
            return
        successor = self.of(fields["successor"]) if fields["successor"] else ""
        left_before = store in self.alias or (store in oracle.config.exited and not successor)
        if left_before or successor == store:
            oracle.refuse(event.source, event.number, ["NOT_ALLOWED"])
            return
        self.seen[command_id] = event.now_ms
        for row in list(oracle.rows.values()):
            oracle.fire(row, event.now_ms, inclusive=False)
        if successor:
            self.alias[store] = successor
        else:
            oracle.config.exited.add(store)
        for row in list(oracle.rows.values()):
            there = [u for u in row.open_leads() if u.key[0] == store]
            if not there:
                continue
            for u in sorted(there, key=lambda u: (u.lead.opened_ms, u.lead_id)):
                if u.state == "OPEN" and not u.folded:
                    if successor:
                        self.move(row, u, successor, event.now_ms)
                    else:
                        self.wait(row, u, event.now_ms)
            oracle.cleaning.judge_opened(event.now_ms)
            oracle.dispatcher.judge(row, event.now_ms, again={u.lead_id for u in there})

    def move(self, row: Row, u: Unique, successor: str, now_ms: int) -> None:
        """As a store answer does. What was dispatched went to another store: it counts only for the lead that moves, and that
        goes by all conditions at the successor."""
        sent, pool = u.dispatched, u.care.pool
        u.care.leave_owner()
        u.dispatched = False
        self.oracle.answer(row, u, successor, now_ms)
        if u.folded or not sent or not self.oracle.config.knows(*u.key):
            u.care.pool = u.care.asked_again = False
            return
        u.dispatched = True
        if not pool:
            u.care.asked_again = True

    def wait(self, row: Row, u: Unique, now_ms: int) -> None:
        """No successor: back to waiting for a store, judged as if reopened."""
        sent = u.dispatched
        u.care.leave_owner()
        u.dispatched = u.care.pool = u.care.asked_again = False
        cleaning = self.oracle.cleaning
        if sent:
            cleaning.closed(u, now_ms)
            if cleaning.rules.enabled:
                cleaning.judge(row, u, now_ms, "")
        else:
            cleaning.arises(row, u, "STORE_UNKNOWN", now_ms)
