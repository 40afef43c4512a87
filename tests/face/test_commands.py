"""What can be typed: exit codes, the last line on stderr, `--version`, `generate`, `check`, `bench`."""

import json
import re
from pathlib import Path

import pytest

import leadstream
from flows.open import Wanted, prepare
from leadstream.commands.files import check_configuration
from leadstream.commands.main import main
from leadstream.compiled import variant
from operators.base.calendar import parse_ms
from operators.config import holidays
from operators.identity.home import DATED


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("LEADSTREAM_LOG", "LEADSTREAM_ONE_ID_SECRET"):
        monkeypatch.delenv(name, raising=False)


def _refused(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    """The exit code is this one, what went wrong and what to do are sentences, and no traceback is shown."""
    assert main(arguments) == code
    said = capsys.readouterr().err
    assert "Traceback" not in said
    problem, action = said[said.index("leadstream: ") :].strip().rsplit("\n", 1)
    assert len(problem) > len("leadstream: ")
    assert re.match(r"[A-Z`].*[.?]$", action), action
    return said


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"leadstream {leadstream.__version__}, rules {variant()}\n"


@pytest.mark.parametrize("command", [[], ["run"], ["generate"], ["explain"], ["check"], ["bench"], ["holds"], ["try"]])
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-such-command"],
        ["run", "--no-such-option"],
        ["run", "--clock", "moon"],
        ["run", "--clock", "wall"],
        ["run", "--source", "x", "--clock", "wall", "--until", "2026-03-02T12:00:00+08:00"],
        ["run", "--until", "tomorrow"],
        ["run", "--until", "2026-03-02T12:00:00"],
        ["run", "--metrics", "9464"],
        ["run", "--metrics", "127.0.0.1:70000"],
        ["run", "--demo-speed", "0"],
        ["run", "--demo-speed", "nan"],
        ["run", "--demo-speed", "inf"],
        ["generate", "--out", "x"],
        ["generate", "--leads", "0", "--out", "x"],
        ["check"],
        ["explain"],
        ["explain", "--phone", "13812345678", "--raw-id", "x"],
        ["holds", "--condition", "LATE"],
        ["try"],
    ],
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    _refused(capsys, 2, *arguments)


def test_a_kafka_sink_without_a_secret_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ruling 18: OneIDs keyed by the public secret must not reach a topic. Said before any broker is asked."""
    monkeypatch.delenv("LEADSTREAM_ONE_ID_SECRET", raising=False)
    said = _refused(capsys, 1, "run", "--sink", "kafka")
    assert "--sink kafka is refused" in said and "Set LEADSTREAM_ONE_ID_SECRET" in said
    assert not Path("var").exists()


def test_until_needs_the_event_clock_on_kafka_too(capsys: pytest.CaptureFixture[str]) -> None:
    said = _refused(capsys, 2, "run", "--source", "kafka", "--until", "2026-03-02T18:00:00+08:00")
    assert "--clock event" in said


def test_a_source_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere.jsonl does not exist" in _refused(capsys, 1, "run", "--source", "nowhere.jsonl")
    Path("empty").mkdir()
    assert "has no input" in _refused(capsys, 1, "run", "--source", "empty")


def test_an_error_that_nobody_foresaw_shows_no_text_of_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("13812345678")

    monkeypatch.setattr("leadstream.commands.files.check_configuration", broken)
    said = _refused(capsys, 3, "check", "x.toml")
    assert "ValueError" in said and "13812345678" not in said


# --- check


def test_check_names_every_fault_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.toml").write_text('[periods]\nmerge = -1\n[channels.x]\nstatus = "ON"\nnmae = "X"\n', encoding="utf-8")
    assert main(["check", "c.toml"]) == 1
    said = capsys.readouterr()
    assert [line.split(": ")[0] for line in said.out.splitlines()] == ["c.toml:2", "c.toml:4", "c.toml:5"]
    assert said.err.splitlines()[-1] == "Correct what is named above, then check again."
    assert "3 faults" in said.err
    assert "c.toml:2" in _refused(capsys, 1, "run", "--config", "c.toml", "--source", "c.toml")


def test_check_says_what_a_good_configuration_holds(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.toml").write_text('[channels.x]\nname = "X"\n\n[nurture]\ndays = [1, 2, 4]\n', encoding="utf-8")
    assert main(["check", "c.toml"]) == 0
    said = capsys.readouterr().out
    assert "c.toml has no fault: 1 channels, every store code" in said
    assert "Note: nurture.days" in said


def test_check_says_that_the_holidays_known_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 60 days before the end of the last year known on."""
    year = holidays.Known(frozenset({20_500}), frozenset(), 2026)
    monkeypatch.setattr(holidays, "known", lambda: year)
    Path("c.toml").write_text('[stores.S]\ncity = "上海"\n[calendars."上海"]\nholidays = "CN"\n', encoding="utf-8")
    for now, said in (("2026-11-01T23:59:59.999+08:00", False), ("2026-11-02T00:00:00+08:00", True)):
        check_configuration(Path("c.toml"), now_ms=parse_ms(now))
        assert ("are known up to 2026-12-31" in capsys.readouterr().out) is said


def test_a_run_says_at_its_start_that_the_holidays_known_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holidays, "known", lambda: holidays.Known(frozenset({20_500}), frozenset(), 2026))
    Path("c.toml").write_text('[calendars.cn]\nholidays = "CN"\n', encoding="utf-8")
    Path("raw_leads.jsonl").write_text("", encoding="utf-8")
    for now, count in (("2026-10-30T10:00:00+08:00", 0), ("2026-11-03T10:00:00+08:00", 1)):
        wanted = Wanted(
            config=Path("c.toml"),
            source="raw_leads.jsonl",
            sink="out",
            state=Path("state"),
            metrics=("127.0.0.1", 0),
            wall_ms=lambda now=now: parse_ms(now),  # type: ignore[misc]
        )
        prepared = prepare(wanted)
        prepared.engine.close()
        assert sum("are known up to 2026-12-31" in note for note in prepared.notes) == count


def test_check_of_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    _refused(capsys, 1, "check", "none.toml")


# --- generate


def test_generate_writes_inputs_truth_and_how_to_run_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--leads", "60", "--seed", "7", "--out", "a"]) == 0
    said = capsys.readouterr().out
    assert "leadstream run --config a/config.toml --source a" in said
    truth = [json.loads(line) for line in Path("a/truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {"FIRST_TOUCH", "DEDUPED"} <= {line.get("mark") for line in truth}
    assert main(["generate", "--leads", "60", "--seed", "7", "--out", "b"]) == 0
    for file in Path("a").iterdir():
        assert file.read_bytes() == (Path("b") / file.name).read_bytes()


def test_generate_into_a_place_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("", encoding="utf-8")
    _refused(capsys, 3, "generate", "--leads", "10", "--out", "file/below")


# --- bench


def test_bench_elsewhere_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(leadstream, "__file__", str(tmp_path / "site" / "leadstream" / "__init__.py"))
    assert "not part of an installed leadstream" in _refused(capsys, 2, "bench")


def test_bench_runs_the_benchmarks_of_a_checkout(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "checkout" / "benchmarks" / "__main__.py"
    program.parent.mkdir(parents=True)
    program.write_text("import sys\nprint(sys.argv[1:])\nsys.exit(4)\n", encoding="utf-8")
    (program.parent / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(leadstream, "__file__", str(tmp_path / "checkout" / "leadstream" / "__init__.py"))
    assert main(["bench", "whole_path", "--json"]) == 4
    assert capfd.readouterr().out == "['whole_path', '--json']\n"


def test_the_version_says_of_which_day_the_home_locations_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version", "--verbose"]) == 0
    said = capsys.readouterr().out
    assert f"phonenumbers {DATED[0]}, data of {DATED[1]}: home location" in said
