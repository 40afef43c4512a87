"""What is known of a unique lead's cleaning (智能清洗, 人工清洗); a lead that never needed any has none of it."""

from __future__ import annotations

from msgspec import Struct


class Past(Struct, array_like=True, gc=False):
    """A task of the lead that has ended."""

    number: int
    route: int
    end: int
    """How it ended (`codes.TASK_STATES`)."""
    said: str = ""
    """Who ended it, and with which outcome; "" where no verdict did."""


class Cleaning(Struct, array_like=True, gc=False):
    """The cleaning of a unique lead since it was last opened or reopened, its open task, and those before."""

    reasons: int = 0
    """Facts that ask for it (`operators.cleaning.facts`), by their bits."""
    rule: str = ""
    """Reason of the rule that asks for it; "" = none does, or its task has ended."""
    ruled: int = 0
    """Route of that rule; 0 = none matched."""
    number: int = 0
    """Of its latest task, counted per customer; 0 = it had none since it opened."""
    route: int = 0
    """Of its open task; 0 = none is open."""
    opened: int = 0
    expires: int = 0
    """When the open task times out; 0 = it does not, or did without an end (ruling 59)."""
    holds: bool = False
    """Whether the open task holds the lead: one beside a dispatched lead does not."""
    wanted: int = 0
    """Route of the task that is to be opened when the lead is judged next; 0 = none."""
    late: bool = False
    """Whether the open task timed out while the store was missing or unknown."""
    clean: bool = False
    """Whether a verdict of this opening was HIGH, NORMAL, INTENT or STORE_CHOSEN."""
    by: int = 0
    """Who cleaned it: a place in `codes.BY`; 0 = nobody."""
    high: bool = False
    """Whether a person once said HIGH: stage SQL (ruling 32)."""
    suspect: int = 0
    """Until when it is SUSPECT, inclusive (ruling 40); 0 = it is not."""
    past: list[Past] = []
    """Tasks that ended, the latest last."""
    verdicts: list[bytes] = []
    """Digests of the verdicts that were applied, the latest last."""
    stands: int = 0
    """Facts on which the lead's route stands; unlike `reasons` they outlive the task that they asked for."""
    before: int = 0
    """Number of its last task of an earlier opening; 0 = it had none."""
