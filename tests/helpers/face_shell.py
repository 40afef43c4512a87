"""Running the command as a user does: a process of its own, in an empty folder."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from waiting import wait_until

from leadstream.commands.main import main

DEADLINE_S = 60.0
PLACES = ("--state", "state", "--sink", "out", "--metrics", "127.0.0.1:0")


@dataclass
class Shell:
    """A folder and the commands run in it; what was started is ended with the test."""

    folder: Path
    checkout: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADSTREAM", "PYTHON"))}
        return {**kept, "PYTHONPATH": str(self.checkout), "COLUMNS": "200", **more}

    def run(self, *arguments: str | Path, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        """`leadstream ARGUMENTS` to its end; `more` are variables of its environment."""
        done = subprocess.run(
            [sys.executable, "-m", "leadstream", *map(str, arguments)],
            cwd=self.folder,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        assert done.returncode == code, f"exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def call(self, *arguments: str, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        """The same within this process: for commands that install nothing and only look, at a tenth of the time."""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            mock.patch.dict(os.environ, self.environment(**more), clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            returned = main(arguments)
        assert returned == code, f"exit {returned}, not {code}\n{out.getvalue()}\n{err.getvalue()}"
        return subprocess.CompletedProcess(arguments, returned, out.getvalue(), err.getvalue())

    def start(self, module: str, *arguments: str | Path, **more: str) -> subprocess.Popen[bytes]:
        """`python -m MODULE ARGUMENTS`, left running; its words go to the files said and log."""
        with (self.folder / "said").open("wb") as said, (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, arguments)],
                cwd=self.folder,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=log,
            )
        self.started.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes], number: int = signal.SIGINT) -> int:
        """Send a signal; the exit code."""
        process.send_signal(number)
        return process.wait(DEADLINE_S)

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    def lines(self, file: str) -> list[dict[str, Any]]:
        """The whole lines of an output."""
        path = self.folder / file
        text = path.read_bytes() if path.exists() else b""
        return [json.loads(line) for line in text[: text.rfind(b"\n") + 1].splitlines()]

    def wait_for_output(self, process: subprocess.Popen[bytes], file: str, least: int = 1) -> None:
        wait_until(
            lambda: process.poll() is not None or len(self.lines(file)) >= least, DEADLINE_S, f"{least} lines in {file}"
        )
        assert process.poll() is None, self.log()


def lead(number: int, phone: str, at: str, **more: object) -> str:
    """One line of raw_leads.jsonl."""
    record = {
        "type": "raw_lead",
        "channel": "autohome",
        "source_lead_id": f"A{number}",
        "event_time": at,
        "ingest_time": at,
        "phone": phone,
        "store": "SH001",
        "consent": True,
    }
    return json.dumps({**record, **more}, ensure_ascii=False) + "\n"


FIRST, SECOND, LATE, THIRD = "13812345678", "13912345679", "13712345670", "13612345671"


def write_inputs(folder: Path) -> None:
    """Inputs and their configuration: one of everything that `explain` can be asked about."""
    folder.mkdir()
    (folder / "raw_leads.jsonl").write_text(
        lead(1, FIRST, "2026-03-02T10:00:00+08:00", name="萧飞", remark="call me")
        + lead(2, FIRST, "2026-03-02T11:00:00+08:00")
        + lead(1, FIRST, "2026-03-02T10:00:00+08:00", name="萧飞", remark="call me")
        + lead(3, SECOND, "2026-03-02T20:00:00+08:00", channel="dongchedi", account="acc", source_lead_id="D/3")
        + lead(4, "1381234", "2026-03-02T20:30:00+08:00")
        + lead(5, LATE, "2026-02-20T10:00:00+08:00")
        + lead(6, THIRD, "2026-03-02T21:00:00+08:00", store=None, consent=False, source_lead_id=f"F-{THIRD}"),
        encoding="utf-8",
    )
    visit = {"type": "activity", "activity_id": "V1", "kind": "VISIT", "phone": FIRST, "store": "SH001"}
    visit["event_time"] = "2026-03-02T12:00:00+08:00"
    (folder / "activity.jsonl").write_text(json.dumps(visit) + "\n", encoding="utf-8")
    (folder / "config.toml").write_text(
        '[channels.autohome]\nname = "汽车之家"\nconsent = true\n\n'
        '[channels.dongchedi]\nname = "懂车帝"\nconsent = true\n\n'
        '[stores.SH001]\nname = "上海浦东店"\ncity = "上海"\nopens = "09:00"\ncloses = "18:00"\n',
        encoding="utf-8",
    )


RUN = ("run", "--config", "in/config.toml", "--source", "in", *PLACES)
