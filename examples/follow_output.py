"""A consumer of the output files: the mark in force of every raw lead, corrections followed, repeats dropped.

    python examples/follow_output.py var/out             count the marks and end
    python examples/follow_output.py var/out --follow    print each change as it comes, until Ctrl-C

After a crash the engine cuts a file to its sealed length and writes the rest again: what stood there comes back under the
same event ids, perhaps in another order between customers. Hence the two rules here: drop an event id that is known, and
begin again where the file is no longer what was read.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

_TAIL_BYTES = 64 << 10


class Marks:
    """Marks in force, by raw_id. A real consumer keeps `seen`, `in_force` and the position in its own database."""

    def __init__(self, output: Path) -> None:
        self.file = output / "dispositions.jsonl"
        self.in_force: dict[str, dict[str, Any]] = {}
        self.seen: set[str] = set()
        self._position = 0
        self._tail = b""

    def catch_up(self) -> list[dict[str, Any]]:
        """The dispositions that are new, corrections among them, in their order."""
        with self.file.open("rb") as file:
            file.seek(self._position - len(self._tail))
            read = file.read()
            if not read.startswith(self._tail):  # cut after a crash: from the beginning, known events fall out below
                self._position, self._tail = 0, b""
                file.seek(0)
                read = file.read()
        whole = read[len(self._tail) : read.rfind(b"\n") + 1]  # a line without its end is still being written
        self._position += len(whole)
        self._tail = (self._tail + whole)[-_TAIL_BYTES:]
        fresh = []
        for line in whole.splitlines():
            record = json.loads(line)
            if record["event_id"] not in self.seen:
                self.seen.add(record["event_id"])
                self.in_force[record["raw_id"]] = record  # the last record of a raw_id is in force, all fields repeated
                fresh.append(record)
        return fresh

    def counts(self) -> Counter[tuple[str, str]]:
        """(channel, mark) → raw leads, those of channels on trial (`shadow`) left out."""
        return Counter((r["channel"], r["mark"]) for r in self.in_force.values() if not r.get("shadow"))


def main(arguments: list[str]) -> int:
    """Count, or follow; returns the exit code."""
    if not arguments or set(arguments[1:]) - {"--follow"}:
        print("Usage: python examples/follow_output.py OUTPUT_FOLDER [--follow]", file=sys.stderr)
        return 2
    marks = Marks(Path(arguments[0]))
    if not marks.file.exists():
        print(f"There is no {marks.file}. Name the folder that `leadstream run --sink` wrote.", file=sys.stderr)
        return 1
    marks.catch_up()
    by_mark: Counter[str] = Counter()
    for (_, mark), count in marks.counts().items():
        by_mark[mark] += count
    for mark, count in sorted(by_mark.items()):
        print(f"{mark:12} {count}")
    while "--follow" in arguments:
        for record in marks.catch_up():
            was = f", corrects {record['corrects']}" if "corrects" in record else ""
            print(f"{record['at']} {record['channel']}/{record['source_lead_id']}: {record['mark']}{was}", flush=True)
        time.sleep(1)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
