"""8 000 real leads through the engine: the marketing funnel of Olist, a Brazilian marketplace.

    python examples/olist.py [FOLDER]        FOLDER (default var/olist) gets the input, its configuration, state and output

Reads `olist_marketing_qualified_leads.csv` (mql_id, first_contact_date, origin; published on Kaggle, not part of this
project) from the folder LEADSTREAM_TEST_DATA, default ../shared/data. Each origin becomes a channel. The file has no phone
numbers: each lead gets one **derived from its mql_id**, so every lead here is another customer. Then the engine runs, and
its marks and dispatches per origin are compared with the counts taken straight from the file: equal, or exit 1.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from follow_output import FileSource, Marks

CHECKOUT = Path(__file__).resolve().parent.parent
CSV = "olist_marketing_qualified_leads.csv"
ZONE = "America/Sao_Paulo"
NOT_GIVEN = "not_given"
STORE = "OLIST"


def read_leads(file: Path) -> list[dict[str, str]]:
    """The file's rows in order of first contact (the file has none), an empty origin named."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [{**row, "origin": row["origin"] or NOT_GIVEN} for row in csv.DictReader(lines)]
    return sorted(rows, key=lambda row: (contact(row), row["mql_id"]))


def contact(row: dict[str, str]) -> datetime:
    """First contact: the file gives month/day/year and no time; noon, by the marketplace's clocks."""
    day = datetime.strptime(row["first_contact_date"], "%m/%d/%Y").date()
    return datetime.combine(day, time(12), ZoneInfo(ZONE))


def phone_of(mql_id: str) -> str:
    """An invented mobile: 13 to 19 and nine digits of the id."""
    number = int(mql_id, 16)
    return f"1{3 + number % 7}{number // 7 % 10**9:09d}"


def write_inputs(rows: list[dict[str, str]], folder: Path) -> None:
    """raw_leads.jsonl and config.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "raw_leads.jsonl").open("w", encoding="utf-8") as out:
        for row in rows:
            lead = {
                "channel": row["origin"],
                "source_lead_id": row["mql_id"],
                "phone": phone_of(row["mql_id"]),
                "store": STORE,
                "event_time": contact(row).isoformat(),
            }
            out.write(json.dumps(lead) + "\n")
    origins = sorted({row["origin"] for row in rows})
    channels = [f'[channels.{origin}]\nstatus = "LIVE"\nconsent = true\n' for origin in origins]
    (folder / "config.toml").write_text(f'timezone = "{ZONE}"\n\n' + "\n".join(channels), encoding="utf-8")


def run(folder: Path, until: datetime) -> None:
    """`leadstream run` on the folder."""
    command = [sys.executable, "-m", "leadstream", "run", "--config", folder / "config.toml", "--source", folder]
    command += ["--state", folder / "state", "--sink", folder / "out", "--metrics", "127.0.0.1:0"]
    command += ["--until", until.isoformat()]
    subprocess.run([str(word) for word in command], check=True)


def main(arguments: list[str]) -> int:
    """Run and compare; returns the exit code."""
    data = Path(os.environ.get("LEADSTREAM_TEST_DATA") or CHECKOUT.parent / "shared" / "data")
    if not (data / CSV).exists():
        print(f"There is no {data / CSV}: name its folder with LEADSTREAM_TEST_DATA=FOLDER.", file=sys.stderr)
        return 1
    folder = Path(arguments[0]) if arguments else CHECKOUT / "var" / "olist"
    rows = read_leads(data / CSV)
    print(f"{len(rows)} leads of {CSV}; their phones are invented, derived from mql_id.", flush=True)
    write_inputs(rows, folder)
    try:
        run(folder, contact(rows[-1]) + timedelta(days=1))
    except subprocess.CalledProcessError as error:
        return error.returncode

    marks = Marks(FileSource(folder / "out"))
    marks.catch_up()
    first = {channel: count for (channel, mark), count in marks.counts().items() if mark == "FIRST_TOUCH"}
    with (folder / "out" / "dispatches.jsonl").open(encoding="utf-8") as lines:
        dispatched = Counter(json.loads(line)["channel"] for line in lines)
    expected = Counter(row["origin"] for row in rows)
    print(f"\n{'origin':20}{'in the file':>12}{'first touch':>12}{'dispatched':>12}")
    for origin, count in expected.most_common():
        print(f"{origin:20}{count:12}{first.get(origin, 0):12}{dispatched[origin]:12}")
    if first == expected == dispatched and sum(marks.counts().values()) == len(rows):
        print("Equal.")
        return 0
    print("NOT equal.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
