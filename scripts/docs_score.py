"""The page about the score: its groups and weights from `operators.base.rules.ScoreRules`, the words of both languages."""

from __future__ import annotations

from typing import Final

from operators.base.rules import DAY_MS, ScoreRules
from operators.base.words import WORDS
from scripts import docs_tables as tables

_RULES: Final = ScoreRules()
_HOUR_MS: Final = 3_600_000


def _points(points: float) -> str:
    return f"{points:g}"


def groups_part() -> str:
    """The four groups, what each adds up, and at how much it is clipped."""
    return tables.table(
        ("group", "what it adds up", "key of `[score]`", "at most"),
        (
            ("customer attributes (客户属性)", "points of what is known", "`customer`", _points(_RULES.customer_max)),
            ("key information (关键信息)", "points of what is known", "`key`", _points(_RULES.key_max)),
            (
                "key behaviour (关键行为)",
                "for each kind of activity: weight × log2(1 + times)",
                "`behaviour`",
                _points(_RULES.behaviour_max),
            ),
            (
                "interaction (互动行为)",
                "for each channel of its raw leads: `channels.X.weight` × `interaction` × log2(1 + n); for each kind and series "
                f"of behaviour: `types` × log2(1 + n). n loses half in {_RULES.half_life_ms // DAY_MS} days",
                "`interaction`, `types`, `other_type`, `half_life_days`",
                _points(_RULES.interaction_max),
            ),
        ),
    )


def weights_part() -> str:
    """Every weight with its words."""
    sections = (
        ("customer", _RULES.customer, ""),
        ("key", _RULES.key, ""),
        ("behaviour", _RULES.behaviour, ""),
        ("types", {**_RULES.types, "any other": _RULES.other_type}, ""),
        ("negative", _RULES.negative, "−"),
    )
    rows = [("", "interaction", _points(_RULES.interaction))]
    rows += [
        (group, name, sign + _points(points)) for group, weights, sign in sections for name, points in weights.items()
    ]
    return tables.table(
        ("table", "factor", "points", "中文", "English"),
        (
            (
                tables.code(f"[score.{group}]" if group else "[score]"),
                tables.code(name) if name != "any other" else name,
                points,
                *(_word(name, language) for language in ("zh", "en")),
            )
            for group, name, points in rows
        ),
    )


def _word(name: str, language: str) -> str:
    words = WORDS[language]
    return words.get(name, words.get(name.lower(), ""))


def gate_part() -> str:
    """The gate's keys and defaults."""
    return tables.table(
        ("key", "default", "what it says"),
        (
            ("`score.gate`", str(_RULES.gate), "a lead whose score is below it is held; 0 = off"),
            ("`score.gate_hold_hours`", _points(_RULES.gate_hold_ms / _HOUR_MS), "then it goes, whatever its score"),
            ("`stores.X.gate_consent`", "false", "only a dealer who agrees has his leads held"),
        ),
    )
