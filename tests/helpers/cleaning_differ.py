"""Run one input of layers 4 to 6 through the engine's rules and through the oracle, and say where they differ."""

from __future__ import annotations

import re
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

from cleaning_result import cleaning_in_oracle_terms, in_engine_ids, oracle_in_the_same_terms
from differ import _scores as scores_of
from differ import customers_of, differences
from engine_result import comparable, in_oracle_terms
from oracle_comparable import comparable_cleaning
from oracle_model import Oracle
from oracle_reading import Line
from plain_engine import PlainEngine

from operators.identity import phones
from operators.identity.one_id import OneIds

_LEAD = re.compile(rb'"unique_id": "([ml]):([^"/]+)/(\d+)"')
"""A unique lead by the name that the oracle gives it."""
_CUSTOMER = re.compile(rb'"(?:task|unique)_id": "([ml]):([^"/]+)/')
_PASSES = 4
"""A life is known after one run; a customer whose first raw lead hangs on a named record does not exist."""


def run_cleaned(
    config: dict[str, Any], lines: list[Line], until_ms: int | None = None, *, poll: int = 64, shards: int = 2
) -> tuple[PlainEngine, list[Line]]:
    """The engine's rules after this input, when each record is applied at rest (ruling 64), and the lines as it read them:
    tasks and leads that are named as the oracle does bear the engine's ids."""
    tables, read = _as_configured(config), lines
    for _ in range(_PASSES):
        engine = PlainEngine(tables, poll=poll, shards=shards, at_rest=True)
        parts: dict[str, tuple[str, list[tuple[int, bytes]]]] = {}
        for line in read:
            parts.setdefault(line.source, (line.kind, []))[1].append((line.number, line.raw))
        engine.run(parts, until_ms)
        again = _with_ids(engine, lines)
        if again == read:
            break
        read = again
    return engine, read


def _as_configured(config: dict[str, Any]) -> dict[str, Any]:
    """Without what the oracle alone reads: the engine knows of a city in which province it lies."""
    if not isinstance(config.get("stores"), dict):
        return config
    stores = {code: {k: v for k, v in store.items() if k != "province"} for code, store in config["stores"].items()}
    return {**config, "stores": stores}


def _with_ids(engine: PlainEngine, lines: list[Line]) -> list[Line]:
    """The lines by the engine's ids, by the life of each customer's first row."""
    names = {f"{m[1].decode()}:{m[2].decode()}" for line in lines for m in _CUSTOMER.finditer(line.raw)}
    ids = {name: _one_id(engine, name) for name in names}
    lives: dict[str, str] = {}
    for record in engine.outputs["unique_leads"]:
        if not record.get("shadow"):
            one_id, life, _ = record["unique_id"].split(".")
            lives.setdefault(one_id, life)

    def named(match: re.Match[bytes]) -> bytes:
        one_id = ids[f"{match[1].decode()}:{match[2].decode()}"]
        return f'"unique_id": "{one_id}.{lives.get(one_id, "20240101")}.u{match[3].decode()}"'.encode()

    return [line._replace(raw=_LEAD.sub(named, line.raw)) for line in in_engine_ids(lines, ids, lives)]


def _one_id(engine: PlainEngine, name: str) -> str:
    kind = phones.MOBILE if name[0] == "m" else phones.LANDLINE
    return engine.validation.one_ids.of(kind, name[2:]).hex()


def run_both_cleaned(
    config: dict[str, Any], lines: list[Line], until_ms: int | None = None, *, poll: int = 64, shards: int = 2
) -> tuple[dict[str, Any], dict[str, Any], PlainEngine]:
    """(engine, oracle) in the same terms: those of layers 1 to 3 and those of cleaning."""
    engine, _ = run_cleaned(config, lines, until_ms, poll=poll, shards=shards)
    oracle = Oracle(config, scores=scores_of(engine), one_id=lambda name: _one_id(engine, name), layers=6)
    result = oracle.run(lines, until_ms)
    mine, theirs = _in_the_same_terms(engine, result)
    customers = customers_of(engine, sorted({ref[4] for ref in result.raws}))
    mine["disputes"] = sorted((customers.get(one_id, one_id), at) for one_id, at in engine.disputes)
    theirs["disputes"] = sorted((ref[4], at) for ref, _, at in result.disputes)
    return mine, theirs, engine


def _in_the_same_terms(engine: Any, result: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    customers = customers_of(engine, sorted({ref[4] for ref in result.raws}))
    mine = {**in_oracle_terms(engine.outputs, customers), **cleaning_in_oracle_terms(engine.outputs, customers)}
    return mine, {**comparable(result), **oracle_in_the_same_terms(comparable_cleaning(result))}


class _Read(NamedTuple):
    """What the comparison needs of an engine whose outputs were read back."""

    outputs: dict[str, list[dict[str, Any]]]
    validation: Any


def beside_oracle(
    config: dict[str, Any],
    secret: bytes,
    lines: list[Line],
    outputs: dict[str, list[dict[str, Any]]],
    until_ms: int | None = None,
    shards: int = 4,
) -> list[str]:
    """Where outputs that were read back differ from the oracle's, cleaning among them. `lines` carry the names and offsets of
    the outputs, and name no task and no lead by their ids."""
    engine: Any = _Read(outputs, SimpleNamespace(one_ids=OneIds(secret, shards)))
    names = partial(_one_id, engine)
    result = Oracle(config, layers=6, scores=scores_of(engine), one_id=names).run(lines, until_ms)
    mine, theirs = _in_the_same_terms(engine, result)
    return differences(mine, theirs)
