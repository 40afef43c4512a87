"""A file that is not in the order of its event times: said before it is read, and put in order whatever its size."""

import json
import random
from pathlib import Path

import pytest
from delivery import DAY_MS, HOUR_MS, at, configuration, instant, lead

from connectors.files.ordering import complaint, put_in_order
from state import limits
from state.errors import WrongUsage

RULES = configuration().rules
"""Lateness: 24 h of the channel fair, 12 h of the others."""


def _file(folder: Path, records: list[object]) -> Path:
    path = folder / "raw_leads.jsonl"
    path.write_text("".join(f"{one if type(one) is str else json.dumps(one)}\n" for one in records), encoding="utf-8")
    return path


def _days(*days: float, **more: str) -> list[object]:
    return [lead(f"s{n}", "13912345678", at(1, 0) + int(day * DAY_MS), **more) for n, day in enumerate(days)]


def test_an_export_with_the_newest_lead_first_is_said(tmp_path: Path) -> None:
    path = _file(tmp_path, _days(*range(8, 0, -1)))
    said = complaint(path, 0, RULES)
    assert (
        said.startswith(f"{path} is newest first: 7 of its first 8 leads")
        and f"leadstream order {path} --to DIR" in said
    )


def test_so_is_one_in_no_order(tmp_path: Path) -> None:
    days = list(range(40))
    random.Random(1).shuffle(days)
    assert "is not in the order of its event times" in complaint(_file(tmp_path, _days(*days)), 0, RULES)


@pytest.mark.parametrize(
    "days",
    [(1, 2, 3, 4), (1, 1, 1), (3, 2.9, 2.8, 2.7), (1, 2, 9, 3, *range(10, 40)), ()],
    ids=["oldest first", "one instant", "within the lateness", "a late lead among others", "empty"],
)
def test_what_is_as_a_feed_is_gives_no_word(tmp_path: Path, days: tuple[float, ...]) -> None:
    assert not complaint(_file(tmp_path, _days(*days)), 0, RULES)


def test_the_lateness_of_a_leads_channel_counts(tmp_path: Path) -> None:
    hours = (20, 0, 0, 0)
    records = [lead(f"s{n}", "13912345678", at(1, hour), channel="fair") for n, hour in enumerate(hours)]
    assert not complaint(_file(tmp_path, list(records)), 0, RULES)
    assert complaint(_file(tmp_path, [{**one, "channel": "web"} for one in records]), 0, RULES)


def test_only_what_is_not_read_yet_is_looked_at(tmp_path: Path) -> None:
    path = _file(tmp_path, [*_days(9), *_days(1, 2, 3)])
    assert complaint(path, 0, RULES)
    assert not complaint(path, path.read_bytes().index(b"\n") + 1, RULES)


def test_lines_that_say_no_time_are_passed_over(tmp_path: Path) -> None:
    assert not complaint(_file(tmp_path, ["not json", "[]", "", '{"event_time": 5}', *_days(1)]), 0, RULES)


@pytest.mark.parametrize("memory", [1, 3_000, 1 << 20])
def test_in_order_whatever_fits_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int) -> None:
    monkeypatch.setattr(limits, "ORDER_BYTES", memory)
    rng = random.Random(2)
    times = [at(1, 0) + rng.randrange(20) * HOUR_MS for _ in range(200)]
    lines = [json.dumps({"n": n, "event_time": instant(t)}) for n, t in enumerate(times)]
    path = _file(tmp_path, list(lines))
    target, count = put_in_order(path, tmp_path / "to")
    expected = [lines[n] for n in sorted(range(200), key=lambda n: (times[n], n))]
    assert (target.read_text().splitlines(), count) == (expected, 200)
    assert [one.name for one in (tmp_path / "to").iterdir()] == ["raw_leads.jsonl"], "no part is left"


def test_a_line_without_time_stays_behind_the_line_before_it(tmp_path: Path) -> None:
    records = ['{"n": 0}', *_days(5), "broken", *_days(1), '{"n": 1}']
    path = _file(tmp_path, records)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))  # the last line has no end
    target, count = put_in_order(path, tmp_path / "to")
    lines = path.read_text().splitlines()
    assert (target.read_text().splitlines(), count) == ([lines[n] for n in (0, 3, 4, 1, 2)], 5)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    path = _file(tmp_path, _days(2, 1))
    put_in_order(path, tmp_path / "to")
    with pytest.raises(WrongUsage):
        put_in_order(path, tmp_path / "to")
