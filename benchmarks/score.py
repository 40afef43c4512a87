"""What a score costs: by the weights, and by a trained scorecard, beside the plain sum that the weights were before.

Each figure is the best of several rounds over the same leads, rounds of all three interleaved, in one process. The scorecard
judges a raw lead when it is accepted and reads its sum at each touch; both count here, once each for a lead.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log2
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from leadstream.compiled import variant
from operators.base.rules import Channel, Rules, ScoreRules
from operators.base.scorecard import Field, Scorecard, scorecard
from operators.intention import score
from operators.intention.attributes import BIT
from operators.wire.records import RawLeadRecord
from state.rows.intention import IntentEntry, Touches, Unique
from state.rows.lead import Lead

LEADS: Final = 20_000
_ROUNDS: Final = 7
MOST_US: Final = 3.0
"""What a lead's score may cost at most, µs."""
_FIELDS: Final = 11
"""Of the scorecard: as many as that of the real leads has."""
_NOW: Final = 1_767_225_600_000
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Costs:
    """µs a lead."""

    leads: int
    former: float
    weights: float
    trained: float

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "scenario": "score",
            "rules": variant(),
            "leads": self.leads,
            "unit": "us a lead",
            "plain_sum": round(self.former, 3),
            "weights": round(self.weights, 3),
            "scorecard": round(self.trained, 3),
            "weights_to_plain_sum": round(self.weights / self.former, 2),
            "scorecard_to_plain_sum": round(self.trained / self.former, 2),
            "most": MOST_US,
        }

    def show(self, console: Console) -> None:
        """For a person."""
        table = Table(title=f"The score of a lead, rules {variant()}; at most {MOST_US:g} µs")
        for head in ("by", "µs a lead", "to the plain sum"):
            table.add_column(head, justify="left" if head == "by" else "right")
        rows = (
            ("the plain sum before", self.former),
            ("the weights", self.weights),
            (f"a scorecard of {_FIELDS} fields", self.trained),
        )
        for name, cost in rows:
            table.add_row(name, f"{cost:.2f}", f"{cost / self.former:.2f}")
        console.print(table)


def measure(leads: int, said: Callable[[str], None]) -> Costs:
    """The three, interleaved."""
    rules = Rules(channels={"a": Channel("a"), "b": Channel("b", weight=0.8)})
    card = _card()
    trained = replace(rules, score=ScoreRules(model=card))
    uniques = [_unique(number) for number in range(leads)]
    records = [_record(number) for number in range(leads)]
    behaved = [Lead(number, behaviours=[1, 0, 1, 0, 0, 0] if number % 5 == 0 else []) for number in range(leads)]

    def by_former() -> None:
        for unique, lead in zip(uniques, behaved, strict=True):
            _former(unique, lead, _NOW, rules)

    def by_weights() -> None:
        for unique, lead in zip(uniques, behaved, strict=True):
            score.score_of(unique, lead, _NOW, rules)

    def by_card() -> None:
        for unique, lead, record in zip(uniques, behaved, records, strict=True):
            unique.judged = card.judge(record)
            score.score_of(unique, lead, _NOW, trained)

    best = [float("inf")] * 3
    for number in range(1, _ROUNDS + 1):
        said(f"round {number} of {_ROUNDS}")
        for place, work in enumerate((by_former, by_weights, by_card)):
            began = time.process_time()  # of this process alone: nothing here waits for anything
            work()
            best[place] = min(best[place], (time.process_time() - began) / leads * 1e6)
    return Costs(leads, *best)


def _card() -> Scorecard:
    texts = ("channel", "city", "series", "gender", "extra.origin", "extra.occupation", "extra.heard", "extra.mail")
    fields = [Field(name, 5, values={f"v{n}": n for n in range(12)}, other=7) for name in texts]
    edges = tuple(float(edge) for edge in range(1, 12))
    numbers = ("extra.visits", "extra.seconds", "extra.pages")
    fields += [Field(name, 3, edges, tuple(range(12))) for name in numbers]
    assert len(fields) == _FIELDS
    return scorecard("abcdef123456", tuple(fields), tuple(range(1, 100)), tuple(range(100)))


def _unique(number: int) -> Unique:
    found = Unique(1, _NOW, 1, _NOW, 0, 0, 0, 0, channel="a")
    found.heat, found.heat_at = 1.0 + number % 3, _NOW - number % 300 * _HOUR_MS
    found.facts = BIT["name"] | BIT["series"] | (BIT["city"] if number % 2 else 0)
    found.intents = [IntentEntry(_NOW, "A6L", number % 4)]
    if number % 7 == 0:
        found.others = [Touches("b", 1.0)]
    return found


def _record(number: int) -> RawLeadRecord:
    extra = {
        "origin": f"v{number % 14}",
        "occupation": f"v{number % 9}",
        "visits": number % 15,
        "seconds": number % 900,
    }
    line = {"channel": "a", "city": f"v{number % 20}", "series": "v1", "extra": {**extra, "heard": "v3", "pages": 2.5}}
    return RawLeadRecord(**json.loads(json.dumps(line)))


_static: dict[tuple[int, int, int], float] = {}


def _former(unique: Unique, lead: Lead, now: int, rules: Rules) -> int:
    """The sum as it was before channels, kinds and what speaks against a number counted: the peer of this measurement."""
    level = 0
    for entry in unique.intents:
        if entry.level > level:
            level = entry.level
    key = (unique.facts, level, 0)
    stated = _static.get(key)
    if stated is None:
        stated = _static[key] = 10.0
    weights = rules.score
    behaviour = 0.0
    if lead.behaviours:
        for kind, count in zip(score.BEHAVIOURS, lead.behaviours, strict=False):
            if count:
                behaviour += weights.behaviour.get(kind, 0.0) * log2(1 + count)
        behaviour = min(behaviour, weights.behaviour_max)
    passed = now - unique.heat_at
    heat = unique.heat * 0.5 ** (passed / weights.half_life_ms) if passed > 0 else unique.heat
    interaction = weights.interaction * log2(1 + heat)
    if interaction > weights.interaction_max:
        interaction = weights.interaction_max
    total = int(stated + behaviour + interaction)
    return 0 if total < 0 else 100 if total > 100 else total
