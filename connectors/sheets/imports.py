"""One import: a file's rows become raw leads, each gets its fate, the result stands beside the file.

The result is published before the leads are: what a kill between the two leaves behind is a result whose rows are imported
when the same file is imported again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from connectors.sheets.formats import format_of
from connectors.sheets.outlets import Outlet, name_of
from connectors.sheets.results import ResultFile, free_path
from connectors.sheets.rows import Counts, Progress, Rows, Wanted
from operators.config.configuration import Configuration
from state import errors


@dataclass
class Done:
    """What an import did."""

    counts: Counts = field(default_factory=Counts)
    written: int = 0
    """Raw leads that the outlet took."""
    name: str = ""
    """Under which name; "" = there was nothing to take."""
    known_before: bool = False
    """The outlet had all of it: nothing was changed."""
    result: Path | None = None


def import_file(path: Path, wanted: Wanted, configuration: Configuration, outlet: Outlet, progress: Progress) -> Done:
    """Import one file. Raises SourceRefused for a file that is refused as a whole, a Fault for the disk or the broker;
    nothing was imported then, and the same call is right again."""
    form = format_of(path)
    place, earlier = free_path(path, ".jsonl" if form == "json" else ".csv")
    result = ResultFile(place)
    rows = Rows(path, wanted, configuration, result, progress)
    done = Done(rows.counts)
    try:
        taken = rows.read(form)
        if taken:
            done.name = name_of(path, sorted(one.content for one in taken))
            done.known_before = outlet.has(done.name)
        same = next((one for one in earlier if result.equals(one)), None)
        if same is None:
            result.publish()
        done.result = same or place
    except OSError as error:
        raise errors.of_disk(error, f"writing the result beside the input, {place}") from error
    finally:
        result.drop()
    if taken and not done.known_before:
        outlet.write(done.name, [one.line for one in taken])
        done.written = len(taken)
    return done
