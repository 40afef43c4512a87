"""The engine's streams, as the contract writes them, come out in the oracle's terms (helpers of the comparison)."""

from datetime import UTC, datetime
from typing import Any

from cleaning_result import cleaning_in_oracle_terms, in_engine_ids, oracle_in_the_same_terms
from oracle_case import BASE, PHONE, Case, lead, verdict
from oracle_comparable import comparable_cleaning
from oracle_model import Oracle, Result

ONE_ID, LIFE = "ab" * 12, "20240102"
CASE = Case(
    "",
    "",
    [
        lead("1", "2024-01-02 10:00", None),
        verdict("AI", "UNSURE", "2024-01-02 10:05"),
        verdict("MANUAL", "HIGH", "2024-01-02 10:06", task=2, store="S1"),
    ],
    {},
)


def text(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def written(result: Result) -> dict[str, list[dict[str, Any]]]:
    """The streams that an engine would write for this one lead."""
    (lead,) = result.intentions.values()
    raw_id = f"{ONE_ID}.{LIFE}.r1"
    disposition = {
        "raw_id": raw_id,
        "channel": "a",
        "account": "",
        "source_lead_id": "1",
        "one_id": ONE_ID,
        "event_id": "e",
    }
    unique: dict[str, Any] = {"unique_id": f"{ONE_ID}.{LIFE}.u1", "first_touch_raw_id": raw_id, "closed_reason": None}
    unique |= {"route": lead.route, "stage": lead.stage, "grade": lead.grade, "why": {"rule": ""}}
    tasks = [
        {
            "task_id": f"{ONE_ID}.{LIFE}.{record.name.rpartition('/')[2]}",
            "state": record.state,
            "at": text(record.at_ms),
            "route": record.route,
            "reasons": sorted(record.reasons),
            "not_before": text(record.not_before_ms),
            "expires_at": text(record.expires_ms),
            "outcome": record.outcome or None,
            "by": record.by or None,
        }
        for record in result.tasks
    ]
    dispatches = [
        {"first_touch_raw_id": raw_id, "store": store, "at": text(at), "sequence": n, "grade": lead.grade}
        for _, store, at, n in result.dispatches
    ]
    streams: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("rejects", "late", "replays", "holds", "closings", "notifications", "fraud_alerts")
    }
    return {
        **streams,
        "dispositions": [disposition],
        "unique_leads": [unique],
        "cleaning_tasks": tasks,
        "dispatches": dispatches,
    }


def test_streams_in_the_oracles_terms() -> None:
    result = Oracle(BASE, layers=6).run(CASE.lines())
    engine = cleaning_in_oracle_terms(written(result), {ONE_ID: f"m:{PHONE}"})
    oracle = oracle_in_the_same_terms(comparable_cleaning(result))
    assert engine == oracle
    assert len(oracle["tasks"]) == 2
    assert list(oracle["sent"].values()) == ["A"]


def test_tasks_by_the_engines_ids() -> None:
    lines = in_engine_ids(CASE.lines(), {f"m:{PHONE}": ONE_ID}, {ONE_ID: LIFE})
    assert f'"task_id": "{ONE_ID}.{LIFE}.t2"'.encode() in lines[2].raw
    assert lines[0] == CASE.lines()[0]
