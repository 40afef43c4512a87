"""Another delivery order of a generated folder, within the lateness: the final marks must not change (domain 3).

Ruling 57 says which orders are fair. Raw leads are only held back, never brought forward:

- each raw lead at most until it would be late, and never past an activity, a repeat or a pinned record of its customer
  (`latest_ms` of `delivery.csv`, written by the generator);
- the clock at repeats and at records without event time stays what it was: the record that holds the running maximum
  there keeps its place, and nobody with a later event time can come before them.

Activities, verdicts and commands need nothing: in order of event time, each meets the clock at its own event time in every such order.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

from connectors.demo.simulated.generate import ACTIVITY, COMMANDS, CONFIG, DELIVERY, RAW_LEADS, TRUTH, VERDICTS


def shuffle_within(folder: Path, out: Path, seed: int, within_s: int) -> int:
    """Writes `out` like `folder` with raw_leads.jsonl in another order; returns how many lines changed their place.

    A raw lead is held back by at most `within_s` seconds. Refused lines stay. The truth of `folder` holds for `out`.
    Raises ValueError where `folder` was not written by `generate`, or where `out` is `folder`.
    """
    if out.resolve() == folder.resolve():
        raise ValueError("the shuffled folder must be another one")
    rng = Random(f"shuffle/{seed}")
    lines = (folder / RAW_LEADS).read_bytes().split(b"\n")[:-1]
    rows = [row.split(",") for row in (folder / DELIVERY).read_text(encoding="ascii").splitlines()[1:]]
    if len(rows) != len(lines):
        raise ValueError(f"{DELIVERY} has {len(rows)} rows for {len(lines)} lines")
    fixed = _fixed(rows)
    arrivals: list[tuple[int, int]] = []
    for place, (arrival, _, latest, _) in enumerate(rows):
        arrival_ms = int(arrival)
        held_ms = 0 if place in fixed else min(int(latest) - arrival_ms, within_s * 1000)
        arrivals.append((arrival_ms + int(rng.random() * (held_ms + 1)), place))
    arrivals.sort()
    out.mkdir(parents=True, exist_ok=True)
    for name in (ACTIVITY, COMMANDS, VERDICTS, CONFIG, TRUTH):
        shutil.copyfile(folder / name, out / name)
    with open(out / RAW_LEADS, "wb") as raw_leads, open(out / DELIVERY, "w", encoding="ascii") as plan:
        plan.write("arrival_ms,event_ms,latest_ms,pinned\n")
        for arrival_ms, place in arrivals:
            raw_leads.write(lines[place] + b"\n")
            plan.write(",".join((str(arrival_ms), *rows[place][1:])) + "\n")
    return sum(place != was for place, (_, was) in enumerate(arrivals))


def _fixed(rows: list[list[str]]) -> set[int]:
    """Places of pinned records, and of those that hold the clock at them."""
    fixed: set[int] = set()
    clock, holder = -1, -1
    for place, (_, event, _, pinned) in enumerate(rows):
        if pinned == "1":
            fixed.update((place, holder) if holder >= 0 else (place,))
        if event and int(event) > clock:
            clock, holder = int(event), place
    return fixed
