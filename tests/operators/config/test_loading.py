"""What a configuration becomes: rules, secret, notes and digests."""

import pickle
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from operators.base.calendar import parse_ms as ms
from operators.base.rules import DAY_MS, EARLIEST_MS, CleaningRule, Periods, Rules, Store, TimeForm
from operators.config.configuration import Configuration, check, from_tables, load, profiles, registry_digest
from state.errors import ConfigurationRefused
from state.rows.codes import MANUAL, NONE

HOUR_MS = 3_600_000
FULL = Path(__file__).with_name("full.toml")


def rules(**tables: Any) -> Rules:
    """Rules of these tables over the built-in profile."""
    return from_tables(tables, environ={}).rules


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def test_without_a_file_the_profile_stands() -> None:
    configuration = load(None, environ={})
    found = configuration.rules
    assert found.local.name == "Asia/Shanghai"
    assert found.periods == Periods()
    assert (found.stores, found.lines, found.required) == (None, None, ())
    assert found.channels["autohome"].name == "汽车之家"
    assert (configuration.path, configuration.notes) == (None, [])
    assert found.store_of("any", "main") == Store("")


def test_the_profile_passes_its_own_check(checkout: Path) -> None:
    assert profiles() == ("automotive",)
    assert check(checkout / "operators" / "profiles" / "automotive.toml") == []


def test_the_profile_names_the_channels_of_a_car_maker() -> None:
    channels = load(None, environ={}).rules.channels
    assert len(channels) >= 50
    assert sum(one.group == "vertical" for one in channels.values()) > 15
    groups = {"own", "vertical", "wechat", "new_media", "sem", "agent", "offline", "partner"}
    assert {one.group for one in channels.values()} == groups
    assert all(one.name and one.status == "LIVE" for one in channels.values())
    assert len({one.name for one in channels.values()}) == len(channels)
    for code, name in {
        "dongchedi": "懂车帝",
        "yiche": "易车",
        "oceanengine": "巨量引擎",
        "tencent_ads": "腾讯广告",
    }.items():
        assert (channels[code].name, channels[code].consent) == (name, True)
    assert channels["excel_import"].consent is False


def test_every_key_of_the_full_file_is_in_the_rules() -> None:
    assert check(FULL) == []
    found = load(FULL, environ={}).rules
    assert found.local.name == "Europe/Berlin"
    general = Periods(30 * DAY_MS, 90 * DAY_MS, 200 * DAY_MS)
    assert found.periods == general
    assert (found.replay_ms, found.from_first, found.dedup_per_channel) == (3 * DAY_MS, True, True)
    assert found.lines == frozenset({"main", "used"})
    assert found.periods_of("main", "") == general
    assert found.periods_of("used", "") == Periods(10 * DAY_MS, 90 * DAY_MS, 200 * DAY_MS)
    assert found.periods_of("used", "A6") == Periods(10 * DAY_MS, DAY_MS // 2, 200 * DAY_MS)  # series before line
    assert found.periods_of("used", "A8") == found.periods_of("used", "")
    autohome, fair = found.channels["autohome"], found.channels["fair"]
    assert (autohome.name, autohome.group, autohome.status) == ("汽车之家", "vertical", "TESTING")
    assert (autohome.consent, autohome.priority, autohome.weight) == (True, 7, 1.5)
    assert (autohome.live_since, autohome.late_ms) == ("2026-01-05", 48 * HOUR_MS)
    assert (fair.late_ms, fair.status, fair.consent, fair.priority) == (360 * HOUR_MS, "LIVE", False, 100)
    assert found.channels["import"].late_ms == 400 * HOUR_MS
    assert found.late_ms == 400 * HOUR_MS
    assert set(found.channels) == {"autohome", "fair", "import"}
    assert found.stores is not None
    store = found.stores["SH001"]
    assert (store.name, store.city, store.lines) == ("上海浦东店", "上海", frozenset({"main"}))
    assert (store.opens_ms, store.closes_ms) == (int(8.5 * HOUR_MS), 24 * HOUR_MS)
    assert store.closed_days == {day("2026-10-01"), day("2026-10-02")} and store.open_days == {day("2026-10-02")}
    assert store.release_per_minute == 0
    assert found.required == ("name", "days_to_buy")
    assert (found.score.customer_max, found.score.interaction, found.score.half_life_ms) == (10.0, 12.0, 7 * DAY_MS)
    assert (found.score.customer["name"], found.score.customer["city"]) == (6.0, 4.0)
    assert found.score.behaviour["VISIT"] == 9.0
    assert found.local.iso(found.earliest_ms) == "2015-01-01T00:00:00+01:00" and found.max_jump_ms == 400 * DAY_MS
    assert found.time == TimeForm(found.local, (), "ms")
    assert autohome.time is not None and autohome.time.zone.name == "Asia/Shanghai"
    assert (autohome.time.formats, autohome.time.epoch) == (("%d.%m.%Y %H:%M",), "s")


def test_the_rules_of_cleaning() -> None:
    """Rulings 58, 59 and 61; calling hours past midnight, read like those of a store (16)."""
    found = load(FULL, environ={}).rules.cleaning
    assert (found.enabled, found.ai_ms, found.manual_ms, found.number_run) == (True, 600_000, 24 * HOUR_MS, 4)
    assert (found.calling.opens_ms, found.calling.closes_ms) == (10 * HOUR_MS, 25 * HOUR_MS)
    assert found.calling.closed_days == {day("2026-10-01"), day("2026-10-02")}
    assert (found.cost_ai, found.cost_manual) == (0.5, 3.0)
    # 30 days from the first instant of 2026-01-05 in Berlin; who never said since when, and who is offline, is not young.
    assert found.young_until == {"autohome": ms("2026-01-05T00:00:00+01:00") + 30 * DAY_MS}
    first, second = found.rules
    assert first == CleaningRule(NONE, "OWN", group=frozenset({"own", "offline"}))
    assert (second.route, second.reason, second.channel) == (MANUAL, "S_CLASS", frozenset({"autohome"}))
    assert (second.series, second.campaign) == (frozenset({"A8", "S8"}), frozenset({"launch"}))
    assert (second.line, second.level) == (frozenset({"main"}), frozenset({"HIGH"}))
    plain = from_tables({}, environ={}).rules.cleaning
    assert (plain.enabled, plain.rules, plain.calling.opens_ms, plain.calling.closes_ms) == (
        True,
        (),
        9 * HOUR_MS,
        20 * HOUR_MS,
    )


@pytest.mark.parametrize(
    "table",
    [
        {"enabled": False},
        {"young_days": 91},
        {"calling": ["09:00", "21:00"]},
        {"cost": {"AI": 1}},
        {"rules": [{"route": "AI", "reason": "X"}]},
    ],
)
def test_every_rule_of_cleaning_is_part_of_the_version(table: dict[str, Any]) -> None:
    """Ruling 33."""
    assert rules(cleaning=table).version != rules().version


def test_switching_cleaning_judges_waiting_leads_again() -> None:
    assert registry_digest(rules(cleaning={"enabled": False})) != registry_digest(rules())


def test_what_a_configuration_says_of_a_start() -> None:
    """Ruling 76: a day as today means its end; neither is a rule by which leads are decided."""
    full = load(FULL, environ={})
    assert full.today_ms is not None and full.rules.local.iso(full.today_ms) == "2026-03-03T00:00:00+01:00"
    assert full.clock_gap_ms == 2.5 * DAY_MS
    plain = from_tables({}, environ={})
    assert (plain.today_ms, plain.clock_gap_ms) == (None, 30 * DAY_MS)
    assert plain.rules.earliest_ms == EARLIEST_MS and plain.rules.time is None
    other = from_tables({"source": {"today": "2026-03-02T10:00+0800"}, "periods": {"clock_gap_days": 1}}, environ={})
    assert other.today_ms == 1_772_416_800_000 and other.rules.version == plain.rules.version
    assert from_tables({"periods": {"earliest": "2020-01-01"}}, environ={}).rules.version != plain.rules.version


def test_how_a_channel_writes_times_judges_no_waiting_lead_again() -> None:
    digests = {
        registry_digest(from_tables({"channels": {"a": {**more}}}, environ={}).rules)
        for more in ({}, {"time": {"epoch": "ms"}})
    }
    assert len(digests) == 1


def test_what_this_version_does_not_apply_is_noted_once_each() -> None:
    notes = load(FULL, environ={}).notes
    assert notes == [
        f"{key} are known and were checked, but this version does not apply them yet."
        if key.endswith("more")
        else f"{key} is known and was checked, but this version does not apply it yet."
        for key in (
            "nurture.days",
            "cleaning.number_run",
            "score.gate_hold_hours",
            "stores.SH001.gate_consent",
        )
    ]


def test_a_default_that_is_written_out_gives_no_note() -> None:
    tables = {
        "cleaning": {
            "ai_timeout_minutes": 10,
            "manual_timeout_hours": 24,
            "calling": ["09:00", "20:00"],
            "number_run": 3,
        },
        "follow_up": {"first_hours": 24, "recycle_days": 15, "reminder_minutes": 15, "reminders": 8},
        "pools": {"cap": 50},
        "nurture": {"days": [1, 3, 7, 10]},
        "score": {"gate": 0, "gate_hold_hours": 24},
        "identity": {"mode": "strongest"},
    }
    written_out = from_tables(tables, environ={})
    assert written_out.notes == []
    assert written_out.rules.version == load(None, environ={}).rules.version
    assert from_tables({"cleaning": {"calling": "09:00-20:00"}}, environ={}).notes == []


@pytest.mark.parametrize(
    ("tables", "part"),
    [
        ({"channels": {}}, "UNKNOWN_CHANNEL"),
        ({"stores": {}}, "STORE_UNKNOWN"),
        ({"lines": {"used": {}}}, "does not name main"),
        ({"calendars": {"sh": {"closed": ["2026-10-01"]}}}, "calendars.sh is the calendar of no store"),
    ],
)
def test_a_table_that_surprises_is_noted(tables: dict[str, Any], part: str) -> None:
    (note,) = from_tables(tables, environ={}).notes
    assert part in note and note.endswith(".")


# --- merging with the profile (ruling 15)


def test_a_channels_table_replaces_the_profile_and_others_are_merged() -> None:
    found = rules(channels={"x": {"name": "X"}}, periods={"merge": 1})
    assert set(found.channels) == {"x"}
    assert found.periods == Periods(merge_ms=DAY_MS)
    assert "autohome" in rules(periods={"merge": 1}).channels
    assert from_tables({"periods": {"merge": 1}}, environ={}).tables["periods"] == {"merge": 1}


def test_a_stores_table_makes_other_codes_unknown() -> None:
    found = rules(stores={"SH001": {"lines": ["main"]}, "SH002": {}})
    assert found.store_of("SH001", "main") is not None
    assert found.store_of("SH001", "used") is None
    assert found.store_of("SH002", "used") is not None
    assert found.store_of("SH003", "main") is None
    assert rules(stores={}).store_of("SH001", "main") is None


# --- lateness (rulings 10 and 46)


def test_lateness_of_a_channel() -> None:
    found = rules(
        periods={"late_hours": 24},
        channels={
            "a": {},
            "b": {"group": "offline"},
            "c": {"group": "offline", "late_hours": 0},
            "d": {"late_hours": 12},
        },
    )
    assert {code: one.late_ms // HOUR_MS for code, one in found.channels.items()} == {
        "a": 24,
        "b": 360,
        "c": 0,
        "d": 12,
    }
    assert found.late_ms == 360 * HOUR_MS
    assert rules(periods={"late_hours": 24}, channels={"d": {"late_hours": 12}}).late_ms == 24 * HOUR_MS
    assert rules(channels={}).late_ms == 72 * HOUR_MS


# --- stores (rulings 16, 29 and 56)


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        ("09:00", "18:00", (9, 18)),
        ("00:00", "24:00", (0, 24)),
        ("18:00", "24:00", (18, 24)),
        ("20:00", "02:00", (20, 26)),
        ("20:00", "00:00", (20, 24)),
        ("09:00", "09:00", (9, 33)),
        ("00:00", "00:00", (0, 24)),
    ],
)
def test_hours(opens: str, closes: str, expected: tuple[int, int]) -> None:
    stores = rules(stores={"a": {"opens": opens, "closes": closes}}).stores
    assert stores is not None
    assert (stores["a"].opens_ms, stores["a"].closes_ms) == (expected[0] * HOUR_MS, expected[1] * HOUR_MS)


def test_a_calendar_by_name_then_by_store_then_by_city() -> None:
    calendars = {
        "named": {"closed": ["2026-01-01"]},
        "S2": {"closed": ["2026-01-02"]},
        "上海": {"closed": [date(2026, 1, 3)], "open": ["2026-01-03"]},
    }
    stores = rules(
        calendars=calendars,
        stores={
            "S1": {"calendar": "named", "city": "上海"},
            "S2": {"city": "上海"},
            "S3": {"city": "上海"},
            "S4": {"city": "北京"},
            "S5": {},
        },
    ).stores
    assert stores is not None
    closed = {code: sorted(one.closed_days) for code, one in stores.items()}
    assert closed == {
        "S1": [day("2026-01-01")],
        "S2": [day("2026-01-02")],
        "S3": [day("2026-01-03")],
        "S4": [],
        "S5": [],
    }
    assert stores["S3"].open_days == {day("2026-01-03")}


def test_release_rate_of_the_store_else_of_the_dispatch() -> None:
    found = rules(dispatch={"release_per_minute": 5}, stores={"a": {}, "b": {"release_per_minute": 0}})
    assert found.stores is not None
    assert (found.stores["a"].release_per_minute, found.stores["b"].release_per_minute) == (5, 0)
    assert rules(dispatch={"release_per_minute": 5}).default_store.release_per_minute == 5


# --- the secret (ruling 18)


def test_the_secret_comes_from_the_environment() -> None:
    set_ = load(None, environ={"LEADSTREAM_ONE_ID_SECRET": "s3cret-value"})
    assert (set_.secret, set_.secret_is_development) == (b"s3cret-value", False)
    assert "s3cret-value" not in repr(set_)
    named = from_tables({"one_id_secret_env": "OTHER"}, environ={"OTHER": "o", "LEADSTREAM_ONE_ID_SECRET": "x"})
    assert named.secret == b"o"


def test_the_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    """As Docker and Kubernetes hand secrets on; the newline of an editor is no part of it."""
    (tmp_path / "secret").write_text("s3cret-value\n")
    found = load(None, environ={"LEADSTREAM_ONE_ID_SECRET_FILE": str(tmp_path / "secret")})
    assert (found.secret, found.secret_is_development) == (b"s3cret-value", False)
    with pytest.raises(ConfigurationRefused, match="LEADSTREAM_ONE_ID_SECRET_FILE cannot be read"):
        load(None, environ={"LEADSTREAM_ONE_ID_SECRET_FILE": str(tmp_path / "nowhere")})


@pytest.mark.parametrize("environ", [{}, {"LEADSTREAM_ONE_ID_SECRET": ""}])
def test_without_a_secret_the_development_secret_stands(environ: dict[str, str]) -> None:
    first, second = load(None, environ=environ), load(None, environ={})
    assert first.secret_is_development
    assert first.secret == second.secret != b""


# --- digests (ruling 33)


def version(**tables: Any) -> str:
    return rules(**tables).version


@pytest.mark.parametrize(
    "tables",
    [
        {"periods": {"merge": 61}},
        {"periods": {"late_hours": 71}},
        {"periods": {"from_first": True}},
        {"dedup": {"scope": "channel"}},
        {"lines": {"main": {}}},
        {"series": {"A6": {"merge": 10}}},
        {"score": {"key_max": 24}},
        {"score": {"customer": {"name": 5}}},
        {"score": {"half_life_days": 13}},
        {"dispatch": {"required": ["name"]}},
        {"dispatch": {"release_per_minute": 1}},
        {"cleaning": {"number_run": 0}},
        {"cleaning": {"calling": ["09:00", "21:00"]}},
        {"follow_up": {"reminders": 7}},
        {"pools": {"cap": 51}},
        {"nurture": {"days": [1]}},
    ],
)
def test_a_changed_rule_is_another_version(tables: dict[str, Any]) -> None:
    assert version(**tables) != version()


@pytest.mark.parametrize(
    "tables",
    [
        {"channels": {"x": {}}},
        {"stores": {"x": {}}},
        {"calendars": {"x": {"closed": ["2026-01-01"]}}},
        {"periods": {"merge": 60.0, "deal_merge": 180}},
        {"score": {"customer": {"name": 4}}},
        {"series": {"A6": {"name": "奥迪A6L"}}},
        {"one_id_secret_env": "OTHER"},
    ],
)
def test_registries_and_ways_of_writing_are_no_other_version(tables: dict[str, Any]) -> None:
    assert version(**tables) == version()


def test_a_version_is_twelve_hex_digits_and_order_does_not_matter() -> None:
    assert len(version()) == 12 and int(version(), 16) >= 0
    one = version(dispatch={"required": ["name", "city"]}, lines={"a": {"merge": 1}, "main": {}})
    assert one == version(lines={"main": {}, "a": {"merge": 1}}, dispatch={"required": ["city", "name"]})
    assert version(lines={"main": {}}) != version(lines={"main": {}, "used": {}})


@pytest.mark.parametrize(
    "tables",
    [
        {"channels": {"x": {}}},
        {"stores": {}},
        {"stores": {"x": {}}},
        {"stores": {"x": {}}, "calendars": {"x": {"closed": ["2026-01-01"]}}},
    ],
)
def test_the_registry_digest_follows_channels_stores_and_calendars(tables: dict[str, Any]) -> None:
    assert registry_digest(rules(**tables)) != registry_digest(rules())


def test_the_registry_digest_leaves_periods_to_the_version() -> None:
    assert registry_digest(rules(periods={"merge": 61})) == registry_digest(rules())
    assert registry_digest(rules(stores={"a": {}, "b": {}})) == registry_digest(rules(stores={"b": {}, "a": {}}))


def test_rules_can_be_handed_to_another_process() -> None:
    found = load(FULL, environ={}).rules
    again = pickle.loads(pickle.dumps(found))
    assert (again.version, registry_digest(again)) == (found.version, registry_digest(found))


def test_a_configuration_is_what_the_file_and_its_tables_are(tmp_path: Path) -> None:
    from_file: Configuration = load(FULL, environ={})
    assert from_file.path == FULL
    again = from_tables(from_file.tables, environ={})
    assert again.rules.version == from_file.rules.version
    assert registry_digest(again.rules) == registry_digest(from_file.rules)


def test_one_key_of_a_built_in_channel_leaves_out_the_others() -> None:
    (note,) = from_tables({"channels": {"autohome": {"time": {"formats": ["%d/%m/%Y"]}}}}, environ={}).notes
    assert "61 built-in channels are not known now" in note and "autohome" in note
    assert from_tables({"channels": {"autohome": {"name": "x"}, "own": {}}}, environ={}).notes == []
