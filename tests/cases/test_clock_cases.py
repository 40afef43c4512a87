"""Other people's bug reports about times and the clock, through the whole engine (rulings 16 and 76).

A folder: config.toml and the input as reported; what is right stands beside its test. The wall's time is 2026-03-02, noon in
Shanghai.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flows.engine import Engine
from flows.open import Wanted, prepare
from flows.run import run

HERE = Path(__file__).parent
FIRST = HERE / "a-first-time-of-1970"
FEEDS = HERE / "a-time-of-1970-in-one-of-two-feeds"
GAP = HERE / "an-opening-in-a-gap-of-the-clocks"
TODAY = "2026-03-02T12:00:00+08:00"
FOUR = {f"E{n}": ("FIRST_TOUCH", f"2026-03-02T10:00:0{n}.000+08:00") for n in (1, 2, 3, 4)}


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    log = logging.getLogger("leadstream")
    propagates, log.propagate = log.propagate, True
    with caplog.at_level(logging.WARNING, "leadstream"):
        yield
    log.propagate = propagates


class Ran:
    """A run to its end, and what it wrote."""

    def __init__(self, folder: Path, case: Path, source: Path, *, today: str = TODAY, until: str | None = None) -> None:
        self.out = folder / "out"
        wanted = Wanted(
            config=case / "config.toml",
            source=str(source),
            sink=str(self.out),
            state=folder / "state",
            metrics=("127.0.0.1", 0),
            until_ms=None if until is None else ms(until),
            wall_ms=lambda: ms(today),
        )
        self.engine: Engine = prepare(wanted).engine
        run(self.engine)

    def records(self, stream: str) -> list[dict[str, Any]]:
        file = self.out / f"{stream}.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def leads(self) -> dict[str, tuple[str, str]]:
        """Source id → (mark, when it was dispatched)."""
        sent = {record["unique_id"]: record["at"] for record in self.records("dispatches")}
        found = self.records("dispositions")
        return {record["source_lead_id"]: (record["mark"], sent[record["unique_id"]]) for record in found}

    @property
    def refused(self) -> list[tuple[str, list[str]]]:
        """(id, reasons); each reject says when it was refused."""
        rejects = self.records("rejects")
        assert all(record["at"] for record in rejects), "every record has `at` (contract)"
        originals = [json.loads(record["original"]) for record in rejects]
        return [
            (original.get("source_lead_id") or original["activity_id"], record["reasons"])
            for original, record in zip(originals, rejects, strict=True)
        ]


def written(folder: Path, *records: dict[str, Any], rest: Path = FIRST / "input.jsonl", skip: int = 1) -> Path:
    """A file of these records and of what follows the first `skip` of another one."""
    file = folder / "input.jsonl"
    lines = [json.dumps(record) for record in records] + rest.read_text().splitlines()[skip:]
    file.write_text("\n".join(lines) + "\n")
    return file


def lead(source_id: str, event_time: str, **more: Any) -> dict[str, Any]:
    return {
        "channel": "autohome",
        "source_lead_id": source_id,
        "phone": "13900000001",
        "store": "SH001",
        "event_time": event_time,
        **more,
    }


def test_a_first_time_of_1970_decides_about_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """E1 to E4 FIRST_TOUCH and dispatched at 10:00:01 to 04; E0 must not decide about others, and stderr names it."""
    ran = Ran(tmp_path, FIRST, FIRST / "input.jsonl")
    assert ran.leads == FOUR and ran.refused == [("E0", ["BAD_TIME"])]
    assert "input.jsonl, line 1 is before periods.earliest and refused" in caplog.text
    (said,) = ran.engine.arrivals.odd.sentences()
    assert said.startswith("1 record is before periods.earliest") and "input.jsonl, line 1" in said


@pytest.mark.parametrize("zero", ["1899-12-30T00:00:00+08:00", "0001-01-01T00:00:00Z", "2009-12-31T23:59:59+08:00"])
def test_any_time_before_the_earliest(tmp_path: Path, zero: str) -> None:
    ran = Ran(tmp_path, FIRST, written(tmp_path, lead("E0", zero)))
    assert ran.leads == FOUR and ran.refused == [("E0", ["BAD_TIME"])]


@pytest.mark.parametrize(
    ("first", "reasons"),
    [
        ({"type": "activity", "activity_id": "E0", "kind": "VISIT"}, ["NO_LEAD"]),
        ({"type": "verdict", "by": "AI", "outcome": "DEAD"}, ["NO_LEAD"]),
        ({"type": "command", "command_id": "c", "kind": "ASSIGN", "advisor": "a"}, ["NO_LEAD"]),
        ({"type": "command", "command_id": "c", "kind": "FORGET"}, ["NOT_SUPPORTED"]),
        ({"channel": "nobody"}, ["UNKNOWN_CHANNEL"]),
        ({"origin": "advisor"}, ["NOT_SUPPORTED"]),
        ({"phone": "1"}, ["BAD_PHONE"]),
    ],
)
@pytest.mark.parametrize("at", ["2020-03-02T10:00:00+08:00", "2026-09-02T10:00:00+08:00"])
def test_a_refused_first_record_moves_nothing(
    tmp_path: Path, first: dict[str, Any], reasons: list[str], at: str
) -> None:
    """Only a raw lead that validation accepts starts the clock. All reasons are named (ruling 32)."""
    if at > TODAY and "type" not in first:  # a raw lead
        reasons = sorted([*reasons, "BAD_TIME"])
    ran = Ran(tmp_path, FIRST, written(tmp_path, lead("E0", at, **first)))
    assert ran.leads == FOUR and ran.engine.seal_row.clock == ms("2026-03-02T10:00:04+08:00")
    assert [codes for _, codes in ran.refused] == [reasons]


def test_an_honest_gap_is_applied_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The first lead of 2022, the others of 2026: 1 461 days, which do not pass today."""
    ran = Ran(tmp_path, FIRST, written(tmp_path, lead("E0", "2022-03-02T10:00:00+08:00")))
    assert {name: ran.leads[name] for name in FOUR} == FOUR and not ran.refused
    assert "input.jsonl, line 2 moves the clock by 35064.0 h" in caplog.text
    (said,) = ran.engine.arrivals.odd.sentences()
    assert said.startswith("1 record is far ahead of the clock and applied (input.jsonl, line 2)")


def test_a_first_record_of_2028_starts_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ran = Ran(tmp_path, FIRST, written(tmp_path, lead("E0", "2028-03-02T10:00:00+08:00")))
    assert ran.leads == FOUR and ran.refused == [("E0", ["BAD_TIME"])]
    assert "set [source] today" in caplog.text


def test_where_the_input_says_what_today_is_it_may_begin_then(tmp_path: Path) -> None:
    case = tmp_path / "case"
    case.mkdir()
    config = (FIRST / "config.toml").read_text()
    (case / "config.toml").write_text(config + '\n[source]\ntoday = "2028-03-02"\n')
    ran = Ran(tmp_path, case, written(tmp_path, lead("E0", "2028-03-02T10:00:00+08:00"), skip=9))
    assert list(ran.leads) == ["E0"] and not ran.refused


def test_today_is_that_of_the_state_s_first_start(tmp_path: Path) -> None:
    """A jump that passes it is refused in a later year too, with the key that lets it through."""
    Ran(tmp_path, FIRST, FIRST / "input.jsonl")
    later = tmp_path / "later"
    later.mkdir()
    source = written(later, lead("L", "2029-06-01T10:00:00+08:00"), skip=9).rename(later / "later.jsonl")
    ran = Ran(tmp_path, FIRST, source, today="2029-06-02T00:00:00+08:00")
    assert ran.refused[1:] == [("L", ["BAD_TIME"])]
    assert "periods.max_jump_days" in ran.engine.arrivals.odd.sentences()[0]
    assert ran.engine.seal_row.clock == ms("2026-03-02T10:00:04+08:00")


@pytest.mark.parametrize("zero", ["1970-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2062-01-01T00:00:00Z"])
def test_what_stands_in_one_feed_changes_nothing_for_another(tmp_path: Path, zero: str) -> None:
    """E1 to E4 FIRST_TOUCH in both, whatever the file they stand in."""
    source = tmp_path / "in"
    source.mkdir()
    for file in sorted((FEEDS / "input").iterdir()):
        lines = file.read_text().replace("1970-01-01T00:00:00Z", zero)
        (source / file.name).write_text(lines)
    ran = Ran(tmp_path, FEEDS, source)
    assert {name: found for name, found in ran.leads.items() if name != "E0"} == FOUR
    assert ran.refused == ([] if zero.startswith("2020") else [("E0", ["BAD_TIME"])])


def test_a_store_that_opens_in_the_hour_that_clocks_skip(tmp_path: Path) -> None:
    """One hold HOURS until 2026-03-08T03:00:00-04:00, dispatch then."""
    ran = Ran(
        tmp_path,
        GAP,
        GAP / "input.jsonl",
        until="2026-03-10T12:00:00-04:00",
        today="2026-03-10T12:00:00-04:00",
    )
    assert [(hold["conditions"], hold["until"]) for hold in ran.records("holds")] == [
        (["HOURS"], "2026-03-08T03:00:00.000-04:00")
    ]
    assert ran.leads == {"A": ("FIRST_TOUCH", "2026-03-08T03:00:00.000-04:00")}
