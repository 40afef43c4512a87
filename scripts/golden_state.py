"""Golden states: what a state of each format looks like on disk, and what must come out when it goes on.

    golden_state.py state       once per format: write tests/golden/state-N/ with today's code, as a killed process leaves it
    golden_state.py expected    after an intended change of the rules: go on from every kept state with today's code and
                                write `expected.jsonl` anew; its difference says what the change means for a live state

A folder holds `config.json`, `raw_leads.jsonl` (of which the state has read a part), `state.tar.gz`, `out.tar.gz`,
`expected.jsonl` (what every output record says in short) and `about.json`. A kept state is never written again.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "tests" / "helpers")]

from connectors.files.reader import FileReader  # noqa: E402
from connectors.files.sink import FileSink  # noqa: E402
from flows.engine import Engine, Options  # noqa: E402
from flows.run import run  # noqa: E402
from operators.config.configuration import Configuration, from_tables  # noqa: E402
from operators.wire.streams import STREAMS  # noqa: E402
from state import limits, seal  # noqa: E402
from state.rows import customer_row  # noqa: E402

GOLDEN = CHECKOUT / "tests" / "golden"
SHARDS = 4
RECORDS, BEFORE = 160, 100
SAYS = (
    "event_id",
    "at",
    "mark",
    "corrects",
    "unique_id",
    "status",
    "closed_reason",
    "conditions",
    "until",
    "sequence",
    "reason",
    "reasons",
    "kind",
    "changed",
    "event_time",
    "store",
)
"""Fields of an output record that `expected.jsonl` keeps: decisions, not weights and wording."""


class _Killed(Exception):
    pass


class _Dies(FileSink):
    """Writes for a while, then is gone."""

    writes = 0

    def write_lines(self, stream: int, lines: bytes) -> None:
        super().write_lines(stream, lines)
        self.writes -= 1
        if self.writes == 0:
            raise _Killed


def settings(folder: Path) -> Configuration:
    """The configuration that a golden state was made with; the secret is the public one for trials."""
    return from_tables(json.loads((folder / "config.json").read_text()), environ={})


def go_on(folder: Path, work: Path) -> list[dict[str, Any]]:
    """Unpack a golden state into `work`, read the rest of its input, and say in short what lies in the outputs."""
    for name in ("state", "out"):
        with tarfile.open(folder / f"{name}.tar.gz") as packed:
            packed.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11 before 3.11.4 has none
            packed.extractall(work)
    about = json.loads((folder / "about.json").read_text())
    reader, sink = FileReader(folder / "raw_leads.jsonl"), FileSink(work / "out")
    options = Options(work / "state", shards=SHARDS, until_ms=about["until_ms"])
    run(Engine(settings(folder), reader, sink, options), epoch=timedelta(0))
    return in_short(work / "out")


def in_short(out: Path) -> list[dict[str, Any]]:
    """The fields in `SAYS` of each output record, with its stream, in the order of the event ids."""
    found = []
    for stream in STREAMS:
        for line in (out / f"{stream}.jsonl").read_bytes().splitlines():
            record = json.loads(line)
            found.append({"stream": stream, **{name: record[name] for name in SAYS if name in record}})
    return sorted(found, key=lambda record: (record["stream"], record["event_id"]))


def lines(records: list[dict[str, Any]]) -> str:
    """JSON lines."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def write_state(folder: Path) -> None:
    """Make a golden state of today's format."""
    from delivery import TABLES, at, scenario

    folder.mkdir(parents=True)
    records = scenario(1, RECORDS)
    text = [record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "config.json").write_text(json.dumps(TABLES, indent=1) + "\n")
    about = {"state": seal.STATE_FORMAT, "rows": customer_row.FORMAT, "until_ms": at(20, 12)}
    (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n")
    (folder / "raw_leads.jsonl").write_text("\n".join(text) + "\n")
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        part = work / "raw_leads.jsonl"
        part.write_text("\n".join(text[:BEFORE]) + "\n")
        sink = _Dies(work / "out")
        engine = Engine(settings(folder), FileReader(part), sink, Options(work / "state", shards=SHARDS))
        sink.writes = 60
        limits.BATCH_RECORDS = 6  # type: ignore[misc]  # many batches: seals behind, an outbox ahead of them
        closing = engine.database.close
        engine.database.close = lambda: _pack(folder, work)  # type: ignore[method-assign]
        try:
            run(engine, epoch=timedelta(0))
        except Exception as error:
            print(f"the state is as it was when its process died: {error}")
        closing()
    write_expected(folder)


def _pack(folder: Path, work: Path) -> None:
    """State and output as they lie there, before an orderly closing turns the log into tables."""
    for name in ("state", "out"):
        with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as packed:
            packed.add(work / name, name, filter=_kept)


def _kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if Path(member.name).name in ("LOCK", "HOLDER") or Path(member.name).name.startswith("LOG"):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def write_expected(folder: Path) -> None:
    """What comes out when today's code goes on from this state."""
    with tempfile.TemporaryDirectory() as place:
        found = go_on(folder, Path(place))
    (folder / "expected.jsonl").write_text(lines(found))
    print(f"{folder.name}: {len(found)} output records")


def main(arguments: list[str]) -> int:
    match arguments:
        case ["state"]:
            folder = GOLDEN / f"state-{seal.STATE_FORMAT}"
            if folder.exists():
                print(f"{folder.name} exists: a kept state is never written again", file=sys.stderr)
                return 1
            write_state(folder)
        case ["expected"]:
            for folder in sorted(GOLDEN.glob("state-*")):
                write_expected(folder)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
