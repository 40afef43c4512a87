"""The engine's outputs of layers 4 to 6 in the form of `oracle_comparable.comparable_cleaning`, by the contract's fields."""

from __future__ import annotations

import re
from typing import Any

from engine_result import EngineResult, ms
from oracle_reading import Line

_TASK = re.compile(rb'"task_id": "([ml]):([^"/]+)/t(\d+)"')
"""A task by the name that the oracle gives it."""


def cleaning_in_oracle_terms(outputs: dict[str, list[dict[str, Any]]], customers: dict[str, str]) -> dict[str, Any]:
    """`customers`: one_id → the oracle's name. Of `cleaned` (route, stage, grade); of `alerts` (channel, at)."""
    found = EngineResult(outputs)

    def ref(raw_id: str) -> tuple[Any, ...]:
        key = found.by_raw_id[raw_id]
        return (*key[:4], customers.get(key[4], key[4]), key[5])

    opened = {r["task_id"]: r for r in outputs["cleaning_tasks"] if r["state"] == "OPEN"}
    behind = tasks_behind(outputs)
    ended = {r["task_id"]: r for r in outputs["cleaning_tasks"] if r["state"] != "OPEN"}
    return {
        "tasks": {
            _of_customer(name_of(task, customers), behind.get(task.rpartition(".")[0], 0)): _task(
                record, ended.get(task)
            )
            for task, record in opened.items()
        },
        "cleaned": {
            ref(lead["first_touch_raw_id"]): (lead.get("route") or "", lead["stage"], lead["grade"])
            for lead in found.standing.values()
            if lead["closed_reason"] is None
        },
        "alerts": sorted((record["channel"], ms(record["at"])) for record in outputs["fraud_alerts"]),
        "suspects": sorted(
            at
            for _, at in {
                (r["unique_id"], ms(r["at"])) for r in outputs["notifications"] if r["kind"] == "FRAUD_SUSPECT"
            }
        ),
        "sent": {(ref(r["first_touch_raw_id"]), r["sequence"]): r["grade"] for r in outputs["dispatches"]},
    }


def oracle_in_the_same_terms(found: dict[str, Any]) -> dict[str, Any]:
    """What is left of `comparable_cleaning` in a comparison: when suspects were told of, no texts."""
    return {
        "tasks": found["tasks"],
        "cleaned": {first: (route, stage, grade) for first, (route, _, _, stage, grade) in found["cleaned"].items()},
        "alerts": sorted((channel, at) for channel, _, at in found["alerts"]),
        "suspects": sorted(at for _, at in set(found["suspects"])),
        "sent": {at: grade for at, (grade, _, _) in found["sent"].items()},
    }


def name_of(task_id: str, customers: dict[str, str]) -> str:
    """`<one_id>.<life>.t<n>` as 'm:13812345678/t<n>' (a customer of one life)."""
    one_id, _, number = task_id.split(".")
    return f"{customers.get(one_id, one_id)}/{number}"


def tasks_behind(outputs: dict[str, list[dict[str, Any]]]) -> dict[str, int]:
    """{one_id.life: tasks of the customer's earlier lives}: the oracle goes on counting where a row was deleted."""
    most: dict[str, dict[str, int]] = {}
    for record in outputs["cleaning_tasks"]:
        one_id, life, number = record["task_id"].split(".")
        of_life = most.setdefault(one_id, {})
        of_life[life] = max(int(number[1:]), of_life.get(life, 0))
    behind = {}
    for one_id, of_life in most.items():
        count = 0
        for life, tasks in of_life.items():
            behind[f"{one_id}.{life}"] = count
            count += tasks
    return behind


def _of_customer(name: str, behind: int) -> str:
    head, _, number = name.rpartition("/t")
    return f"{head}/t{int(number) + behind}"


def in_engine_ids(lines: list[Line], one_id_of: dict[str, str], lives: dict[str, str]) -> list[Line]:
    """'m:13812345678/t2' in `task_id` as the engine's id. `one_id_of` by the oracle's name, `lives` by one_id: the first one."""

    def named(match: re.Match[bytes]) -> bytes:
        one_id = one_id_of.get(f"{match[1].decode()}:{match[2].decode()}", "0" * 24)
        return f'"task_id": "{one_id}.{lives.get(one_id, "20240101")}.t{match[3].decode()}"'.encode()

    return [line._replace(raw=_TASK.sub(named, line.raw)) for line in lines]


def _task(opened: dict[str, Any], ended: dict[str, Any] | None) -> tuple[Any, ...]:
    window = (ms(opened["at"]), ms(opened["not_before"]), ms(opened["expires_at"]))
    end: tuple[Any, ...] = ("", None, "", "")
    if ended is not None:
        end = (ended["state"], ms(ended["at"]), ended.get("outcome") or "", ended.get("by") or "")
    return (opened["route"], frozenset(opened["reasons"]), *window, *end)
