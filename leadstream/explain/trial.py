"""One raw lead without effect: what the engine would make of it, as `leadstream try` shows it.

The engine's own validation and one batch of its own rules decide, over a state that holds nothing; what was decided is read and
thrown away. So it is judged as the first lead of a customer whom nobody knows. Personal data is masked as in `explain` (ruling 37).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

import msgspec
import orjson

from connectors.judge import Judge
from flows.batch import Batch
from leadstream.explain import waits
from leadstream.explain.entries import WHY
from leadstream.explain.masked import masked_lead
from operators.base.outputs import Source
from operators.base.rules import Rules
from operators.config.configuration import Configuration
from operators.dispatch import holds
from operators.identity import phones
from operators.identity.home import NOWHERE, home_of
from operators.intake.faults import faults_of
from operators.intention import score
from operators.lead.case import unique_of
from operators.wire.arrival import FLAGS, Arrival
from operators.wire.streams import STREAMS, without_nulls
from state import limits
from state.database import Database
from state.rows.codes import STATUSES
from state.rows.customer_row import Customer, Section
from state.rows.lead import Lead
from state.shard import Shard

Outputs = dict[str, list[dict[str, Any]]]
_SOURCE: Final = 1


class _Nothing:
    """A database without rows, for a batch that is never written."""

    def get(self, key: bytes) -> bytes | None:
        return None

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        return [None] * len(keys)

    def scan(self, begin: bytes, end: bytes, *, audit: bool = False) -> Iterator[tuple[bytes, bytes]]:
        return iter(())


class Trial:
    """For one configuration."""

    def __init__(self, configuration: Configuration, *, reveal: bool = False) -> None:
        self._rules: Rules = configuration.rules
        self._judge = Judge(configuration)
        self._reveal = reveal

    def read(self, raw: bytes, wall_ms: int, at_ms: int | None = None) -> Arrival:
        """The record as validation reads it at `at_ms`; without that as if it came in at its own event time, one of the future
        at `wall_ms` (epoch ms). `Arrival.now` says which."""
        if at_ms is None:
            arrival = self._judge.judge(raw, wall_ms)
            at_ms = arrival.t if not arrival.reasons and arrival.has_time else wall_ms  # one of the future is clamped
        arrival = self._judge.judge(raw, at_ms)
        arrival.now, arrival.source, arrival.offset = at_ms, _SOURCE, 1
        return arrival

    def document(self, arrival: Arrival) -> dict[str, Any]:
        """All that would become of a raw lead that `read` gave."""
        text = self._rules.local.text
        found: dict[str, Any] = {
            "at": text(arrival.now),
            "rule_version": self._rules.version,
            "accepted": not arrival.reasons,
            "reasons": list(arrival.reasons),
            "fields": [{"field": one.field, "code": one.code, "hint": one.hint} for one in faults_of(arrival)],
            "flags": [name for bit, name in FLAGS.items() if arrival.flags & bit],
            "lead": None,
            "home": None,
            "one_id": None,
            "realm": "shadow" if arrival.shadow else "live",
            "late": False,
            "consent": None,
            "parts": [],
        }
        if arrival.reasons:
            return found
        home = home_of(arrival.phone or arrival.landline)
        found["lead"] = self._normalised(arrival)
        found["home"] = None if home == NOWHERE else home._asdict()
        found["one_id"] = arrival.digest.hex()
        row, outputs = self._decide(arrival)
        if row is None:
            return found | {"late": True, "late_ms": self._rules.channels[arrival.channel].late_ms}
        found["consent"] = holds.has_consent(row, self._rules)
        found["parts"] = [
            self._part(row, section, lead, arrival, outputs) for section in row.sections for lead in section.leads
        ]
        return found

    def _decide(self, arrival: Arrival) -> tuple[Customer | None, Outputs]:
        """The customer's row after the engine's own batch, None where the lead is late, and what the batch would have written."""
        shard = Shard(cast(Database, _Nothing()), arrival.shard, 0)
        batch = Batch(shard, self._rules, {_SOURCE: Source("try")}, limits.SHARDS)
        batch.records([arrival], frozenset())
        outputs: Outputs = {}
        for stream, _, lines in batch.out.lines():
            written = without_nulls(stream, lines).splitlines()
            outputs.setdefault(STREAMS[stream], []).extend(map(orjson.loads, written))
        return batch.rows.get(arrival.entity), outputs

    def _normalised(self, arrival: Arrival) -> dict[str, Any]:
        """The record as the rules read it: numbers, times, stores and line in their one form."""
        lead: dict[str, Any] = {
            name: value
            for name, value in msgspec.to_builtins(arrival.record).items()
            if value is not None and name not in ("type", "store", "stores", "phone", "landline", "event_time")
        }
        text = self._rules.local.text
        if "intent" in lead:
            lead["intent"] = {name: value for name, value in lead["intent"].items() if value is not None}
        head = {"channel": lead.pop("channel", None), "source_lead_id": lead.pop("source_lead_id", None)}
        head |= {"event_time": text(arrival.t), "phone": arrival.phone, "landline": arrival.landline}
        head |= {"stores": list(arrival.stores), "line": lead.pop("line", "main")}
        if arrival.source_ms:
            lead["source_time"] = text(arrival.source_ms)
        given = {name: value for name, value in {**head, **lead}.items() if value not in (None, "", [])}
        if self._reveal:
            return given
        numbers = {name: phones.masked(given[name]) for name in ("phone", "landline") if name in given}
        return masked_lead(given) | numbers

    def _part(self, row: Customer, section: Section, lead: Lead, arrival: Arrival, outputs: Outputs) -> dict[str, Any]:
        unique = unique_of(section, lead.n)
        assert unique is not None, "a lead that was just opened stands"
        rules = self._rules
        unique_id = f"{arrival.digest.hex()}.{row.life}.u{lead.n}"
        mark = _of(outputs, "dispositions", unique_id)
        rule = mark.get("why", {}).get("rule", "")
        codes = list(holds.codes(lead.conditions)) if not lead.sent else []
        return {
            "unique_id": unique_id,
            "store": section.store or None,
            "store_name": _store_name(rules, section),
            "line": section.line,
            "mark": mark.get("mark"),
            "why": WHY.get(rule, rule),
            "status": STATUSES[lead.status],
            **_route(outputs, unique_id),
            "score": lead.score,
            "grade": score.GRADES[lead.grade],
            "reasons": [
                {"factor": one.factor, "points": one.points, "text": getattr(one, "text", one.factor)}
                for one in score.points_of(unique, lead, arrival.now, rules)
            ],
            "dispatched": lead.sent,
            "conditions": codes,
            "until": rules.local.text(lead.until) if lead.until else None,
            "ends": waits.ends(section, unique, lead, rules, rules.local) if codes else [],
            "told": [one["kind"] for one in outputs.get("notifications", ()) if one.get("unique_id") == unique_id],
        }


def _of(outputs: Outputs, stream: str, unique_id: str) -> dict[str, Any]:
    """The last record of a stream about a unique lead; {} = none."""
    return next((one for one in reversed(outputs.get(stream, [])) if one.get("unique_id") == unique_id), {})


def _route(outputs: Outputs, unique_id: str) -> dict[str, Any]:
    """Its way through cleaning (清洗), as the engine's own records say it: `unique_leads.route`, and its task (ruling 59)."""
    task = _of(outputs, "cleaning_tasks", unique_id)
    return {
        "route": _of(outputs, "unique_leads", unique_id).get("route"),
        "route_reasons": task.get("reasons", []),
        "task": {name: task.get(name) for name in ("not_before", "expires_at")} if task else None,
    }


def _store_name(rules: Rules, section: Section) -> str | None:
    store = rules.store_of(section.store, section.line) if section.store else None
    return (store.name or None) if store is not None else None
