"""Number runs (rulings 28 and 62): the detector's row by itself, beside a brute force written from the ruling."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.base.rules import CleaningRules, Rules
from operators.fraud import number_runs
from operators.identity.number_kinds import MOBILE
from operators.identity.one_id import OneIds
from operators.wire.arrival import Arrival
from operators.wire.records import RawLeadRecord
from state import keys, limits
from state.rows import run_row
from state.rows.run_row import RunRow, Seen

HEAD = "13912345"
DAY_MS = 86_400_000
NOW = 1_700_000_000_000


def digest(suffix: int) -> bytes:
    return b"\x07\x00" + suffix.to_bytes(10, "big")


class Detector:
    """A row, and a clock that never goes back; `came` = what a raw lead of this suffix finds."""

    def __init__(self, least: int = 3) -> None:
        self.row = RunRow()
        self.least = least

    def came(self, suffix: int, t: int, now: int | None = None, leads: dict[int, int] | None = None) -> list[int]:
        phone = f"{HEAD}{suffix:03d}"
        run = number_runs.look(self.row, phone, t if now is None else now, self.least)
        number_runs.keep(self.row, phone, digest(suffix), t, leads or {}, told=False)
        return run


CASES = {
    # name: ((suffix, hours after the first raw lead), …), run found by the last one
    "three in a row": (((1, 0), (2, 1), (3, 2)), [1, 2, 3]),
    "two are none": (((1, 0), (2, 1)), []),
    "in any order": (((3, 0), (1, 1), (2, 2)), [1, 2, 3]),
    "with a gap": (((1, 0), (2, 1), (4, 2)), []),
    "the last one closes a gap": (((1, 0), (2, 1), (4, 2), (5, 3), (3, 4)), [1, 2, 3, 4, 5]),
    "the run is the new number's": (((1, 0), (2, 0), (3, 0), (9, 1)), []),
    "998, 999 and 000 are no run": (((998, 0), (999, 1), (0, 2)), []),
    "997 to 999 are one": (((997, 0), (999, 1), (998, 2)), [997, 998, 999]),
    "000 to 002 are one": (((0, 0), (2, 1), (1, 2)), [0, 1, 2]),
    "one number three times is none": (((1, 0), (1, 1), (1, 2)), []),
    "within 24 h": (((1, 0), (2, 12), (3, 24)), [1, 2, 3]),
    "beyond 24 h": (((1, 0), (2, 12), (3, 24.001)), []),
    "a repeat keeps a number in": (((1, 0), (2, 12), (1, 20), (3, 30)), [1, 2, 3]),
    "a repeat of a member": (((1, 0), (2, 1), (3, 2), (1, 3)), [1, 2, 3]),
    "a fourth": (((1, 0), (2, 1), (3, 2), (4, 3)), [1, 2, 3, 4]),
}


@pytest.mark.parametrize(("came", "expected"), CASES.values(), ids=CASES)
def test_decision_table(came: tuple[tuple[int, float], ...], expected: list[int]) -> None:
    detector = Detector()
    found: list[int] = []
    for suffix, hours in came:
        found = detector.came(suffix, NOW + round(hours * 3_600_000))
    assert found == expected


@pytest.mark.parametrize(("later", "expected"), [(DAY_MS - 1, [1, 2, 3]), (DAY_MS, [1, 2, 3]), (DAY_MS + 1, [])])
def test_24_hours_to_the_millisecond(later: int, expected: list[int]) -> None:
    detector = Detector()
    detector.came(1, NOW)
    detector.came(2, NOW + 5)
    assert detector.came(3, NOW + later) == expected


def test_a_late_repeat_does_not_make_a_number_older() -> None:
    detector = Detector()
    detector.came(1, NOW)
    detector.came(1, NOW - DAY_MS + 1, NOW)
    detector.came(2, NOW + 1)
    assert detector.came(3, NOW + 2) == [1, 2, 3]


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 7) | st.integers(994, 999), st.integers(0, 9 * 3_600_000), st.integers(0, 30 * 3_600_000)
        ),
        max_size=40,
    ),
    st.integers(1, 4),
)
def test_against_a_brute_force(came: list[tuple[int, int, int]], least: int) -> None:
    """Ruling 62: adjacent suffixes whose latest event times, the new raw lead's among them, lie within 24 h of each other; a
    raw lead older than clock − 24 h does not count."""
    detector = Detector(least)
    now = NOW
    raws: list[tuple[int, int]] = []
    for suffix, on, late in came:
        now += on
        t = now - late
        if late > DAY_MS:
            continue  # neither counts nor is routed: nobody looks
        found = detector.came(suffix, t, now)
        raws.append((suffix, t))
        latest = {s: max(at for one, at in raws if one == s) for s, _ in raws}
        latest = {s: at for s, at in latest.items() if at >= now - DAY_MS}
        widest: list[int] = []
        for first in latest:
            for last in latest:
                window = list(range(first, last + 1))
                if not first <= suffix <= last or len(window) < least or any(one not in latest for one in window):
                    continue
                times = [latest[one] for one in window]
                if max(times) - min(times) <= DAY_MS and len(window) > len(widest):
                    widest = window
        assert found == widest


def told(detector: Detector, members: list[int]) -> list[tuple[int, list[int]]]:
    return [(int.from_bytes(one[2:], "big"), raws) for one, raws in number_runs.untold(detector.row, members)]


def test_each_lead_is_told_once_a_run() -> None:
    detector = Detector()
    for place, suffix in enumerate((1, 2)):
        assert detector.came(suffix, NOW + place, leads={1: 10 + suffix}) == []
    third = f"{HEAD}003"
    run = number_runs.look(detector.row, third, NOW + 2, 3)
    assert not number_runs.is_told(detector.row, third, 1)
    number_runs.keep(detector.row, third, digest(3), NOW + 2, {1: 13}, told=True)
    assert told(detector, run) == [(1, [11]), (2, [12])]  # the third knows by itself
    assert told(detector, run) == []
    assert number_runs.is_told(detector.row, third, 1) and not number_runs.is_told(detector.row, third, 2)
    detector.came(1, NOW + 3, leads={2: 21})  # another lead of the same number
    assert told(detector, [1, 2, 3]) == [(1, [21])]


def test_who_stays_in_the_block_is_told_once() -> None:
    detector = Detector()
    for suffix, t in ((1, 0), (2, 0), (3, DAY_MS)):
        detector.came(suffix, NOW + t, leads={1: suffix})
    assert told(detector, [1, 2, 3]) == [(1, [1]), (2, [2]), (3, [3])]
    assert detector.came(4, NOW + DAY_MS + 1, leads={1: 4}) == []  # 1 and 2 have gone: 3 and 4 are no run
    assert detector.came(5, NOW + DAY_MS + 2, leads={1: 5}) == [3, 4, 5]
    assert told(detector, [3, 4, 5]) == [(4, [4]), (5, [5])], "3 has heard of it"


def test_one_alert_within_24_hours() -> None:
    row = RunRow()
    assert number_runs.alerts(row, NOW)
    assert not number_runs.alerts(row, NOW + DAY_MS)
    assert number_runs.alerts(row, NOW + DAY_MS + 1)


def test_the_row_says_something_for_a_day_after_its_last_number_and_its_last_alert() -> None:
    detector = Detector()
    assert run_row.encode(detector.row) == b""
    detector.came(1, NOW)
    detector.came(2, NOW - 5, NOW)
    assert run_row.until_of(run_row.encode(detector.row)) == NOW + DAY_MS
    number_runs.alerts(detector.row, NOW + 9)
    assert run_row.until_of(run_row.encode(detector.row)) == NOW + 9 + DAY_MS
    assert run_row.decode(run_row.encode(detector.row)) == detector.row


def arrival(phone: str = "13912345678", **changes: object) -> Arrival:
    made = Arrival("raw_lead", b"")
    made.phone, made.channel, made.digest = phone, "web", digest(678)
    made.record = RawLeadRecord()
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("one", "rules"),
    [
        (arrival(""), Rules()),  # a landline
        (arrival("13912345678-801"), Rules()),
        (arrival("+6512345678"), Rules()),
        (arrival(shadow=True), Rules()),
        (arrival(record=RawLeadRecord(origin="advisor")), Rules()),
        (arrival(), Rules(cleaning=CleaningRules(number_run=0))),
    ],
    ids=["landline", "extension", "abroad", "shadow", "advisor", "switched off"],
)
def test_nobody_looks(one: Arrival, rules: Rules) -> None:
    assert number_runs.neighbourhood(one, rules) == b""


def test_the_neighbourhood_is_channel_and_first_eight_digits() -> None:
    entity = number_runs.neighbourhood(arrival(), Rules())
    assert entity == keys.run_witness(HEAD, "web")
    assert entity == number_runs.neighbourhood(arrival("13912345000"), Rules())
    assert entity != number_runs.neighbourhood(arrival("13912346678"), Rules())
    assert entity != number_runs.neighbourhood(arrival(channel="ads"), Rules())


def test_customers_of_a_neighbourhood_share_a_shard() -> None:
    ids = OneIds(b"secret", 16)
    shards = {ids.shard(ids.of(MOBILE, f"{HEAD}{suffix:03d}")) for suffix in range(50)}
    assert len(shards) == 1


def test_the_row_stays_within_its_limit() -> None:
    """A thousand numbers: what was told gives up its addresses, then the oldest go; the newest stay."""
    row = RunRow(NOW, 0, {s: Seen(NOW + s, digest(s), {1: 1, 2: 2}, [1, 2]) for s in range(1000)})
    value = run_row.encode(row)
    assert len(value) <= limits.ROW_BYTES
    again = run_row.decode(value)
    assert 999 in again.seen and again.seen[999].told == [2]
    assert min(again.seen) == 1000 - len(again.seen)
