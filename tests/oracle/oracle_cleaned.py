"""What a unique lead carries of its cleaning: route, reasons, tasks, verdicts (rulings 24, 40, 58 to 61)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

NONE, AI, MANUAL = ROUTES = ("NONE", "AI", "MANUAL")
OPEN, DONE, TIMEOUT, WITHDRAWN = "OPEN", "DONE", "TIMEOUT", "WITHDRAWN"
MISSING_REASONS = ("STORE_MISSING", "NO_CITY")  # what any store ends, a known one or not
STORE_REASONS = ("STORE_MISSING", "NO_CITY", "STORE_UNKNOWN")  # what a store answer ends


class TaskRecord(NamedTuple):
    """One record of `cleaning_tasks`. `own` and `province` are the candidates of ruling 60, None where the store is known."""

    first: Any  # the first touch of its lead, a RawRef
    name: str
    state: str
    at_ms: int
    route: str
    reasons: frozenset[str]
    not_before_ms: int
    expires_ms: int
    outcome: str = ""
    by: str = ""
    city: str = ""
    city_from: str = ""
    own: frozenset[str] | None = None
    province: frozenset[str] | None = None
    cost: float | None = None


@dataclass(eq=False)
class Task:
    """`beside` a dispatched lead it holds nothing; `overdue`: its time-out has passed and ended nothing (ruling 59).

    `name` is 'm:13812345678/t2' for the customer's second.
    """

    name: str
    route: str
    reasons: dict[str, str]
    opened_ms: int
    not_before_ms: int
    expires_ms: int
    beside: bool
    record: TaskRecord
    overdue: bool = False
    state: str = OPEN
    said: str = ""


class Verdict(NamedTuple):
    """A verdict that was applied, for its repeats: what it said, and the clock."""

    said: str
    at_ms: int


class Intent(NamedTuple):
    """An entry that a verdict added to the history."""

    t_ms: int
    day: str
    fields: dict[str, Any]


@dataclass(eq=False)
class Cleaned:
    """`reasons` {code: route that it asks for} stand until something ends them; `settled`: a verdict of this opening said
    HIGH, NORMAL, INTENT or STORE_CHOSEN; `opened_t_ms` the event time of what opened or reopened the lead."""

    route: str = ""
    reasons: dict[str, str] = field(default_factory=dict)
    task: Task | None = None
    tasks: list[Task] = field(default_factory=list)
    before: int = 0  # how many of them are of earlier openings
    by: str = ""
    settled: bool = False
    high: bool = False
    ai_ran_out: bool = False
    cut_off: Task | None = None  # that a closing by the timer withdrew
    suspect_until_ms: int | None = None
    opened_t_ms: int = 0
    gate_from_ms: int | None = None
    kept_grade: str = ""  # that of its order (domain 9: rescored until the order)
    verdicts: list[Verdict] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether a task holds the lead with CLEANING (ruling 59)."""
        return self.task is not None and not self.task.beside


def strongest(routes: Any) -> str:
    return max(routes, key=ROUTES.index, default=NONE)
