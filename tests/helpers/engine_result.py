"""The engine's outputs in the oracle's terms, and where the two differ (docs/architecture.md, "Equal")."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

RawKey = tuple[bool, str, str, str, str, int]
"""(shadow, channel, account, source_lead_id, one_id, split)."""
OWNERS_NOTICES = ("ASSIGNED", "RECYCLED", "RECYCLE_REVOKED", "REACTIVATED")
"""Those of the life after dispatch that both know."""


def ms(text: str | None) -> int | None:
    """Epoch ms of an output's time."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return round(moment.timestamp() * 1000)


class EngineResult:
    """What the output streams say, last word first."""

    def __init__(self, outputs: dict[str, list[dict[str, Any]]]) -> None:
        self.raws: dict[RawKey, dict[str, Any]] = {}
        self.by_raw_id: dict[str, RawKey] = {}
        for record in outputs["dispositions"]:
            key = self.by_raw_id.get(record["raw_id"]) or self._name(record)
            before = self.raws.get(key)
            if before is not None:
                assert record.get("corrects") == before["event_id"], "a correction names the record in force until then"
            else:
                assert "corrects" not in record
            self.raws[key] = record
            self.by_raw_id[record["raw_id"]] = key
        self.leads: dict[str, dict[str, Any]] = {record["unique_id"]: record for record in outputs["unique_leads"]}
        self.standing = {uid: lead for uid, lead in self.leads.items() if lead["closed_reason"] != "FOLDED"}
        first_of = {}
        self.dispatches = sorted(
            (self.by_raw_id[r["first_touch_raw_id"]], r["store"], ms(r["at"]), r["sequence"])
            for r in outputs["dispatches"]
        )
        for record in outputs["unique_leads"]:
            first_of[record["unique_id"]] = self.by_raw_id[record["first_touch_raw_id"]]
        self.first_of = first_of
        self.rejects = {(r["source"], r["position"]): frozenset(r["reasons"]) for r in outputs["rejects"]}
        self.late = {_place(r["event_id"]) for r in outputs["late"]}
        self.replays = {_place(r["event_id"]): tuple(sorted(r.get("changed", ()))) for r in outputs["replays"]}
        self.holds = [(r["unique_id"], ms(r["at"]), tuple(r["conditions"]), ms(r["until"])) for r in outputs["holds"]]
        self.closings = [(r["unique_id"], ms(r["at"]), r["reason"]) for r in outputs["closings"]]
        self.recycles = [
            (self.by_raw_id[r["first_touch_raw_id"]], ms(r["at"]), r["why"]["note"])
            for r in outputs["unique_leads"]
            if r["why"]["rule"] == "recycled"
        ]
        self.notices = [
            (r["one_id"], r["kind"], ms(r["at"]), r["to"]["role"].removeprefix("store_").upper(), r["to"]["id"])
            for r in outputs["notifications"]
            if r["kind"] in OWNERS_NOTICES
        ]
        self.revoked = Counter(r["unique_id"] for r in outputs["notifications"] if r["kind"] == "RECYCLE_REVOKED")

    def _name(self, record: dict[str, Any]) -> RawKey:
        """Names as the oracle does: a source key that was forgotten and came again is another raw lead, `~2` behind it."""
        source_id, again = record["source_lead_id"], 1
        while True:
            key = (
                bool(record.get("shadow")),
                record["channel"],
                record["account"],
                source_id,
                record["one_id"],
                record.get("split", 1),
            )
            if key not in self.raws:
                return key
            again += 1
            source_id = f"{record['source_lead_id']}~{again}"


def _place(event_id: str) -> tuple[str, int]:
    _, _, rest = event_id.partition("-")
    name, _, number = rest.rpartition("-")
    return name, int(number)


def in_oracle_terms(outputs: dict[str, list[dict[str, Any]]], customers: dict[str, str]) -> dict[str, Any]:
    """What `comparable` makes of an oracle's result, made of the engine's outputs. `customers`: one_id → oracle's name."""
    found = EngineResult(outputs)

    def ref(key: RawKey) -> tuple[Any, ...]:
        return (*key[:4], customers.get(key[4], key[4]), key[5])

    raws_of: dict[str, set[tuple[Any, ...]]] = {}
    for key, record in found.raws.items():
        raws_of.setdefault(record["unique_id"], set()).add(ref(key))
    leads = set()
    cared_for = {}
    for uid, lead in found.standing.items():
        if uid in raws_of:
            if lead.get("owner") or lead.get("previous_owner"):
                cared_for[ref(found.by_raw_id[lead["first_touch_raw_id"]])] = (
                    lead.get("owner"),
                    lead["previous_owner"],
                    ms(lead["assigned_at"]),
                    ms(lead["first_follow_up_at"]),
                    ms(lead["last_follow_up_at"]),
                    lead["follow_ups"],
                    lead["recycled"],
                    found.revoked[uid],
                )
            leads.add(
                (
                    ref(found.by_raw_id[lead["first_touch_raw_id"]]),
                    frozenset(raws_of[uid]),
                    lead["status"],
                    lead["closed_reason"],
                    lead["store"],
                    lead["line"],
                    ms(lead["opened_at"]),
                    ms(lead["expires_at"]),
                    lead["raw_count"],
                    ms(lead["last_touch_at"]),
                )
            )
    return {
        "marks": {ref(key): (r["mark"], ms(r["event_time"])) for key, r in found.raws.items()},
        "leads": leads,
        "dispatches": sorted((ref(key), store, at, n) for key, store, at, n in found.dispatches),
        "holds": sorted((at, codes, until or 0) for _, at, codes, until in found.holds),
        "closings": sorted((at, reason) for _, at, reason in found.closings if reason != "FOLDED"),
        "cared for": cared_for,
        "recycles": sorted((ref(key), at, why) for key, at, why in found.recycles),
        "notices": sorted((customers.get(one_id, one_id), *rest) for one_id, *rest in found.notices),
        "rejects": found.rejects,
        "late": found.late,
        "replays": found.replays,
    }


def comparable(result: Any) -> dict[str, Any]:
    """An oracle's result in a form that can be compared with the engine's outputs."""
    return {
        "marks": {ref: (raw.mark, raw.event_ms) for ref, raw in result.raws.items()},
        "leads": {
            (
                u.first_touch,
                u.raws,
                u.status,
                u.closed_reason,
                u.store,
                u.line,
                u.opened_ms,
                u.expires_ms,
                u.raw_count,
                u.last_touch_ms,
            )
            for u in result.intentions.values()
        },
        "dispatches": sorted(result.dispatches),
        "holds": sorted((at, tuple(codes), until or 0) for _, at, codes, until in result.holds),
        "closings": sorted((at, reason) for ref, at, reason in result.closings if reason != "FOLDED" and not ref[0]),
        "cared for": {
            u.first_touch: (
                u.owner,
                u.previous_owner,
                u.assigned_ms,
                u.first_follow_up_ms,
                u.last_follow_up_ms,
                u.follow_ups,
                u.recycled,
                u.revoked,
            )
            for u in result.intentions.values()
            if u.owner or u.previous_owner
        },
        "recycles": sorted(result.recycles),
        "notices": sorted((ref[4], kind, at, role, to) for ref, kind, at, role, to in result.notices),
        "rejects": result.rejects,
        "late": result.late,
        "replays": result.replays,
    }
