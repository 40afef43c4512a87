"""Events of one key written by hand, for tests of the rules of an intention: times are local to Shanghai."""

from __future__ import annotations

from typing import Any

from operators.base.rules import Channel, Rules
from state.rows import customer_row
from state.rows.codes import MARKS
from state.rows.customer_row import Customer, Section
from state.rows.intention import Act, Fold, IntentEntry, Raw, Unique

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
NEW_YEAR_MS = 1_704_038_400_000
"""2024-01-01 00:00 in Shanghai: 2023-12-31 16:00 UTC."""
MERGE_MS, DEAL_MS, LIFE_MS = 60 * DAY_MS, 180 * DAY_MS, 365 * DAY_MS
"""The defaults of domain 7."""
RULES = Rules(channels={"a": Channel("a", consent=True), "first": Channel("first", priority=50)})


def at(day: int, hour: int = 0, minute: int = 0) -> int:
    """Epoch ms of a local time; day 1 = 2024-01-01, day 32 = 2024-02-01."""
    return NEW_YEAR_MS + (day - 1) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS


def raw(n: int, t: int, channel: str = "a", source_id: str = "", *, level: int = 0, **more: Any) -> Raw:
    """The customer's n-th raw lead, with the default periods."""
    fields = {"priority": RULES.channels[channel].priority, "account": "", "split": 0, "facts": 0}
    fields |= {"merge": MERGE_MS, "deal": DEAL_MS, "life": LIFE_MS, "intent": IntentEntry(t, "", level)}
    return Raw(n=n, t=t, channel=channel, source_id=source_id or f"s{n}", **{**fields, **more})


def act(kind: int, t: int, activity_id: str = "v") -> Act:
    """A young activity, where it happened."""
    return Act(t, t, kind, activity_id, 0, t)


def mark(decision: tuple[int, Unique, int, str]) -> str:
    """The mark in words."""
    return MARKS[decision[0]]


def empty() -> Fold:
    """A key without leads, its lists its own."""
    return Fold([], -1, [])


def key() -> tuple[Section, Customer]:
    """An empty key at S1 and its customer's row."""
    row = Customer("20240101", "13812345678", "", False)
    section = customer_row.section_of("main", "S1")
    row.sections = [section]
    return section, row
