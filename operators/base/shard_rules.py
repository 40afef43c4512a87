"""The rules in force in a shard: those of the configuration, with the store exits that were ordered (ruling 31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from operators.base.rules import Rules
from state.rows.exits_row import Exit

_MOST: Final = 64
_made: dict[tuple[int, int, str], tuple[Rules, Rules]] = {}
"""(rules of the configuration, number of exits, the last command) → (the same, with exits): shards share one object, since
caches are kept for one."""


def of(rules: Rules, exits: Sequence[Exit]) -> Rules:
    """The rules with these exits."""
    key = (id(rules), len(exits), exits[-1].command_id)
    known = _made.get(key)
    if known is not None and known[0] is rules:
        return known[1]
    if len(_made) >= _MOST:
        _made.clear()
    made = replace(rules, exits={one.store: one.successor for one in exits})
    _made[key] = (rules, made)
    return made
