"""Counts per channel and local day: what is counted, and where it is shown (rulings 8 and 30); and what of it is also counted
per campaign (ruling 61)."""

from __future__ import annotations

from typing import Final, NamedTuple


class CountKind(NamedTuple):
    """A count. Its place in a count row is its place in `KINDS`: never moved, only appended to."""

    name: str
    help: str
    metric: str = ""
    """Its counter on the metrics page; "" = it is shown as part of another family."""


KINDS: Final = (
    CountKind("first_touch", "Marks FIRST_TOUCH in force."),
    CountKind("deduped", "Marks DEDUPED in force."),
    CountKind("merged", "Marks MERGED in force."),
    CountKind("deal_merged", "Marks DEAL_MERGED in force."),
    CountKind("received", "Raw leads received.", "received"),
    CountKind("rejects", "Raw leads refused.", "rejected_leads"),
    CountKind("late", "Raw leads beyond the lateness.", "late"),
    CountKind("replays", "Transport replays.", "replays"),
    CountKind("enrichments", "Replays with changed fields.", "enrichments"),
    CountKind("splits", "Parts beyond the first of raw leads that name several stores.", "splits"),
    CountKind("dispatched", "Dispatches, by channel of first touch.", "dispatched"),
    CountKind("held", "Holds written, by channel of first touch.", "held"),
    CountKind("corrections", "Corrections of marks after late records.", "corrections"),
    CountKind("opened", "Unique leads opened.", "opened"),
    CountKind("folded", "Unique leads folded into another.", "folded"),
    CountKind("accepted", "Raw leads (parts) accepted.", "accepted"),
    CountKind("blank", "Lines and values without content, skipped.", "blank"),
    CountKind("tasks_ai", "Cleaning tasks for the robot, by channel of first touch.", "cleaning_tasks_ai"),
    CountKind("tasks_manual", "Cleaning tasks for people, by channel of first touch.", "cleaning_tasks_manual"),
    CountKind("resolved_ai", "Leads whose cleaning a verdict of the robot ended.", "cleaning_resolved_ai"),
    CountKind("resolved_manual", "Leads whose cleaning a verdict of people ended.", "cleaning_resolved_manual"),
    CountKind("cleaning_cost", "Cost of cleaning, hundredths of a yuan.", "cleaning_cost_fen"),
    CountKind("valid", "Unique leads that are valid, by channel of first touch and day of opening."),
    CountKind("invalid", "Unique leads that are invalid, by channel of first touch and day of opening."),
    CountKind("tasks_ended", "Cleaning tasks that ended, whoever had them.", "cleaning_tasks_ended"),
)
COUNTS: Final = tuple(kind.name for kind in KINDS)
"""The first four are the marks in force, in the order of their numbers."""

RECEIVED: Final = 4
REJECTED: Final = 5
LATE: Final = 6
REPLAYED: Final = 7
ENRICHED: Final = 8
SPLITS: Final = 9
DISPATCHED: Final = 10
HELD: Final = 11
CORRECTIONS: Final = 12
OPENED: Final = 13
FOLDED: Final = 14
ACCEPTED: Final = 15
BLANK: Final = 16
TASKS_AI: Final = 17
TASKS_MANUAL: Final = 18
RESOLVED_AI: Final = 19
RESOLVED_MANUAL: Final = 20
CLEANING_COST: Final = 21
VALID: Final = 22
INVALID: Final = 23
TASKS_ENDED: Final = 24

PER_CAMPAIGN: Final = (TASKS_AI, TASKS_MANUAL, RESOLVED_AI, RESOLVED_MANUAL, CLEANING_COST)
"""Also counted by channel and campaign of the first touch, for `leadstream costs`: campaigns are too many for metrics. The place
here is the place in the row: never moved, only appended to."""
PLACE_OF: Final = {kind: place for place, kind in enumerate(PER_CAMPAIGN)}
