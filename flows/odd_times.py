"""Records whose times are not believed, or move the clock far: how many, the first one, and what to set (ruling 76).

Known by the run that met them: its log, its last line and its metrics. None of it decides anything.
"""

from __future__ import annotations

import logging
from typing import Final

from operators.intake import times

log = logging.getLogger("leadstream")

JUMPED: Final = "jumped"
"""Applied: it moved the clock further than its lateness and had no ingest time, or further than a jump may be."""
KINDS: Final = {
    times.EARLY: ("before periods.earliest and refused", "set periods.earliest where such times are real"),
    times.AFTER_TODAY: (
        "more than 24 h after today with no clock yet, and refused",
        "set [source] today where such times are real",
    ),
    times.JUMP: (
        "too far ahead of the clock and refused",
        "set periods.max_jump_days where the gap is real",
    ),
    JUMPED: ("far ahead of the clock and applied", "correct event_time where the gap is not real"),
}
"""Kind → what such records are, and what can be done."""


class OddTimes:
    """Counts by kind since the start of the run, and the first record of each."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(KINDS, 0)
        self.first: dict[str, str] = {}
        """Kind → "raw_leads.jsonl, line 3"."""

    def refused(self, kind: str, name: str, offset: int) -> None:
        """A record was refused for its time; the first of each kind is named at once."""
        if kind not in KINDS:
            return
        self.counts[kind] += 1
        if self.counts[kind] == 1:
            what, remedy = KINDS[kind]
            self.first[kind] = f"{name}, line {offset}"
            log.warning(
                "%s is %s (BAD_TIME): %s. Further ones are counted, and named in `rejects`.",
                self.first[kind],
                what,
                remedy,
            )

    def jumped(self, name: str, offset: int, by_ms: int) -> None:
        """A record moved the clock far; each is named."""
        self.counts[JUMPED] += 1
        where = f"{name}, line {offset}"
        self.first.setdefault(JUMPED, where)
        log.warning("%s moves the clock by %.1f h: check its event_time.", where, by_ms / 3_600_000)

    def sentences(self) -> list[str]:
        """For the run's last line, one a kind."""
        said = []
        for kind, (what, remedy) in KINDS.items():
            count = self.counts[kind]
            if count:
                one = count == 1
                records = "1 record is" if one else f"{count} records are"
                first = self.first[kind] if one else f"first {self.first[kind]}"
                said.append(f"{records} {what} ({first}): {remedy}.")
        return said
