"""Run one input through the engine's rules and through the oracle, and say where they differ."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from engine_result import EngineResult, comparable, in_oracle_terms, ms
from oracle_model import Oracle
from oracle_reading import Line
from plain_engine import PlainEngine

from operators.identity import phones

OFF: dict[str, Any] = {"cleaning": {"enabled": False, "number_run": 0}}
"""What waits for a store waits for it alone, and numbers in a row are no run: cleaning has comparisons of its own."""
_NAMED = re.compile(rb'"unique_id": "([ml]):([^"/]+)/(\d+)"')
"""A unique lead by the name that the oracle gives it."""


def uncleaned(config: dict[str, Any], *, poll: int = 64, shards: int = 2, at_rest: bool = False) -> PlainEngine:
    """An engine without cleaning (ruling 58)."""
    return PlainEngine({**config, **OFF}, poll=poll, shards=shards, at_rest=at_rest)


def customers_of(engine: PlainEngine, refs: list[str]) -> dict[str, str]:
    """one_id → the oracle's name of the customer."""
    names = {}
    for name in refs:
        names[_one_id(engine, name)] = name
    return names


def _one_id(engine: PlainEngine, name: str) -> str:
    kind = phones.MOBILE if name[0] == "m" else phones.LANDLINE
    return engine.validation.one_ids.of(kind, name[2:]).hex()


def run_engine(
    config: dict[str, Any],
    lines: list[Line],
    until_ms: int | None = None,
    *,
    poll: int = 64,
    shards: int = 2,
    at_rest: bool = False,
) -> PlainEngine:
    """The engine's rules after this input. What names a lead as the oracle does is given the engine's id for it."""
    engine = _ran(uncleaned(config, poll=poll, shards=shards, at_rest=at_rest), lines, until_ms)
    named = _in_engine_ids(engine, lines)
    if named == lines:
        return engine
    return _ran(uncleaned(config, poll=poll, shards=shards, at_rest=at_rest), named, until_ms)


def _ran(engine: PlainEngine, lines: list[Line], until_ms: int | None) -> PlainEngine:
    parts: dict[str, tuple[str, list[tuple[int, bytes]]]] = {}
    for line in lines:
        parts.setdefault(line.source, (line.kind, []))[1].append((line.number, line.raw))
    engine.run(parts, until_ms)
    return engine


def _in_engine_ids(engine: PlainEngine, lines: list[Line]) -> list[Line]:
    """A unique_id like 'm:13812345678/2' becomes the id of that customer's second lead. The life in it, the day on which the
    row was created, is read from a run in which these records found nobody: no other one depends on them for it. The oracle
    goes on counting where a row was deleted and the customer came again."""
    lives: dict[str, dict[str, int]] = {}
    for record in engine.outputs["unique_leads"]:
        one_id, life, n = record["unique_id"].split(".")
        if not record.get("shadow"):
            of_customer = lives.setdefault(one_id, {})
            of_customer[life] = max(int(n[1:]), of_customer.get(life, 0))
    found = []
    for line in lines:
        match = _NAMED.search(line.raw)
        if match is not None:
            one_id = _one_id(engine, f"{match[1].decode()}:{match[2].decode()}")
            ids = [f"{life}.u{n + 1}" for life, leads in lives.get(one_id, {}).items() for n in range(leads)]
            n = int(match[3])
            name = f"{one_id}.{ids[n - 1] if n <= len(ids) else f'20240101.u{n}'}"
            line = line._replace(raw=line.raw.replace(match[0], f'"unique_id": "{name}"'.encode()))
        found.append(line)
    return found


def run_both(
    config: dict[str, Any],
    lines: list[Line],
    until_ms: int | None = None,
    *,
    poll: int = 64,
    shards: int = 2,
    at_rest: bool = False,
) -> tuple[dict[str, Any], dict[str, Any], PlainEngine]:
    """(engine, oracle) in the same terms."""
    engine = run_engine(config, lines, until_ms, poll=poll, shards=shards, at_rest=at_rest)
    scores = _scores(engine)
    result = Oracle({**config, **OFF}, layers=6, scores=scores, one_id=lambda name: _one_id(engine, name)).run(
        lines, until_ms
    )
    customers = customers_of(engine, sorted({ref[4] for ref in result.raws}))
    mine, theirs = in_oracle_terms(engine.outputs, customers), comparable(result)
    mine["disputes"] = sorted((customers.get(one_id, one_id), at) for one_id, at in engine.disputes)
    theirs["disputes"] = sorted((ref[4], at) for ref, _, at in result.disputes)
    return mine, theirs, engine


def _scores(engine: PlainEngine) -> Any:
    """The score last written for a lead before an opening, by its first touch: weights are the engine's own."""
    written: dict[str, list[tuple[int, int]]] = {}
    names = EngineResult(engine.outputs).by_raw_id
    raw_of = {raw_id: (*name[1:4], name[5]) for raw_id, name in names.items()}
    for record in engine.outputs["unique_leads"]:
        at = ms(record["at"])
        assert at is not None
        written.setdefault(record["first_touch_raw_id"], []).append((at, record["score"]))
    by_ref: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for raw_id, values in written.items():
        by_ref.setdefault(raw_of[raw_id], []).extend(values)

    def score(ref: tuple[Any, ...], opening: int) -> float:
        found = [value for at, value in by_ref.get((ref[1], ref[2], ref[3], ref[5]), []) if at <= opening]
        return found[-1] if found else 0

    return score


def differences(engine: dict[str, Any], oracle: dict[str, Any]) -> list[str]:
    """Every difference, in words."""
    found = []
    for name, expected in oracle.items():
        got = engine[name]
        if got == expected:
            continue
        if isinstance(expected, dict):
            for key in sorted(set(got) | set(expected), key=str):
                if got.get(key) != expected.get(key):
                    found.append(f"{name} {key}: engine {got.get(key)}, oracle {expected.get(key)}")
        elif isinstance(expected, set):
            found += [f"{name}: only the engine has {item}" for item in sorted(got - expected, key=str)]
            found += [f"{name}: only the oracle has {item}" for item in sorted(expected - got, key=str)]
        else:
            mine, theirs = Counter(got), Counter(expected)
            found += [f"{name}: only the engine has {item}" for item in sorted((mine - theirs).elements(), key=str)]
            found += [f"{name}: only the oracle has {item}" for item in sorted((theirs - mine).elements(), key=str)]
    return found


def shown(lines: list[Line]) -> str:
    """The input, for a failing test."""
    return "\n".join(
        f"{line.source}:{line.number} {json.dumps(json.loads(line.raw), ensure_ascii=False)}" for line in lines
    )
