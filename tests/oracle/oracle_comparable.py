"""What layers 4 to 6 of a run say, in a form that the engine's outputs can be put into (rulings 28, 40, 43, 58 to 62, 74)."""

from __future__ import annotations

from typing import Any

from oracle_cleaned import TaskRecord
from oracle_result import Result


def comparable_cleaning(result: Result) -> dict[str, Any]:
    """`tasks` {name: (route, reasons, opened, not_before, expires_at, end, at of the end, outcome, by)}, where the task is
    open still: end '' and None; `cleaned` {first touch: (route, open task, cleaned_by, stage, grade)} of the open ones;
    `alerts` (channel, block, at), sorted; `suspects` and `sent` by first touch and instant.

    Names of tasks are the model's ('m:13812345678/t2'); recommended stores: `advice_of` and `oracle_cities.fits`.
    """
    opened = {record.name: record for record in result.tasks if record.state == "OPEN"}
    ended = {record.name: record for record in result.tasks if record.state != "OPEN"}
    return {
        "tasks": {name: _task(record, ended.get(name)) for name, record in opened.items()},
        "cleaned": {
            u.first_touch: (u.route, u.task, u.cleaned_by, u.stage, u.grade)
            for u in result.intentions.values()
            if u.closed_reason is None
        },
        "alerts": sorted((channel, block, at) for channel, block, at, _ in result.alerts),
        "suspects": sorted(result.suspects),
        "sent": {(sent.first, sent.sequence): (sent.grade, sent.behaviours, sent.focus) for sent in result.sent},
    }


def advice_of(result: Result) -> dict[str, tuple[str, str, frozenset[str], frozenset[str]]]:
    """{task: (city, from where, candidates of the city, further ones of the province)} of those without a store."""
    return {
        record.name: (record.city, record.city_from, record.own, record.province or frozenset())
        for record in result.tasks
        if record.state == "OPEN" and record.own is not None
    }


def _task(opened: TaskRecord, ended: TaskRecord | None) -> tuple[Any, ...]:
    window = (opened.at_ms, opened.not_before_ms, opened.expires_ms)
    end = ("", None, "", "") if ended is None else (ended.state, ended.at_ms, ended.outcome, ended.by)
    return (opened.route, opened.reasons, *window, *end)
