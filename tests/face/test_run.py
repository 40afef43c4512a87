"""`leadstream run` on files: what is written, run again, moved on, refused, stopped by a fault."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from face_shell import PLACES, RUN, Shell


def _marks(shell: Shell) -> dict[str, str]:
    return {line["source_lead_id"]: line["mark"] for line in shell.lines("out/dispositions.jsonl")}


def test_a_run_says_what_it_did(shell: Shell, inputs: Path) -> None:
    done = shell.run(*RUN)
    assert _marks(shell) == {
        "A1": "FIRST_TOUCH",
        "A2": "DEDUPED",
        "D/3": "FIRST_TOUCH",
        "F-136****5671": "FIRST_TOUCH",
    }
    summary = done.stdout.splitlines()[-1]
    assert summary.startswith("Done: 8 records (7 raw leads) in ")
    assert (
        "FIRST_TOUCH 3, DEDUPED 1, MERGED 0, DEAL_MERGED 0; leads rejected 1, late 1, replays 1, dispatches 1"
        in summary
    )


def test_the_same_input_again_changes_nothing(ran: Shell) -> None:
    before = {file.name: file.read_bytes() for file in (ran.folder / "out").iterdir()}
    done = ran.run(*RUN)
    assert "no record that this state did not know" in done.stdout
    assert {file.name: file.read_bytes() for file in (ran.folder / "out").iterdir()} == before


def test_until_moves_the_clock_on(ran: Shell) -> None:
    """A lead held for the opening hours goes out when the clock passes the opening."""
    assert len(ran.lines("out/dispatches.jsonl")) == 1
    ran.run(*RUN, "--until", "2026-03-03T08:59:59+08:00")
    assert len(ran.lines("out/dispatches.jsonl")) == 1
    done = ran.run(*RUN, "--until", "2026-03-03T09:00:00+08:00")
    assert "Time went on to --until" in done.stdout
    assert [line["at"] for line in ran.lines("out/dispatches.jsonl")][1:] == ["2026-03-03T09:00:00.000+08:00"]


@pytest.mark.slow
def test_what_is_surprising_is_said_once(shell: Shell, inputs: Path) -> None:
    done = shell.run("run", "--source", "in", *PLACES)
    assert "in/config.toml is not used" in done.stderr
    assert done.stderr.count("public development secret") == 1
    places = ("--state", "other/state", "--sink", "other/out", "--metrics", "127.0.0.1:0")
    run = ("run", "--config", "in/config.toml", "--source", "in", *places)
    (line,) = shell.run(*run, LEADSTREAM_ONE_ID_SECRET="sixteen bytes ok").stderr.splitlines()
    assert '"event": "Rules: ' in line


def test_a_short_secret_is_warned_of(shell: Shell, inputs: Path) -> None:
    said = shell.run(*RUN, LEADSTREAM_ONE_ID_SECRET="s3").stderr
    assert "The OneID secret has 2 bytes" in said


def test_old_files_by_the_clock_of_the_wall(shell: Shell, inputs: Path) -> None:
    """All of them are late, and the last line says how to read them."""
    done = shell.run(*RUN, "--clock", "wall")
    assert "--clock event" in done.stdout.splitlines()[-1]


def test_another_secret_is_refused(ran: Shell) -> None:
    run = RUN
    said = ran.run(*run, code=3, LEADSTREAM_ONE_ID_SECRET="other").stderr.splitlines()
    assert "secret" in said[-2] and said[-1].startswith("Set LEADSTREAM_ONE_ID_SECRET")


def test_a_foreign_output_folder_is_refused(ran: Shell) -> None:
    run = ("run", "--config", "in/config.toml", "--source", "in", "--metrics", "127.0.0.1:0")
    ran.run(*run, "--state", "new", "--sink", "out", code=3)
    ran.run(*run, "--state", "state", "--sink", "empty", code=3)


def test_an_input_that_was_changed_is_refused(ran: Shell) -> None:
    file = ran.folder / "in" / "raw_leads.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace("汽车", "火车").replace("A2", "A9"), encoding="utf-8")
    said = ran.run(*RUN, code=3).stderr
    assert "is not the file that was read before" in said


def test_a_full_disk_stops_with_3_and_nothing_is_lost(shell: Shell, inputs: Path) -> None:
    (shell.folder / "out").mkdir()
    full = shell.folder / "out" / "dispositions.jsonl"
    full.symlink_to("/dev/full")
    run = RUN
    said = shell.run(*run, code=3).stderr.splitlines()
    assert "The disk is full" in said[-2] and said[-1].startswith("Free space")
    full.unlink()
    shell.run(*run)
    assert len(_marks(shell)) == 4 and len(shell.lines("out/dispositions.jsonl")) == 4


def test_a_state_in_use_is_refused_naming_its_holder(shell: Shell) -> None:
    holder = shell.start("leadstream", "run", *PLACES)
    shell.wait_for_output(holder, "out/dispositions.jsonl")
    said = shell.run("run", "--state", "state", "--sink", "other", "--metrics", "127.0.0.1:0", code=3).stderr
    assert f"in use by process {holder.pid}" in said
    assert said.splitlines()[-1].startswith("Stop that process first")
    assert not (shell.folder / "other").exists()
    assert shell.end(holder, signal.SIGTERM) == 0


def test_a_metrics_port_in_use_is_refused_before_anything_is_read(shell: Shell, inputs: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = shell.run("run", "--source", "in", "--metrics", address, "--state", "s", "--sink", "o", code=3).stderr
    assert f"cannot listen on {address}" in said
    assert not shell.lines("o/dispositions.jsonl")


def test_a_trace_goes_to_the_log_at_debug(shell: Shell) -> None:
    (shell.folder / "in.jsonl").write_text("", encoding="utf-8")
    (shell.folder / "state").write_text("no folder", encoding="utf-8")
    done = shell.run("run", "--source", "in.jsonl", *PLACES, code=3)
    assert "exception" not in done.stderr
    environment = shell.environment(LEADSTREAM_LOG="debug")
    arguments = [sys.executable, "-m", "leadstream", "run", "--source", "in.jsonl", *PLACES]
    told = subprocess.run(
        arguments, cwd=shell.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    traced = [json.loads(line) for line in told.stderr.splitlines() if line.startswith("{")]
    assert any("Traceback" in line.get("exception", "") for line in traced)


# --- the demo


def test_the_demo_dispatches_soon_seals_at_ctrl_c_and_goes_on(shell: Shell) -> None:
    demo = shell.start("leadstream", "run", *PLACES)
    shell.wait_for_output(demo, "out/dispatches.jsonl", 20)
    assert shell.end(demo) == 0
    said = (shell.folder / "said").read_text(encoding="utf-8")
    assert said.startswith("This is a demo: simulated leads of ") and "leadstream run --source FILE" in said
    assert said.splitlines()[-1].startswith("Stopped and sealed; the next run goes on here: ")
    assert "Stopping: draining and sealing" in shell.log()
    first = shell.lines("out/dispositions.jsonl")
    assert first[0]["at"].startswith("2026-03-02T09:3")
    # Goes on at the simulated time where it stopped, to a simulated time, and ends there.
    until = "2026-03-02T12:00:00+08:00"
    shell.run("run", *PLACES, "--demo-speed", "500", "--until", until)
    both = shell.lines("out/dispositions.jsonl")
    assert both[: len(first)] == first and len(both) > len(first) + 100
    assert both[len(first)]["at"] >= first[-1]["at"]
    assert both[-1]["at"] <= until
    assert len({line["event_id"] for line in both}) == len(both)
    # Straight there, without the stop: the same raw leads with the same marks.
    straight = ("--state", "state2", "--sink", "out2", "--metrics", "127.0.0.1:0")
    shell.run("run", *straight, "--demo-speed", "500", "--until", until)
    sources = [
        {(line["raw_id"], line["mark"]) for line in shell.lines(f"{out}/dispositions.jsonl")} for out in ("out", "out2")
    ]
    assert sources[0] == sources[1]


def test_a_second_signal_ends_at_once_and_loses_nothing(shell: Shell) -> None:
    demo = shell.start("leadstream", "run", *PLACES, "--demo-speed", "20")
    shell.wait_for_output(demo, "out/dispatches.jsonl")
    demo.send_signal(signal.SIGTERM)
    assert shell.end(demo, signal.SIGTERM) in (0, 128 + signal.SIGTERM)  # 0: the first had already done its work
    shell.run("run", *PLACES, "--demo-speed", "500", "--until", "2026-03-02T11:00:00+08:00")
    marks = shell.lines("out/dispositions.jsonl")
    assert len({line["event_id"] for line in marks}) == len(marks)


def test_a_demo_and_files_in_one_state_are_warned_of(shell: Shell, inputs: Path) -> None:
    shell.run("run", *PLACES, "--demo-speed", "500", "--until", "2026-03-02T09:40:00+08:00")
    said = shell.run(*RUN).stderr
    assert "is the demo's" in said and "Name a state and an output of their own" in said


def test_a_time_that_is_not_believed_is_said_last_with_the_key_to_set(shell: Shell) -> None:
    """Ruling 76: how many, the first one, and the key; on stderr at once and in the last line."""
    records = [
        {"channel": "autohome", "source_lead_id": f"E{n}", "phone": f"1391234567{n}", "store": "S", "event_time": at}
        for n, at in enumerate(
            ("1970-01-01T00:00:00Z", "2022-03-02T10:00:00+08:00", "2026-03-02T10:00:00+08:00", "2062-03-02T10:00:00Z")
        )
    ]
    (shell.folder / "raw_leads.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    done = shell.run("run", "--source", "raw_leads.jsonl", *PLACES)
    last = done.stdout.splitlines()[-1]
    for said in (
        "1 record is before periods.earliest and refused (raw_leads.jsonl, line 1)",
        "1 record is too far ahead of the clock and refused (raw_leads.jsonl, line 4): set periods.max_jump_days",
        "1 record is far ahead of the clock and applied (raw_leads.jsonl, line 3)",
    ):
        assert said in last
    assert done.stderr.count("(BAD_TIME)") == 2 and "line 3 moves the clock by 35064.0 h" in done.stderr
    assert [record["original"] for record in shell.lines("out/rejects.jsonl")] == [
        json.dumps(records[0]),
        json.dumps(records[3]),
    ]


def test_until_after_today_needs_a_word_more(ran: Shell) -> None:
    """Ruling 76."""
    said = ran.run(*RUN, "--until", "2062-01-01T00:00:00Z", code=2).stderr.splitlines()
    assert "--beyond-today" in said[-1]
    ran.run(*RUN, "--until", "2062-01-01T00:00:00Z", "--beyond-today")
