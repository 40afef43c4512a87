import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from connectors.demo.simulated import generate, shuffle_within

pytestmark = pytest.mark.xdist_group("shuffle")  # they share what is made once

WITHIN_S = 3 * 86_400


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    base = tmp_path_factory.mktemp("shuffled")
    generate(base / "made", leads=6000, seed=3)
    shuffle_within(base / "made", base / "other", seed=1, within_s=WITHIN_S)
    return base / "made", base / "other"


def _read(folder: Path) -> list[tuple[bytes, dict[str, str]]]:
    with open(folder / "delivery.csv", encoding="ascii") as rows:
        return list(zip((folder / "raw_leads.jsonl").read_bytes().splitlines(), csv.DictReader(rows), strict=True))


def _clock_before(rows: list[tuple[bytes, dict[str, str]]]) -> list[int]:
    clocks, clock = [], -1
    for _, row in rows:
        clocks.append(clock)
        clock = max(clock, int(row["event_ms"] or -1))
    return clocks


def test_same_lines_in_another_order(folders):
    made, other = map(_read, folders)
    assert Counter(line for line, _ in made) == Counter(line for line, _ in other)
    moved = sum(a != b for (a, _), (b, _) in zip(made, other, strict=True))
    assert moved > len(made) / 2
    for name in ("activity.jsonl", "config.toml", "truth.jsonl"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


def test_nobody_is_held_back_too_long(folders):
    before = Counter[bytes]()
    arrivals: dict[bytes, list[int]] = {}
    for line, row in _read(folders[0]):
        arrivals.setdefault(line, []).append(int(row["arrival_ms"]))
        before[line] += 1
    for line, row in _read(folders[1]):
        held = int(row["arrival_ms"]) - arrivals[line].pop(0)
        assert 0 <= held <= WITHIN_S * 1000
        assert int(row["arrival_ms"]) <= int(row["latest_ms"])


def test_clock_at_pinned_records_is_the_same(folders):
    made, other = map(_read, folders)
    clocks = [
        sorted(
            (line, clock) for (line, row), clock in zip(rows, _clock_before(rows), strict=True) if row["pinned"] == "1"
        )
        for rows in (made, other)
    ]
    assert clocks[0] == clocks[1] and len(clocks[0]) > 100


def test_no_raw_lead_passes_an_activity_or_a_repeat_of_its_customer(folders):
    """By the customers of the truth: the order of a customer's repeats among his raw leads stays."""
    made, other = folders
    customer, repeated = {}, set()
    for line in (made / "truth.jsonl").read_bytes().splitlines():
        entry = json.loads(line)
        customer[entry["channel"], entry["account"], entry["source_lead_id"]] = entry.get("customer")
        if entry.get("replays") or entry.get("enrichments"):
            repeated.add(entry["customer"])
    orders = []
    for folder in (made, other):
        order: dict[str, list[tuple[str, str]]] = {}
        for line, row in _read(folder):
            if b'"source_lead_id"' not in line or not line.endswith(b"}") or b"NaN" in line or b"Infinity" in line:
                continue
            record = json.loads(line)
            key = record.get("channel"), record.get("account", ""), str(record["source_lead_id"])
            if customer.get(key) in repeated:
                order.setdefault(customer[key], []).append((row["pinned"], key[2]))
        orders.append(order)
    for person, first in orders[0].items():
        second = orders[1][person]
        walls = [place for place, (pinned, _) in enumerate(first) if pinned == "1"]
        for wall in walls:
            assert first[wall] == second[wall]
            assert sorted(first[:wall]) == sorted(second[:wall])


def test_seed_decides(folders, tmp_path):
    shuffle_within(folders[0], tmp_path / "again", seed=1, within_s=WITHIN_S)
    shuffle_within(folders[0], tmp_path / "seed2", seed=2, within_s=WITHIN_S)
    shuffle_within(folders[0], tmp_path / "still", seed=1, within_s=0)
    raw = "raw_leads.jsonl"
    assert (tmp_path / "again" / raw).read_bytes() == (folders[1] / raw).read_bytes()
    assert (tmp_path / "seed2" / raw).read_bytes() != (folders[1] / raw).read_bytes()
    assert (tmp_path / "still" / raw).read_bytes() == (folders[0] / raw).read_bytes()


def test_what_cannot_be_shuffled_is_refused(folders, tmp_path):
    with pytest.raises(ValueError, match="another"):
        shuffle_within(folders[0], folders[0], seed=1, within_s=1)
    folder = tmp_path / "cut"
    folder.mkdir()
    (folder / "raw_leads.jsonl").write_bytes(b"{}\n")
    (folder / "delivery.csv").write_text("arrival_ms,event_ms,latest_ms,pinned\n")
    with pytest.raises(ValueError, match="rows"):
        shuffle_within(folder, tmp_path / "out", seed=1, within_s=1)
