"""What a careless user does to files and streams, each with a sentence that helps and nothing lost."""

import gzip
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from face_shell import DEADLINE_S, FIRST, PLACES, RUN, Shell, lead
from rich.text import Text

from leadstream.commands.main import app


def _modes(folder: Path) -> set[tuple[bool, int]]:
    """(whether a folder, rights) of everything below, and of the folder."""
    return {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))}


def _shell(shell: Shell, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", line, "sh", sys.executable, *RUN],
        cwd=shell.folder,
        env=shell.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


@pytest.mark.parametrize("mask", ["0000", "0022", "0277"])
def test_state_and_output_are_nobody_elses(shell: Shell, inputs: Path, mask: str) -> None:
    done = _shell(shell, f'umask {mask}; py=$1; shift; "$py" -m leadstream "$@"')
    assert done.returncode == 0, done.stderr
    for folder in ("state", "out"):
        assert _modes(shell.folder / folder) == {(True, 0o700), (False, 0o600)}


def test_what_generate_writes_is_nobody_elses(shell: Shell) -> None:
    shell.call("generate", "--leads", "20", "--out", "made")
    assert _modes(shell.folder / "made") == {(True, 0o700), (False, 0o600)}


def test_rights_that_the_operator_has_set_stay(ran: Shell) -> None:
    (ran.folder / "out").chmod(0o750)
    (ran.folder / "out/dispatches.jsonl").chmod(0o640)
    ran.run(*RUN)
    assert stat.S_IMODE((ran.folder / "out").stat().st_mode) == 0o750
    assert stat.S_IMODE((ran.folder / "out/dispatches.jsonl").stat().st_mode) == 0o640


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(shell: Shell, inputs: Path, closed: str) -> None:
    """Its number would go to the next file opened, and what is said would be written into that."""
    done = _shell(shell, f'py=$1; shift; "$py" -m leadstream "$@" {closed}')
    assert done.returncode == 0
    assert len(shell.lines("out/dispositions.jsonl")) == 4
    for file in (shell.folder / "out").glob("*.jsonl"):
        assert all(json.loads(line) for line in file.read_text().splitlines()), file


def _flip(state: Path) -> None:
    """Another bit in every fifth byte of the first data block of each table."""
    for table in (state / "db").glob("*.sst"):
        content = bytearray(table.read_bytes())
        for place in range(0, len(content) // 4, 5):
            content[place] ^= 0x01
        table.write_bytes(content)


@pytest.mark.parametrize("command", ["explain", "run"])
def test_flipped_bytes_of_a_table(ran: Shell, command: str) -> None:
    """Met when a row is read, not when the state is opened: tables are checked block by block."""
    _flip(ran.folder / "state")
    shutil.copytree(ran.folder / "in", ran.folder / "again")
    (ran.folder / "again/raw_leads.jsonl").rename(ran.folder / "again/raw_leads_again.jsonl")
    asked = ("--phone", FIRST) if command == "explain" else RUN[1:]
    said = ran.run(command, *(("--state", "state") if command == "explain" else ()), *asked, code=3).stderr
    assert "The state is damaged: " in said and said.splitlines()[-1].startswith(
        "Do not delete it. Restore the last backup"
    )


def test_explain_on_a_state_that_one_may_only_read(ran: Shell) -> None:
    mounted = "mount --bind state state && mount -o remount,ro,bind state state"
    command = f'{mounted} && ! touch state/x 2>&- && "$0" -m leadstream explain --state state --phone {FIRST}'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", command, sys.executable],
        cwd=ran.folder,
        env=ran.environment(TMPDIR=str(ran.folder)),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no namespace of mounts here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert "FIRST_TOUCH" in done.stdout
    assert not list(ran.folder.glob("leadstream-reader-*")), "what a reader needs is removed"


# --- what is refused


def _objects(count: int = 6) -> list[dict[str, object]]:
    return [
        json.loads(lead(n, f"1381234567{n}", "2026-03-02T10:00:00+08:00", name="萧飞", source_lead_id=f"Q{n}"))
        for n in range(count)
    ]


def _csv(objects: list[dict[str, object]]) -> str:
    return "\n".join([",".join(objects[0]), *(",".join(map(str, one.values())) for one in objects)]) + "\n"


def _lines(objects: list[dict[str, object]]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("word", "content", "reads"),
    [
        ("CSV", lambda objects: _csv(objects).encode(), "import"),
        ("gzip", lambda objects: gzip.compress(_lines(objects).encode()), "gunzip"),
        ("UTF-16", lambda objects: _lines(objects).encode("utf-16"), "import"),
        ("GBK", lambda objects: _lines(objects).encode("gb18030"), "import"),
        ("a JSON array", lambda objects: json.dumps(objects).encode(), "import"),
        ("pretty-printed JSON", lambda objects: "\n".join(json.dumps(o, indent=1) for o in objects).encode(), "import"),
    ],
)
def test_a_file_that_is_no_json_lines(shell: Shell, word: str, content, reads: str) -> None:
    """The word, and a command that is run here as it is said: every lead comes in by it."""
    (shell.folder / "leads.data").write_bytes(content(_objects()))
    done = shell.run("run", "--source", "leads.data", *PLACES)
    (loud,) = [json.loads(line)["event"] for line in done.stderr.splitlines() if "of the first" in line]
    assert loud.startswith("Refused: ") and "NOT_JSON" in loud and f"leads.data looks like {word}: `" in loud
    assert done.stdout.splitlines()[-2].startswith("Refused: ") and "NOT_JSON" in done.stdout.splitlines()[-2]
    assert shell.lines("out/rejects.jsonl"), "nothing is lost"
    command = loud.split("`")[-2]
    if reads == "gunzip":
        subprocess.run(command.replace("UNPACKED", "raw_leads.jsonl"), shell=True, cwd=shell.folder, check=True)
        source = "raw_leads.jsonl"
    else:
        told = command.replace("CODE", "autohome").replace("DIR", "inbox").split()
        shell.call(*told[1:])
        source = "inbox"
    again = ("--state", "state2", "--sink", "out2", "--metrics", "127.0.0.1:0")
    shell.run("run", "--source", source, *again)
    assert len(shell.lines("out2/dispositions.jsonl")) == 6


def test_all_records_refused(shell: Shell, inputs: Path) -> None:
    """Not `Done` and a count: the reasons with theirs, and one loud line with what to do."""
    text = "".join(lead(n, "138", "2026-03-02T10:00:00+08:00") for n in range(9)) + '{"channel": "autohome"}\n'
    (shell.folder / "bad.jsonl").write_text(text)
    done = shell.run("run", "--source", "bad.jsonl", *PLACES, "--config", "in/config.toml")
    (loud,) = [line for line in done.stderr.splitlines() if "of the first" in line]
    assert "10 of the first 10 records, most of them with BAD_PHONE (phone). No single number can be read here." in loud
    refused, last = done.stdout.splitlines()[-2:]
    assert refused.startswith("Refused: 10 records, by reason BAD_PHONE (phone) 9, ")
    assert "MISSING_FIELD (source_lead_id) 1" in refused and "NO_CONTACT (phone) 1" in refused
    assert "out/rejects.jsonl" in refused and "`leadstream replay out --to DIR`" in refused
    assert last.startswith("Done: 10 records") and "leads rejected 10" in last
    assert len(shell.lines("out/rejects.jsonl")) == 10


def test_a_refused_activity_is_counted(shell: Shell, inputs: Path) -> None:
    call = {"type": "activity", "activity_id": "C1", "kind": "CALL", "phone": "13700001111", "store": "SH001"}
    command = {"type": "command", "command_id": "X1", "kind": "ASSIGN", "unique_id": "none", "advisor": "A"}
    at = "2026-03-02T23:00:00+08:00"
    (shell.folder / "in/activity.jsonl").write_text(json.dumps({**call, "event_time": at}) + "\n")
    (shell.folder / "in/commands.jsonl").write_text(json.dumps({**command, "event_time": at}) + "\n")
    refused, last = shell.run(*RUN).stdout.splitlines()[-2:]
    assert "leads rejected 1, activities rejected 1, commands rejected 1, " in last
    assert refused.startswith("Refused: 3 records, by reason ")
    assert "BAD_PHONE (phone) 1" in refused and "NO_LEAD of activities 1" in refused


def test_a_key_that_resembles_a_known_one_is_named_last(shell: Shell, inputs: Path) -> None:
    at = "2026-03-02T10:00:00+08:00"
    text = "".join(lead(n, f"1381234567{n}", at, store=None, stor="SH001") for n in range(3))
    (shell.folder / "keys.jsonl").write_text(text + lead(4, FIRST, at, campain="x"))
    last = shell.run("run", "--source", "keys.jsonl", *PLACES).stdout.splitlines()[-1]
    assert "4 keys resemble known ones and were not read (KEY_UNKNOWN), most often `store` (3)" in last
    assert "stor`" not in last and "campain" not in last, "an unknown key is named nowhere (ruling 81)"
    assert len(shell.lines("out/dispositions.jsonl")) == 4


def _newest_first(shell: Shell) -> None:
    (shell.folder / "export.jsonl").write_text(
        "".join(lead(n, f"1391234567{n}", f"2026-03-0{9 - n}T10:00:00+08:00") for n in range(8)), encoding="utf-8"
    )


def test_an_export_with_the_newest_lead_first(shell: Shell, inputs: Path) -> None:
    """Said before it is read, and the command that is named brings all of it in."""
    _newest_first(shell)
    places = ("--state", "state", "--sink", "out", "--metrics", "127.0.0.1:0", "--config", "in/config.toml")
    done = shell.run("run", "--source", "export.jsonl", *places)
    assert "export.jsonl is newest first: 4 of its first 8 leads" in done.stderr
    assert "leadstream order export.jsonl --to DIR" in done.stderr
    assert len(shell.lines("out/late.jsonl")) == 4
    shell.call("order", "export.jsonl", "--to", "ordered")
    again = ("--state", "state2", "--sink", "out2", "--metrics", "127.0.0.1:0", "--config", "in/config.toml")
    done = shell.run("run", "--source", "ordered/export.jsonl", *again)
    assert "newest first" not in done.stderr
    assert len(shell.lines("out2/dispositions.jsonl")) == 8 and not shell.lines("out2/late.jsonl")


def test_order_names_what_it_cannot_do(shell: Shell) -> None:
    _newest_first(shell)
    assert "There is no file nowhere.jsonl" in shell.call("order", "nowhere.jsonl", "--to", "x", code=1).stderr
    assert "is the folder of" in shell.call("order", "export.jsonl", "--to", ".", code=2).stderr


# --- what is typed


def test_generate_into_a_folder_with_leads_of_ones_own(shell: Shell) -> None:
    (shell.folder / "mine").mkdir()
    (shell.folder / "mine/raw_leads.jsonl").write_text("my leads\n")
    generate = ("generate", "--leads", "20", "--out", "mine")
    said = shell.call(*generate, code=2).stderr
    assert "mine holds raw_leads.jsonl, which would be overwritten" in said and "--force" in said
    assert (shell.folder / "mine/raw_leads.jsonl").read_text() == "my leads\n"
    assert [file.name for file in (shell.folder / "mine").iterdir()] == ["raw_leads.jsonl"]
    shell.call(*generate, "--force")
    assert len(shell.lines("mine/raw_leads.jsonl")) > 10
    assert (
        "raw_leads.jsonl, activity.jsonl, verdicts.jsonl, commands.jsonl, truth.jsonl, config.toml"
        in shell.call(*generate, code=2).stderr
    )


@pytest.mark.parametrize(
    ("source", "said", "remedy"),
    [
        ("-", "would be standard input", "--follow"),
        ("http://example.com/leads?key=secret", "http://example.com/leads is an address", "`leadstream pull CHANNEL`"),
        ("kafka://user:secret@broker:9092", "kafka://broker:9092 is an address", "--source kafka"),
        ("Kafka", "--source Kafka is not known, did you mean kafka?", "Give --source kafka; for a path write ./Kafka."),
        ("DEMO", "--source DEMO is not known, did you mean demo?", "Give --source demo"),
    ],
)
def test_a_source_that_is_none(shell: Shell, source: str, said: str, remedy: str) -> None:
    error = shell.call("run", "--source", source, "--state", "s", "--sink", "o", code=2).stderr
    assert said in error and remedy in error.splitlines()[-1] and "secret" not in error
    assert not list(shell.folder.iterdir()), "nothing is begun"


def test_a_source_whose_name_is_nearly_a_word(shell: Shell) -> None:
    error = shell.call("run", "--source", "kafak", "--state", "s", "--sink", "o", code=1).stderr
    assert "The source kafak does not exist, did you mean kafka?" in error


def test_a_file_that_is_called_like_a_word_is_read(shell: Shell, inputs: Path) -> None:
    (shell.folder / "in/raw_leads.jsonl").rename(shell.folder / "Kafka")
    assert "Done: 7 records" in shell.run("run", "--source", "Kafka", *PLACES).stdout


@pytest.mark.parametrize("place", ["-", "s3://bucket/out", "Kafka", "KAFKA"])
@pytest.mark.parametrize(
    "command",
    [
        ("run", "--source", "in", "--sink"),
        ("import", "in/raw_leads.jsonl", "--to"),
        ("gateway", "--unsigned", "--to"),
        ("replay", "in", "--to"),
    ],
)
def test_a_target_that_is_none(shell: Shell, inputs: Path, command: tuple[str, ...], place: str) -> None:
    """It would become a folder of that name, and whoever waits at the topic would wait."""
    error = shell.call(*command, place, code=2).stderr
    assert f"{command[-1]} {place} " in error
    assert error.splitlines()[-1].startswith(("Name a folder", f"Give {command[-1]} kafka"))
    assert [file.name for file in shell.folder.iterdir()] == ["in"]


def test_a_group_that_is_misspelt(shell: Shell) -> None:
    """Only `offline` has the lateness of imports: a lead of days ago would be late without a word."""
    (shell.folder / "c.toml").write_text(
        '[channels.fair]\ngroup = "ofline"\n\n[channels.web]\ngroup = "our own forms"\n'
    )
    error = shell.call("check", "c.toml", code=1).stdout
    assert '"ofline" is not known, did you mean offline?' in error and "c.toml:2" in error
    assert "our own forms" not in error, "another group is free"


@pytest.mark.slow
def test_a_channel_of_the_demo_in_a_file_of_ones_own(shell: Shell) -> None:
    """The demo says where its channels stand; a refusal says how to see the known ones."""
    at = "2026-03-02T10:00:00+08:00"
    (shell.folder / "mine.jsonl").write_text(lead(1, FIRST, at, channel="mini_program"))
    refused = shell.run("run", "--source", "mine.jsonl", *PLACES).stdout.splitlines()[-2]
    assert "UNKNOWN_CHANNEL (channel) 1" in refused and "`leadstream feeds list` shows the known channels" in refused
    said = shell.run("run", "--until", at, "--state", "d", "--sink", "e", "--metrics", "127.0.0.1:0").stdout
    told = next(line for line in said.splitlines() if "leadstream generate" in line)
    command = told.split("`")[1].replace("DIR", "demo").split()
    shell.call(*command[1:])
    again = ("--state", "state2", "--sink", "out2", "--metrics", "127.0.0.1:0", "--config", "demo/config.toml")
    shell.run("run", "--source", "mine.jsonl", *again)
    assert [line["channel"] for line in shell.lines("out2/dispositions.jsonl")] == ["mini_program"]
    assert "mini_program" in shell.call("feeds", "list", "--config", "demo/config.toml").stdout


@pytest.mark.parametrize(("command", "table"), [(["topics"], "[kafka]"), (["pull"], "[pull.CHANNEL]")])
def test_help_shows_the_names_of_tables(shell: Shell, command: list[str], table: str) -> None:
    assert table in shell.call(*command, "--help").stdout


def test_no_word_of_any_help_is_taken_for_markup() -> None:
    root: Any = typer.main.get_command(app)
    commands = [root]
    seen = 0
    while commands:
        command = commands.pop()
        commands += getattr(command, "commands", {}).values()
        for text in (command.help, *(getattr(one, "help", "") for one in command.params)):
            shown = Text.from_markup(text or "").plain
            assert shown == (text or "").replace("\\[", "["), f"{command.name}: {text}"
            seen += 1
    assert seen > 80


# --- what is not said


def test_every_record_that_goes_out_says_when(shell: Shell) -> None:
    """Also a first one without a time, before there is a clock."""
    record = {"channel": "autohome", "source_lead_id": "A", "phone": FIRST, "store": "SH001"}
    (shell.folder / "raw_leads.jsonl").write_text(json.dumps(record) + "\nno json\n")
    shell.run("run", "--source", "raw_leads.jsonl", *PLACES)
    rejects = shell.lines("out/rejects.jsonl")
    assert [one["reasons"] for one in rejects] == [["BAD_TIME"], ["NOT_JSON"]]
    assert all(one["at"] for one in rejects)
    assert "event_time" in rejects[0]["fields"][0]["hint"]


def test_a_lead_without_a_store_waits_for_an_answer_that_is_named(shell: Shell, inputs: Path) -> None:
    """The same source id with a store is the answer; until then it stands in `holds`, and `explain` says why."""
    at = "2026-03-02T10:00:00+08:00"
    (shell.folder / "raw_leads.jsonl").write_text(lead(1, FIRST, at, store=None))
    run = ("run", "--source", "raw_leads.jsonl", *PLACES, "--config", "in/config.toml")
    shell.run(*run)
    assert [one["conditions"] for one in shell.lines("out/holds.jsonl")] == [["STORE_MISSING", "CLEANING"]]
    said = shell.call("explain", "--state", "state", "--phone", FIRST).stdout
    assert "STORE_MISSING" in said or "no store" in said.lower()
    with (shell.folder / "raw_leads.jsonl").open("a") as file:
        file.write(lead(1, FIRST, at, store="SH001"))
    shell.run(*run)
    assert [one["store"] for one in shell.lines("out/dispatches.jsonl")] == ["SH001"]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("flaw", ["13912345678(微信同号)", "'13912345678", "＋86 139-1234-5678", "手机：13912345678"])
def test_a_number_as_people_write_it(shell: Shell, inputs: Path, flaw: str) -> None:
    (shell.folder / "raw_leads.jsonl").write_text(lead(1, flaw, "2026-03-02T10:00:00+0800"), encoding="utf-8")
    shell.run("run", "--source", "raw_leads.jsonl", *PLACES, "--config", "in/config.toml")
    assert [one["contact"]["phone"] for one in shell.lines("out/dispatches.jsonl")] == ["13912345678"]


def test_a_time_without_an_offset_names_the_key(shell: Shell, inputs: Path) -> None:
    """By the key it is read; without it the hint names it."""
    (shell.folder / "raw_leads.jsonl").write_text(lead(1, FIRST, "2026-03-02 10:15:00", ingest_time=None))
    run = ("run", "--source", "raw_leads.jsonl", "--metrics", "127.0.0.1:0", "--config", "c.toml")
    (shell.folder / "c.toml").write_text("[channels.autohome]\nconsent = true\n")
    shell.run(*run, "--state", "s", "--sink", "o")
    (fault,) = shell.lines("o/rejects.jsonl")[0]["fields"]
    assert fault["code"] == "BAD_TIME" and "channels.autohome.time" in fault["hint"]
    (shell.folder / "c.toml").write_text('[channels.autohome]\nconsent = true\ntime = {zone = "Asia/Shanghai"}\n')
    shell.run(*run, "--state", "s2", "--sink", "o2")
    assert [one["event_time"] for one in shell.lines("o2/dispositions.jsonl")] == ["2026-03-02T10:15:00.000+08:00"]


def test_a_byte_order_mark_is_no_content(shell: Shell, inputs: Path) -> None:
    text = lead(1, FIRST, "2026-03-02T10:00:00+08:00") + lead(2, "13912345679", "2026-03-02T10:01:00+08:00")
    (shell.folder / "raw_leads.jsonl").write_text(text, encoding="utf-8-sig")
    shell.run("run", "--source", "raw_leads.jsonl", *PLACES, "--config", "in/config.toml")
    assert len(shell.lines("out/dispositions.jsonl")) == 2


def test_an_until_of_the_far_future_poisons_nothing(shell: Shell, inputs: Path) -> None:
    said = shell.run(*RUN, "--until", "2062-03-02T10:00:00+08:00", code=2).stderr
    assert "--beyond-today" in said.splitlines()[-1]
    assert not (shell.folder / "state").exists()


def test_a_copied_state_with_the_same_output_is_a_second_writer(ran: Shell) -> None:
    """The copy may read on only while the output is as its seal says: else both would write."""
    shutil.copytree(ran.folder / "state", ran.folder / "copy")
    more = ran.folder / "in/raw_leads.jsonl"
    with more.open("a", encoding="utf-8") as file:
        file.write(lead(8, "13512345678", "2026-03-02T22:00:00+08:00"))
    ran.run(*RUN)
    before = len(ran.lines("out/dispositions.jsonl"))
    copy = [("copy" if word == "state" else word) for word in RUN]
    said = ran.run(*copy, code=3).stderr
    assert "one writer" in said or "another" in said
    assert len(ran.lines("out/dispositions.jsonl")) == before
