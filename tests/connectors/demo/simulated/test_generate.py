"""The generated folder: shape of the shares, completeness of the truth, order of delivery."""

import csv
import hashlib
import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.demo.simulated import Summary, generate
from connectors.demo.simulated.toml_text import toml_text
from operators.config.configuration import from_tables

pytestmark = pytest.mark.xdist_group("generate")  # they share what is made once

LEADS = 12_000
FILES = (
    "activity.jsonl",
    "commands.jsonl",
    "config.toml",
    "delivery.csv",
    "raw_leads.jsonl",
    "truth.jsonl",
    "verdicts.jsonl",
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("generated")
    return folder, generate(folder, leads=LEADS, seed=1)


@pytest.fixture(scope="module")
def truth(made) -> list[dict]:
    return [json.loads(line) for line in (made[0] / "truth.jsonl").read_bytes().splitlines()]


@pytest.fixture(scope="module")
def config(made) -> dict:
    return tomllib.loads((made[0] / "config.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def raw_leads(made) -> list[dict]:
    """The raw leads that are JSON objects."""
    found = []
    for line in (made[0] / "raw_leads.jsonl").read_bytes().splitlines():
        try:
            value = json.loads(line, parse_constant=_refuse)
        except (ValueError, UnicodeDecodeError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def _refuse(word: str) -> None:
    raise ValueError(word)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _ms(text: str) -> int:
    return (_instant(text) - EPOCH) // timedelta(milliseconds=1)


def _key(record: dict) -> tuple[str, str, str]:
    return record["channel"], str(record.get("account") or ""), str(record["source_lead_id"])


def test_summary_counts_what_was_written(made, truth):
    folder, summary = made
    marks = Counter(line["mark"] for line in truth if "mark" in line)
    outcomes = Counter(line["outcome"] for line in truth if "outcome" in line)
    assert summary.marks == marks
    assert summary.accepted == marks.total()
    assert (outcomes["LATE"], outcomes["SHADOW"]) == (summary.late, summary.shadow)
    assert outcomes["REJECTED"] == summary.rejected.total() - summary.rejected_unlisted
    assert summary.records == (folder / "raw_leads.jsonl").read_bytes().count(b"\n")
    assert summary.records == summary.accepted - summary.splits + summary.late + summary.shadow + summary.replays + (
        summary.enrichments + summary.rejected.total()
    )


def test_shares_are_those_of_the_domain(made, truth, raw_leads):
    _, summary = made
    accepted = summary.accepted
    assert abs(accepted - LEADS) <= LEADS * 0.02
    share = {name: count / accepted for name, count in (summary.cases | summary.marks).items()}
    assert 1.5 <= 1 / share["FIRST_TOUCH"] <= 2
    assert 0.05 <= share["DEDUPED"] <= 0.105
    assert 0.05 <= share["next_day"] <= 0.08
    assert share["MERGED"] > 0.2 and share["DEAL_MERGED"] > 0.01
    assert 0.015 <= summary.replays / summary.records <= 0.03
    assert 0.003 <= summary.enrichments / summary.records <= 0.008
    assert (
        0.025
        <= sum(summary.rejected[code] for code in ("BAD_PHONE", "SERVICE_NUMBER", "TEST_NUMBER")) / (summary.records)
        <= 0.035
    )
    without_store = sum(line["store"] is None for line in truth if "mark" in line) / accepted
    assert 0.065 <= without_store <= 0.095
    split = len({_key(line) for line in truth if "split" in line}) / summary.records
    assert 0.006 <= split <= 0.025
    hours = [_instant(record["event_time"]).astimezone(_SHANGHAI).hour for record in raw_leads if _dated(record)]
    assert 0.30 <= sum(not 9 <= hour < 18 for hour in hours) / len(hours) <= 0.40
    assert {"reopen_same_day", "beyond_deal", "beyond_lost", "expired", "wechat_first", "undated", "number_run"} <= set(
        summary.cases
    )


_SHANGHAI = datetime.fromisoformat("2025-01-01T00:00:00+08:00").tzinfo


def _dated(record: dict) -> bool:
    value = record.get("event_time")
    return isinstance(value, str) and value[:4] == "2025" and len(value) > 19 and value[10] == "T" and "+" in value


def test_channels_follow_zipf(truth):
    counts = [count for _, count in Counter(line["channel"] for line in truth if "mark" in line).most_common()]
    assert len(counts) >= 50
    assert counts[0] > 4 * counts[10] > 8 * counts[40]


def test_every_accepted_part_stands_once(truth):
    listed = Counter((*_key(line), line.get("split", 1)) for line in truth)
    assert max(listed.values()) == 1


def test_truth_and_raw_leads_name_the_same_records(truth, raw_leads):
    delivered = Counter(_key(record) for record in raw_leads if "channel" in record and "source_lead_id" in record)
    known: dict[tuple, dict] = {}
    for line in truth:
        if line["channel"] is not None:
            known[_key(line)] = line
    assert set(delivered) == set(known)
    for key, line in known.items():
        assert delivered[key] == 1 + line.get("replays", 0) + line.get("enrichments", 0), line


def test_parts_of_a_split_are_numbered_in_the_order_given(truth, raw_leads):
    parts: dict[tuple, list[dict]] = {}
    for line in truth:
        parts.setdefault(_key(line), []).append(line)
    for record in raw_leads:
        listed = record.get("stores", [])
        if not isinstance(listed, list):
            continue  # a bad field (ruling 78), of which the record is refused
        named = list(dict.fromkeys([*([record["store"]] if "store" in record else []), *listed]))
        if len(named) > 1:
            lines = parts[_key(record)]
            assert [line["store"] for line in lines] == named
            assert [line["split"] for line in lines] == list(range(1, len(named) + 1))


def test_each_intention_has_one_first_touch_and_one_key(truth):
    first, keys = Counter[str](), dict[str, tuple]()
    for line in truth:
        if "mark" in line:
            first[line["intention"]] += line["mark"] == "FIRST_TOUCH"
            if line["case"] == "folded":
                assert line["store"] is None and line["mark"] in ("MERGED", "DEDUPED")
            elif line["case"] == "exit_folded":
                assert line["mark"] in ("MERGED", "DEDUPED")
            elif line["store"] is not None:
                assert keys.setdefault(line["intention"], (line["customer"], line["store"])) == (
                    line["customer"],
                    line["store"],
                )
    assert set(first.values()) == {1}


def test_bounds_are_met_exactly(made):
    _, summary = made
    assert set(summary.bounds) == {
        "at_bound",
        "past_bound",
        "reopen_at_bound",
        "past_lost_bound",
        "deal_at_bound",
        "past_deal_bound",
        "late_at_bound",
        "late_by_1ms",
        "tie",
    }
    assert 0.01 <= sum(summary.bounds.values()) / summary.accepted <= 0.05


def test_a_lead_at_the_bound_stands_exactly_there(truth, raw_leads, config):
    """The simplest plot of a bound: two raw leads of one customer, nothing between them."""
    named = [record for record in raw_leads if "channel" in record and "source_lead_id" in record]
    times = {_key(record): _ms(record["event_time"]) for record in named if _dated(record)}
    series = {_key(record): record.get("series") for record in named}
    of_customer: dict[str, list[dict]] = {}
    for line in truth:
        if "mark" in line:
            of_customer.setdefault(line["customer"], []).append(line)
    seen = Counter[str]()
    for lines in of_customer.values():
        if len(lines) != 2 or not {"at_bound", "past_bound"} & {line["case"] for line in lines}:
            continue
        if any(_key(line) not in times or line["store"] is None for line in lines):
            continue
        first, second = sorted(lines, key=lambda line: times[_key(line)])
        periods = config["periods"] | config["series"].get(series[_key(first)], {})
        gap = times[_key(second)] - times[_key(first)]
        bound = min(periods["merge"], periods["max_life"]) * 86_400_000
        if gap in (bound, bound + 1):
            assert second["mark"] == ("MERGED" if gap == bound else "FIRST_TOUCH")
            seen[second["mark"]] += 1
    assert min(seen["MERGED"], seen["FIRST_TOUCH"]) > 5


def test_config_has_what_the_domain_asks(config):
    channels, stores = config["channels"], config["stores"]
    status = Counter(channel["status"] for channel in channels.values())
    assert status["LIVE"] >= 50 and status["TESTING"] >= 2
    assert status["SUSPENDED"] == status["REGISTERED"] == 1
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in channel["name"]) for channel in channels.values())
    assert sum(channel["group"] == "vertical" for channel in channels.values()) >= 15
    assert "offline" in {channel["group"] for channel in channels.values()}
    assert {channel["consent"] for channel in channels.values()} == {True, False}
    assert 0 < sum("priority" in channel for channel in channels.values()) < 10
    assert len(stores) == 200
    assert any(store.get("opens") == "00:00" and store["closes"] == "24:00" for store in stores.values())
    assert any(store.get("opens", "") > store.get("closes", "~") for store in stores.values())
    assert sum("release_per_minute" in store for store in stores.values()) >= 2
    assert {store["calendar"] for store in stores.values() if "calendar" in store} == set(config["calendars"])
    assert config["series"] and config["lines"]["used_car"]["merge"] == 20


def test_toml_text_reads_back():
    tables = {"a": 'q"\\', "b": [1, 2], "t": {"x": True, "y": {}, "车展 1": {"z": 1.5, "w": ["店", ""]}}}
    assert tomllib.loads(toml_text(tables)) == tables
    with pytest.raises(TypeError):
        toml_text({"a": None})


def test_delivery_is_in_order_of_arrival(made):
    folder, summary = made
    with open(folder / "delivery.csv", encoding="ascii") as rows:
        plan = list(csv.DictReader(rows))
    assert len(plan) == summary.records
    arrivals = [int(row["arrival_ms"]) for row in plan]
    assert arrivals == sorted(arrivals)
    events = [(int(row["event_ms"]), int(row["arrival_ms"])) for row in plan if row["event_ms"]]
    assert all(event <= arrival for event, arrival in events), "the clock would pass the arrival"
    assert sum(event < before for (event, _), (before, _) in zip(events[1:], events, strict=False)) > LEADS * 0.05
    days_late = [(arrival - event) / 86_400_000 for event, arrival in events]
    assert max(days_late) > 7 and 0.03 < sum(days > 1 / 24 for days in days_late) / len(days_late) < 0.2
    assert all(int(row["latest_ms"]) >= int(row["arrival_ms"]) for row in plan)


def test_activities_are_in_order_and_of_every_kind(made):
    kinds, times = Counter[str](), []
    for line in (made[0] / "activity.jsonl").read_bytes().splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        kinds[record["kind"]] += 1
        if "event_time" in record:
            times.append(_instant(record["event_time"]))
    assert times == sorted(times)
    assert {"CALL", "VISIT", "TEST_DRIVE", "QUOTE", "ORDER", "FOLLOW_UP"} <= set(kinds)
    assert {"PAID", "REFUND", "INVALID", "LOST", "OPT_OUT"} <= set(kinds)


def test_deals_come_after_a_month_or_more(made, raw_leads):
    """From the first raw lead to the deal, most take 30 to 45 days where the periods allow."""
    folder, _ = made
    first: dict[str, datetime] = {}
    for record in raw_leads:
        if _dated(record) and isinstance(record.get("phone"), str):
            first.setdefault(record["phone"], _instant(record["event_time"]))
    gaps = []
    for line in (folder / "activity.jsonl").read_bytes().splitlines():
        if b'"PAID"' in line and b'"phone"' in line:
            record = json.loads(line)
            if record["phone"] in first:
                gaps.append((_instant(record["event_time"]) - first[record["phone"]]).days)
    assert sum(30 <= gap <= 45 for gap in gaps) > 0.3 * len(gaps)


def _digest(folder: Path) -> str:
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in FILES)).hexdigest()


def test_same_seed_same_bytes_in_another_process(tmp_path, checkout):
    generate(tmp_path / "here", leads=1500, seed=4)
    code = (
        "import sys; from pathlib import Path; from connectors.demo.simulated import generate; "
        "generate(Path(sys.argv[1]), leads=1500, seed=4)"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "there")],
        check=True,
        cwd=checkout,
        env=os.environ | {"PYTHONHASHSEED": "77", "PYTHONPATH": str(checkout)},
    )
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == list(FILES)
    assert _digest(tmp_path / "here") == _digest(tmp_path / "there")
    generate(tmp_path / "other", leads=1500, seed=5)
    assert _digest(tmp_path / "here") != _digest(tmp_path / "other")


@pytest.mark.parametrize(("leads", "days"), [(1, 90), (40, 90), (500, 3), (300, 1)])
def test_small_worlds(tmp_path, leads, days):
    said: list[tuple[int, int]] = []
    summary = generate(tmp_path, leads=leads, seed=2, days=days, progress=lambda done, of: said.append((done, of)))
    assert leads <= summary.accepted <= leads + 30
    assert said[-1] == (leads, leads)
    assert [done for done, _ in said] == sorted(done for done, _ in said)


def test_nothing_to_generate_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 1"):
        generate(tmp_path, leads=0, seed=1)


def test_the_inputs_have_a_today_of_their_own(config) -> None:
    """Ruling 76: the end of their ninety days, at whatever date they are read."""
    assert config["source"] == {"today": "2025-11-30T00:00:00+08:00"}
    assert from_tables(config, environ={}).today_ms == 1_764_432_000_000
