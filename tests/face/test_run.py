"""`leadstream run` on files: what is written, run again, moved on, refused, stopped by a fault."""

import os
import signal
from pathlib import Path

import pytest
from face_shell import PLACES, Lead, Shell


def _marks(shell: Shell) -> dict[str, str]:
    return {line["source_lead_id"]: line["mark"] for line in shell.lines("out/dispositions.jsonl")}


def test_a_run_says_what_it_did(shell: Shell, inputs: Path) -> None:
    done = shell.run("run", "--config", "in/config.toml", "--source", "in", *PLACES)
    assert _marks(shell) == {
        "A1": "FIRST_TOUCH",
        "A2": "DEDUPED",
        "D/3": "FIRST_TOUCH",
        "F-136****5671": "FIRST_TOUCH",
    }
    summary = done.stdout.splitlines()[-1]
    assert summary.startswith("Done: 8 records in ")
    assert "FIRST_TOUCH 3, DEDUPED 1, MERGED 0, DEAL_MERGED 0; rejected 1, late 1, replays 1, dispatches 1" in summary


def test_the_same_input_again_changes_nothing(ran: Shell) -> None:
    before = {file.name: file.read_bytes() for file in (ran.folder / "out").iterdir()}
    done = ran.run("run", "--config", "in/config.toml", "--source", "in", *PLACES)
    assert "no record that this state did not know" in done.stdout
    assert {file.name: file.read_bytes() for file in (ran.folder / "out").iterdir()} == before


def test_until_moves_the_clock_on(ran: Shell) -> None:
    """A lead held for the opening hours goes out when the clock passes the opening."""
    assert len(ran.lines("out/dispatches.jsonl")) == 1
    run = ("run", "--config", "in/config.toml", "--source", "in", *PLACES)
    ran.run(*run, "--until", "2026-03-03T08:59:59+08:00")
    assert len(ran.lines("out/dispatches.jsonl")) == 1
    ran.run(*run, "--until", "2026-03-03T09:00:00+08:00")
    assert [line["at"] for line in ran.lines("out/dispatches.jsonl")][1:] == ["2026-03-03T09:00:00.000+08:00"]


def test_what_is_surprising_is_said_once(shell: Shell, inputs: Path) -> None:
    done = shell.run("run", "--source", "in", *PLACES)
    assert "in/config.toml is not used" in done.stderr
    assert done.stderr.count("public development secret") == 1
    done = shell.run("run", "--config", "in/config.toml", "--source", "in", *PLACES, LEADSTREAM_ONE_ID_SECRET="s3")[1:] \
        if False else shell.run(
            "run", "--config", "in/config.toml", "--source", "in", "--state", "s", "--sink", "o", "--metrics",
            "127.0.0.1:0", LEADSTREAM_ONE_ID_SECRET="s3",
        )
    assert done.stderr == ""
