"""`leadstream check`: every kind of fault of a configuration, each with its file, line and key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from operators.config.configuration import Fault, check, from_tables, load
from state.errors import ConfigurationRefused

Checked = Callable[[str], list[Fault]]


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """The faults of a text as a file."""

    def run(text: str) -> list[Fault]:
        path = tmp_path / "leads.toml"
        path.write_text(text, encoding="utf-8")
        return check(path)

    return run


CASES = [
    # unknown names
    ("profil = 'x'\n", 1, "profil", "did you mean profile?"),
    ("x = 1\n", 1, "x", "allowed are profile, timezone"),
    ("\n[perods]\nmerge = 1\n", 2, "perods", "did you mean periods?"),
    ("[periods]\nmerge = 1\nmerg = 2\n", 3, "periods.merg", "did you mean merge?"),
    ("[channels.a]\nname = 'A'\nstaus = 'LIVE'\n", 3, "channels.a.staus", "did you mean status?"),
    ("[stores]\nA = { nam = 'x' }\n", 2, "stores.A.nam", "did you mean name?"),
    ('[stores."上海"]\nzzz = 1\n', 2, 'stores."上海".zzz', "allowed are name, city"),
    ("[score.customer]\nnmae = 1\n", 2, "score.customer.nmae", "did you mean name?"),
    ("[score.key]\nlevel = 1\n", 2, "score.key.level", "level_high"),
    ("[score.behaviour]\nCALLS = 1\n", 2, "score.behaviour.CALLS", "did you mean CALL?"),
    ("[calendars.x]\nclose = []\n", 2, "calendars.x.close", "did you mean closed?"),
    ("[nurture]\nperiods.merge = 1\n", 2, "nurture.periods", "is not known here"),
    ("profile = 'automotiv'\n", 1, "profile", "did you mean automotive?"),
    # wrong types
    ("timezone = 8\n", 1, "timezone", "8 is a number; allowed is a text."),
    ("periods = 3\n", 1, "periods", "3 is a number; allowed here is a table."),
    ("[[periods]]\nmerge = 1\n", 1, "periods", "allowed here is a table."),
    ("lines = ['main']\n", 1, "lines", "This is a list; allowed here is a table."),
    ("[channels]\na = 'x'\n", 2, "channels.a", '"x" is text; allowed here is a table.'),
    ("[periods]\nmerge = '60'\n", 2, "periods.merge", '"60" is text; allowed is a number of days'),
    ("[periods]\nmerge = true\n", 2, "periods.merge", "true is a truth value; allowed is a number"),
    ("[periods]\nfrom_first = 1\n", 2, "periods.from_first", "1 is a number; allowed is true or false."),
    ("[channels.a]\nconsent = 'yes'\n", 2, "channels.a.consent", "allowed is true or false."),
    ("[channels.a]\nname = 2026-01-01\n", 2, "channels.a.name", "is a date or time; allowed is a text."),
    ("[channels.a]\npriority = 1.5\n", 2, "channels.a.priority", "allowed is a whole number"),
    ("[channels.a]\nstatus = 1\n", 2, "channels.a.status", "allowed is one of REGISTERED"),
    ("[stores.a]\nlines = 'main'\n", 2, "stores.a.lines", "allowed here is a list."),
    ("[stores.a]\nlines = [\n'main',\n7]\n", 4, "stores.a.lines[1]", "7 is a number; allowed is a text."),
    ("[stores.a]\nrelease_per_minute = 0.5\n", 2, "stores.a.release_per_minute", "allowed is a whole number"),
    ("[stores.a]\nopens = 09:00:00\n", 2, "stores.a.opens", 'allowed is "HH:MM"'),
    ("[nurture]\ndays = 3\n", 2, "nurture.days", "allowed here is a list."),
    # out of range
    ("[periods]\nmerge = 0\n", 2, "periods.merge", "0 is out of range; allowed is a number of days above 0"),
    ("[periods]\n\ndeal_merge = -1\n", 3, "periods.deal_merge", "-1 is out of range"),
    ("[periods]\nmax_life = 3650.1\n", 2, "periods.max_life", "at most 3650"),
    ("[periods]\nreplay = nan\n", 2, "periods.replay", "nan is out of range"),
    ("[periods]\nmerge = 1e-12\n", 2, "periods.merge", "less than a millisecond"),
    ("[periods]\nlate_hours = 2161\n", 2, "periods.late_hours", "from 0 to 2160"),
    ("[channels.a]\nlate_hours = -1\n", 2, "channels.a.late_hours", "from 0 to 2160"),
    ("[channels.a]\nweight = -0.1\n", 2, "channels.a.weight", "out of range"),
    ("[channels.a]\nweight = inf\n", 2, "channels.a.weight", "out of range"),
    ("[channels.a]\npriority = 100000000000\n", 2, "channels.a.priority", "out of range"),
    ("[lines.main]\nmerge = 0\n", 2, "lines.main.merge", "out of range"),
    ("[series.A6]\nmax_life = 9999\n", 2, "series.A6.max_life", "out of range"),
    ("[dispatch]\nrelease_per_minute = -1\n", 2, "dispatch.release_per_minute", "out of range"),
    ("[score]\nkey_max = 101\n", 2, "score.key_max", "from 0 to 100"),
    ("[score]\ncustomer.name = nan\n", 2, "score.customer.name", "out of range"),
    ("[score]\nkey_max = 25\ncustomer_max = 21\n", 2, "score.key_max", "are 101 together; allowed is at most 100"),
    ("[cleaning]\nai_timeout_minutes = 0\n", 2, "cleaning.ai_timeout_minutes", "above 0"),
    ("[cleaning]\nnumber_run = -3\n", 2, "cleaning.number_run", "out of range"),
    ("[pools]\ncap = 0\n", 2, "pools.cap", "from 1"),
    ("[nurture]\ndays = [1, 0]\n", 2, "nurture.days[1]", "out of range"),
    # names with meaning
    ("timezone = 'Asia/Shanghi'\n", 1, "timezone", "did you mean Asia/Shanghai?"),
    ("timezone = '../etc/passwd'\n", 1, "timezone", "is no time zone"),
    ("timezone = 'Asia'\n", 1, "timezone", "is no time zone"),
    ("timezone = ''\n", 1, "timezone", "is no time zone"),
    ("one_id_secret_env = 'A B'\n", 1, "one_id_secret_env", "no name of an environment variable"),
    ("[channels.a]\nstatus = 'Live'\n", 2, "channels.a.status", "did you mean LIVE?"),
    ("[dedup]\nscope = 'per_channel'\n", 2, "dedup.scope", "allowed is one of key, channel."),
    ("[dispatch]\nrequired = ['name',\n 'phone']\n", 3, "dispatch.required[1]", "allowed is one of name, gender"),
    ("[score]\ngate = 40\n", 2, "score.gate", "does not apply; allowed is 0 (off)."),
    ("[identity]\nmode = 'graph'\n", 2, "identity.mode", "not applied by this version"),
    ("[identity]\nmode = 'strong'\n", 2, "identity.mode", "did you mean strongest?"),
    # dates and times
    ("[periods]\nearliest = 1970-01-01\n", 2, "periods.earliest", "1970-01-02 on"),
    ("[periods]\nmax_jump_days = 0\n", 2, "periods.max_jump_days", "above 0"),
    ("[source]\ntoday = 2026-03-02T10:00:00\n", 2, "source.today", "with its offset"),
    ("[source]\ntoday = 'now'\n", 2, "source.today", "is no such time"),
    ("[source]\nday = '2026-03-02'\n", 2, "source.day", "allowed are today"),
    ("[time]\nepoch = 'us'\n", 2, "time.epoch", "one of s, ms"),
    ("[channels.a.time]\nzon = 'Asia/Shanghai'\n", 2, "channels.a.time.zon", "did you mean zone?"),
    (
        "[channels.a]\ntime = { formats = ['%H:%M'] }\n",
        2,
        "channels.a.time.formats[0]",
        "leaves out a part of the date",
    ),
    ("[channels.a]\ntime = { formats = ['%Q'] }\n", 2, "channels.a.time.formats[0]", "cannot be read"),
    ("[channels.a]\ntime = 'ms'\n", 2, "channels.a.time", "allowed here is a table"),
    ("[channels.a]\nlive_since = '2026-02-30'\n", 2, "channels.a.live_since", "not a date that exists"),
    ("[channels.a]\nlive_since = '20260201'\n", 2, "channels.a.live_since", "allowed is YYYY-MM-DD."),
    ("[channels.a]\nlive_since = 2026-02-01T00:00:00Z\n", 2, "channels.a.live_since", "allowed is a date"),
    ("[calendars.x]\nclosed = [\n'2026-10-01',\n# then\n'2026-10-32',\n]\n", 5, "calendars.x.closed[1]", "not a date"),
    ("[calendars.x]\nopen = [20261001]\n", 2, "calendars.x.open[0]", "allowed is a date"),
    ("[stores.a]\nopens = '24:00'\n", 2, "stores.a.opens", "not a time of day"),
    ("[stores.a]\ncloses = '24:01'\n", 2, "stores.a.closes", 'and "24:00".'),
    ("[stores.a]\nopens = '9:00'\n", 2, "stores.a.opens", "not a time of day"),
    ("[stores.a]\nopens = '０９:00'\n", 2, "stores.a.opens", "not a time of day"),
    ("[cleaning]\ncalling = ['09:00', '09:00']\n", 2, "cleaning.calling", "end when they begin"),
    ("[cleaning]\ncalling = '09:00'\n", 2, "cleaning.calling", "allowed are two times of day"),
    ("[cleaning]\nenabled = 1\n", 2, "cleaning.enabled", "allowed is true or false"),
    ("[cleaning]\nyoung_days = -1\n", 2, "cleaning.young_days", "out of range"),
    ("[cleaning.cost]\nAI = 1\nDCC = 2\n", 3, "cleaning.cost.DCC", "allowed are AI, MANUAL"),
    ("[[cleaning.rules]]\nreason = 'X'\n", 1, "cleaning.rules[0].route", "key route is missing"),
    ("[[cleaning.rules]]\nroute = 'AI'\n", 1, "cleaning.rules[0].reason", "key reason is missing"),
    ("[[cleaning.rules]]\nroute = 'ai'\nreason = 'X'\n", 2, "cleaning.rules[0].route", "NONE, AI, MANUAL"),
    (
        "[[cleaning.rules]]\nroute = 'AI'\nreason = 'X'\n[[cleaning.rules]]\nroute = 'AI'\nreason = 'Y'\nserie = ['A8']\n",
        7,
        "cleaning.rules[1].serie",
        "did you mean series?",
    ),
    ("[[cleaning.rules]]\nroute = 'AI'\nreason = 'X'\nlevel = ['TOP']\n", 4, "cleaning.rules[0].level[0]", "LOW"),
    ("[[cleaning.rules]]\nroute = 'AI'\nreason = 'X'\nlevel = 'HIGH'\n", 4, "cleaning.rules[0].level", "a list"),
    (
        "[channels.a]\n[[cleaning.rules]]\nroute = 'AI'\nreason = 'X'\nchannel = ['a', 'b']\n",
        5,
        "cleaning.rules[0].channel[1]",
        "No table [channels]",
    ),
    ("[cleaning]\ncalendar = 'x'\n", 2, "cleaning.calendar", "No table [calendars]"),
    # codes that no record can have
    ("[channels.' a']\n", 1, 'channels." a"', "can never match"),
    ("[stores.'']\n", 1, 'stores.""', "can never match"),
    ("[stores.a]\nlines = ['']\n", 2, "stores.a.lines[0]", "can never match"),
    # between tables
    ("[stores.a]\nname = 'x'\ncalendar = 'sh'\n", 3, "stores.a.calendar", "the configuration names none."),
    ("[stores.a]\ncalendar = 'sh'\n[calendars.sha]\n", 2, "stores.a.calendar", "did you mean sha?"),
    (
        "[stores.a]\nlines = [\n'main',\n'usd']\n[lines.main]\n[lines.used]\n",
        4,
        "stores.a.lines[1]",
        "did you mean used?",
    ),
    # twice
    ("[stores.a]\nlines = ['main', 'main']\n", 2, "stores.a.lines[1]", "twice"),
    ("[calendars.x]\nclosed = ['2026-10-01',\n2026-10-01]\n", 3, "calendars.x.closed[1]", "twice"),
    ("[dispatch]\nrequired = ['name', 'name']\n", 2, "dispatch.required[1]", "twice"),
    ("[periods]\nmerge = 1\nmerge = 2\n", 3, "periods.merge", "first in line 2"),
    ("[channels.a]\n[channels.b]\n[channels.a]\n", 3, "channels.a", "first in line 1"),
    # form
    ("[periods]\nmerge = \n", 2, "periods.merge", "texts stand in quotation marks"),
    ("timezone = Asia/Shanghai\n", 1, "timezone", "texts stand in quotation marks"),
    ("[stores.上海]\n", 1, "", "quotation marks"),
]


@pytest.mark.parametrize(("text", "line", "key", "part"), CASES)
def test_a_fault_has_its_line_and_key_and_says_what_is_allowed(
    checked: Checked, text: str, line: int, key: str, part: str
) -> None:
    (fault,) = checked(text)
    assert (fault.line, fault.key) == (line, key)
    assert part in fault.message
    assert fault.message.endswith(".")
    assert "Input should" not in fault.message and "pydantic" not in fault.message
    assert str(fault) == f"{fault.file}:{line}: {key + ': ' if key else ''}{fault.message}"


def test_all_faults_are_found_at_once_in_the_order_of_lines(checked: Checked) -> None:
    text = "".join(
        [
            "timezone = 'x'\n",
            "[periods]\n",
            "merge = 0\n",
            "replay = \n",
            "[stores.a]\n",
            "lines = ['usd']\n",
            "opens = 9\n",
            "[lines.main]\n",
            "merge = 'a'\n",
            "[channels.a\n",
            "name = 1\n",
            "[channels.b]\n",
            "name = 1\n",
        ]
    )
    assert [fault.line for fault in checked(text)] == [1, 3, 4, 6, 7, 9, 10, 13]


def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path) -> None:
    (missing,) = check(tmp_path / "none.toml")
    assert missing.line == 0 and "cannot be read" in missing.message
    (folder,) = check(tmp_path)
    assert "cannot be read" in folder.message
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b'timezone = "UTC"\n# \xff\n')
    (fault,) = check(binary)
    assert fault.line == 2 and "UTF-8" in fault.message


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "leads.toml"
    path.write_bytes(b'\xef\xbb\xbftimezone = "UTC"\r\n')
    assert check(path) == []
    assert load(path, environ={}).rules.local.name == "UTC"


def test_load_refuses_with_every_fault_and_exit_code_1(tmp_path: Path) -> None:
    path = tmp_path / "leads.toml"
    path.write_text("[periods]\nmerge = 0\nreplay = \n", encoding="utf-8")
    with pytest.raises(ConfigurationRefused) as refused:
        load(path, environ={})
    assert refused.value.exit_code == 1
    assert f"{path}:2: periods.merge: 0 is out of range; allowed is" in str(refused.value)
    assert f"{path}:3: periods.replay: " in str(refused.value)
    assert "has 2 faults" in refused.value.message


def test_a_refusal_of_very_many_faults_is_cut_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "leads.toml"
    path.write_text("".join(f"[stores.S{n}]\nopens = 9\n" for n in range(250)), encoding="utf-8")
    assert len(check(path)) == 250
    with pytest.raises(ConfigurationRefused, match="… and 50 more") as refused:
        load(path, environ={})
    assert refused.value.message.count("\n") == 201


def test_load_of_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="cannot be read"):
        load(tmp_path / "none.toml", environ={})


def test_tables_without_a_file_are_judged_alike() -> None:
    with pytest.raises(ConfigurationRefused, match=r"demo: periods\.merge: 0 is out of range"):
        from_tables({"periods": {"merge": 0}}, environ={}, name="demo")
    with pytest.raises(ConfigurationRefused, match="There is no profile"):
        from_tables({"profile": "property"}, environ={})
