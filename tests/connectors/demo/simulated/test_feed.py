import json
import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from connectors.demo.simulated import DemoFeed
from connectors.demo.simulated.toml_text import toml_text

pytestmark = pytest.mark.xdist_group("feed")  # they share what is made once

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
DAY_MS = 24 * HOUR_MS
PER_DAY = 3_000


@pytest.fixture(scope="module")
def feed() -> DemoFeed:
    return DemoFeed(seed=7, per_day=PER_DAY)


@pytest.fixture(scope="module")
def week(feed) -> list[tuple[int, str, bytes]]:
    return feed.between(feed.start_ms(), feed.start_ms() + 7 * DAY_MS)


def _records(rows) -> list[tuple[int, str, dict]]:
    found = []
    for arrival_ms, kind, line in rows:
        try:
            value = json.loads(line, parse_constant=_refuse)
        except (ValueError, UnicodeDecodeError):
            continue
        if isinstance(value, dict):
            found.append((arrival_ms, kind, value))
    return found


def _refuse(word: str) -> None:
    raise ValueError(word)


def test_starts_on_a_monday_at_half_past_nine(feed):
    start = datetime.fromtimestamp(feed.start_ms() / 1000, UTC) + timedelta(hours=8)
    assert (start.year, start.month, start.day, start.hour, start.minute) == (2026, 3, 2, 9, 30)
    assert start.weekday() == 0


def test_first_leads_arrive_within_seconds(feed):
    start = feed.start_ms()
    first = feed.between(start, start + 5_000)
    assert len(first) >= 3 and first[0][0] <= start + 2_000
    assert all(kind == "raw_lead" for _, kind, _ in first)
    assert feed.between(0, start) == []


def test_intervals_add_up(feed, week):
    start = feed.start_ms()
    cuts = [start, start + 1, start + 700, start + 12_345, start + HOUR_MS // 2, start + 5 * HOUR_MS + 17]
    cuts += [start + DAY_MS, start + 3 * DAY_MS + 1, week[len(week) // 2][0], start + 7 * DAY_MS]
    cuts.sort()
    pieces = [row for low, high in pairwise(cuts) for row in feed.between(low, high)]
    assert pieces == week


def test_a_continued_run_goes_on_exactly(week):
    other = DemoFeed(seed=7, per_day=PER_DAY)
    at_ms = other.start_ms() + 4 * DAY_MS + 1234
    later = other.between(at_ms, at_ms + 6 * HOUR_MS)
    assert later == [row for row in week if at_ms < row[0] <= at_ms + 6 * HOUR_MS]
    early = other.between(other.start_ms(), other.start_ms() + HOUR_MS)
    assert early == [row for row in week if row[0] <= other.start_ms() + HOUR_MS]
    assert DemoFeed(seed=8, per_day=PER_DAY).between(at_ms, at_ms + HOUR_MS) != other.between(at_ms, at_ms + HOUR_MS)


def test_rate_follows_the_day(feed, week):
    assert [row[0] for row in week] == sorted(row[0] for row in week)
    assert 0.7 * 7 * PER_DAY <= len(week) <= 1.3 * 7 * PER_DAY
    hours = Counter((arrival_ms // HOUR_MS + 8) % 24 for arrival_ms, _, _ in week)
    assert hours.most_common(1)[0][0] in (20, 21)
    assert hours[3] * 3 < hours[20]


def test_what_arrives(feed, week):
    records = _records(week)
    ids = Counter(
        (r["channel"], r.get("account"), str(r["source_lead_id"])) for _, kind, r in records if _lead(kind, r)
    )
    assert 0.01 < sum(count - 1 for count in ids.values()) / len(ids) < 0.05
    kinds = Counter(record["kind"] for _, kind, record in records if kind == "activity")
    assert {"VISIT", "PAID", "LOST", "CALL"} <= set(kinds)
    dirty = len(week) - len(records) + sum(record.get("name") == "测试数据" for _, _, record in records)
    assert 0.004 < dirty / len(week) < 0.02
    phones = Counter(record["phone"] for _, kind, record in records if _lead(kind, record) and _plain(record))
    assert sum(count > 1 for count in phones.values()) > 0.1 * len(phones)


def test_customers_come_back_on_later_days_and_some_leads_are_late(feed, week):
    days: dict[str, set[int]] = {}
    delays = []
    for arrival_ms, kind, record in _records(week):
        if _lead(kind, record) and _plain(record) and record.get("name") != "测试数据":
            days.setdefault(record["phone"], set()).add((arrival_ms + 8 * HOUR_MS) // DAY_MS)
            if "event_time" in record:
                event = datetime.fromisoformat(record["event_time"]).timestamp() * 1000
                delays.append(arrival_ms - event)
    assert sum(len(each) > 1 for each in days.values()) > 0.05 * len(days)
    assert 0.01 < sum(delay > HOUR_MS for delay in delays) / len(delays) < 0.15


def test_every_channel_and_type_is_named(feed, week):
    config = feed.config()
    assert tomllib.loads(toml_text(config)) == config
    assert sum(channel["status"] == "LIVE" for channel in config["channels"].values()) >= 50
    named = {r["channel"] for _, kind, r in _records(week) if kind == "raw_lead" and "channel" in r}
    assert named <= set(config["channels"]) | {"no_such_channel"}
    assert len(named) >= 50
    assert all(record.get("type") == kind for _, kind, record in _records(week) if record.get("name") != "测试数据")
    stores = config["stores"].values()
    assert sum(store.get("opens") == "00:00" for store in stores) >= 2
    assert sum("release_per_minute" in store for store in stores) >= 2


def test_the_call_centre_calls_within_its_hours(feed, week):
    """Minutes after the lead, within calling hours (ruling 59); some leads are never spoken of."""
    came: dict[str, int] = {}
    waits, hours, without_store = [], set(), 0
    for arrival_ms, kind, record in _records(week):
        number = record.get("phone")
        if _lead(kind, record) and _plain(record):
            came.setdefault(number, arrival_ms)
            without_store += "store" not in record and "stores" not in record
        elif kind == "verdict":
            hours.add((_ms(record["event_time"]) // HOUR_MS + 8) % 24)
            assert arrival_ms >= _ms(record["event_time"])
            if isinstance(number, str) and number in came and record["by"] == "AI":
                waits.append(arrival_ms - came[number])
    assert hours == set(range(9, 20))
    said = Counter(record["outcome"] for _, kind, record in _records(week) if kind == "verdict")
    assert {"STORE_CHOSEN", "DEAD", "INTENT", "HIGH", "NORMAL", "INVALID", "UNREACHED"} <= set(said)
    assert 0.4 * without_store < said.total() < 2.5 * without_store
    waits.sort()
    assert MINUTE_MS // 3 < waits[len(waits) // 4] < 15 * MINUTE_MS


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_rates_beyond_its_numbers_are_refused():
    with pytest.raises(ValueError, match="per_day"):
        DemoFeed(seed=1, per_day=2_000_000)


def _lead(kind: str, record: dict) -> bool:
    return kind == "raw_lead" and "channel" in record and "source_lead_id" in record


def _plain(record: dict) -> bool:
    return isinstance(record.get("phone"), str) and record["phone"].isdigit() and len(record["phone"]) == 11


def test_one_channel_cheats_from_the_first_hour_on(feed, week):
    """Numbers one behind the other, minutes apart: a number run (后3位连号) that a live run shows within its first minute."""
    early = [r for at_ms, kind, r in _records(week) if kind == "raw_lead" and at_ms < feed.start_ms() + HOUR_MS]
    sent = [
        "".join(one for one in str(r["phone"]) if one.isdigit())[-11:]
        for r in early
        if r.get("channel") == "agency_south"
    ]
    numbers = sorted({int(number) for number in sent if number.startswith("199")})
    assert any(third - first == 2 for first, third in zip(numbers, numbers[2:], strict=False))
