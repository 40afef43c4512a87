"""National holidays in a calendar (ruling 16): which days they close, and how their end is said in time.

The days come from the State Council's list for 2025 and 2026 (国务院办公厅关于部分节假日安排的通知), not from the package.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from operators.base.calendar import DAY_MS, LocalTime
from operators.base.rules import Store
from operators.config import configuration, holidays
from operators.config.configuration import Configuration, check, from_tables
from operators.dispatch.hours import is_open, next_opening

SHANGHAI = LocalTime("Asia/Shanghai")
CHANNELS = {"a": {"consent": True}}


def ms(text: str) -> int:
    """Epoch ms of a local time in Shanghai."""
    return round(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1000)


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def made(**calendar: Any) -> Configuration:
    tables = {"channels": CHANNELS, "stores": {"S": {"city": "上海"}}, "calendars": {"上海": calendar}}
    return from_tables(tables, environ={})


def store(**calendar: Any) -> Store:
    return (made(**calendar).rules.stores or {})["S"]


@pytest.fixture
def listed(lacking: Callable[[str], None]) -> None:
    if holidays.known() is None:
        lacking("chinesecalendar is missing: run `pip install 'leadstream[holidays]'` (`make setup` installs it).")


@pytest.mark.usefixtures("listed")
class TestWithThePackage:
    @pytest.mark.parametrize(
        ("at", "open_"),
        [
            ("2025-10-01T10:00", False),  # National Day
            ("2025-10-08T10:00", False),  # its last day
            ("2025-10-09T10:00", True),
            ("2025-09-28T10:00", True),  # a Sunday on which the country works (调休)
            ("2025-10-11T10:00", True),  # a Saturday, the same
            ("2025-10-18T10:00", True),  # an ordinary Saturday is no public holiday
            ("2026-02-17T10:00", False),  # Spring Festival
        ],
    )
    def test_holidays_close_a_store_and_weekends_do_not(self, at: str, open_: bool) -> None:
        rules = made(holidays="CN").rules
        assert is_open(store(holidays="CN"), ms(at), rules) is open_
        assert is_open(store(), ms(at), rules), "ruling 16: no list applies unless it is configured"

    def test_the_next_opening_is_behind_the_holidays(self) -> None:
        loaded = made(holidays="CN")
        assert next_opening((loaded.rules.stores or {})["S"], ms("2025-09-30T20:00"), loaded.rules) == ms(
            "2025-10-09T09:00"
        )

    def test_the_end_is_that_of_the_last_year_listed(self) -> None:
        found = holidays.known()
        assert found is not None
        assert made(holidays="CN").holidays_end_ms == ms(f"{found.last_year + 1}-01-01T00:00")
        assert made().holidays_end_ms is None, "nobody asks"


# --- which days of a calendar count, whatever the package says

KNOWN = holidays.Known(
    holidays.days([date(2025, 10, 1), date(2025, 10, 2)]), holidays.days([date(2025, 9, 28), date(2025, 10, 11)]), 2025
)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two holidays, and two weekend days on which the country works."""
    monkeypatch.setattr(holidays, "known", lambda: KNOWN)


@pytest.mark.usefixtures("known")
def test_the_dates_of_the_calendar_itself_win() -> None:
    """The operator knows his own doors: open on a holiday, closed on a working weekend."""
    here = store(holidays="CN", open=["2025-10-02"], closed=["2025-09-28", "2025-12-24"])
    assert here.closed_days == {day("2025-10-01"), day("2025-09-28"), day("2025-12-24")}
    assert here.open_days == {day("2025-10-02"), day("2025-10-11")}, "a working weekend counts as open"
    both = store(holidays="CN", open=["2025-12-24"], closed=["2025-12-24"])
    assert day("2025-12-24") in both.open_days & both.closed_days, (
        "among themselves: a date in both is open (ruling 56)"
    )


@pytest.mark.usefixtures("known")
def test_the_registry_digest_follows_the_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leads that wait are judged again when the days have changed, as with dates that the file lists."""
    digest = configuration.registry_digest
    first = digest(made(holidays="CN").rules)
    assert first == digest(made(holidays="CN").rules) != digest(made().rules)
    assert made(holidays="CN").rules.version == made().rules.version, "calendars are no rules (ruling 33)"
    many = KNOWN._replace(closed=frozenset(range(20_000, 20_700)))
    monkeypatch.setattr(holidays, "known", lambda: many)
    second = digest(made(holidays="CN").rules)
    monkeypatch.setattr(holidays, "known", lambda: many._replace(closed=many.closed | {21_000}))
    assert len({first, second, digest(made(holidays="CN").rules)}) == 3


@pytest.mark.usefixtures("known")
def test_the_days_are_made_once_for_all_stores() -> None:
    tables = {"channels": CHANNELS, "stores": {f"S{n}": {"calendar": "cn"} for n in range(3)}}
    loaded = from_tables({**tables, "calendars": {"cn": {"holidays": "CN"}}}, environ={})
    assert len({id(one.closed_days) for one in (loaded.rules.stores or {}).values()}) == 1


@pytest.mark.usefixtures("known")
def test_the_end_is_that_of_the_last_year() -> None:
    assert made(holidays="CN").holidays_end_ms == ms("2026-01-01T00:00")
    assert made().holidays_end_ms is None, "nobody asks"


END = ms("2027-01-01T00:00")


@pytest.mark.parametrize(
    ("now", "said"),
    [(END - 60 * DAY_MS - 1, False), (END - 60 * DAY_MS, True), (END - 1, True), (END, True), (END + DAY_MS, True)],
)
def test_the_end_is_said_from_sixty_days_before(now: int, said: bool) -> None:
    sentence = holidays.warning(END, now, SHANGHAI)
    assert (sentence is not None) is said
    if sentence is not None:
        assert "up to 2026-12-31" in sentence and "pip install -U chinesecalendar" in sentence


def test_nothing_is_said_where_no_calendar_asks() -> None:
    assert holidays.warning(None, END, SHANGHAI) is None


def test_without_the_package_the_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else stores would be open on holidays without a word."""
    monkeypatch.setattr(holidays, "known", lambda: None)
    file = tmp_path / "c.toml"
    file.write_text('[calendars.cn]\nholidays = "CN"\n', encoding="utf-8")
    (fault,) = check(file)
    assert (fault.line, fault.key) == (2, "calendars.cn.holidays")
    assert "leadstream[holidays]" in fault.message


def test_only_regions_with_a_list(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[calendars.cn]\nholidays = "US"\n', encoding="utf-8")
    (fault,) = check(file)
    assert "allowed is one of CN" in fault.message


def test_the_epoch_is_day_zero() -> None:
    assert holidays.days([date(1970, 1, 2)]) == {1}
    assert datetime.fromtimestamp(0, UTC).date() == date(1970, 1, 1)
