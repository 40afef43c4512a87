"""Runs an engine on a disk of its own that gets full or read-only: a script for a namespace of mounts of its own.

    unshare -rm python tiny_disk.py full|read_only FOLDER INPUT OUT

Mounts a small disk on FOLDER, runs INPUT three times into the fault, prints it, mends the disk, runs again, copies the
outputs to OUT.
"""

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(CHECKOUT), str(Path(__file__).parent)]

from delivery import configuration  # noqa: E402

from connectors.files.reader import FileReader  # noqa: E402
from connectors.files.sink import FileSink  # noqa: E402
from flows.engine import Engine, Options  # noqa: E402
from flows.run import run  # noqa: E402
from state.errors import DiskFault  # noqa: E402


def start(disk: Path, source: Path) -> None:
    run(Engine(configuration(), FileReader(source), FileSink(disk / "out"), Options(disk / "state", shards=2)))


def fill(disk: Path, free: int) -> None:
    """Leave `free` bytes."""
    with (disk / "ballast").open("wb") as ballast:
        ballast.write(b"\0" * (shutil.disk_usage(disk).free - free))


def main(what: str, folder: str, source: str, out: str) -> None:
    disk = Path(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "none", folder], check=True)
    if what == "read_only":
        empty = disk / "raw_leads.jsonl"
        empty.write_bytes(b"")
        start(disk, empty)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    else:
        # The first start makes the files; then there is no room for what the run writes.
        first = disk / "raw_leads.jsonl"
        first.write_bytes(b"")
        start(disk, first)
        fill(disk, 100_000)
    for _ in range(3):
        try:
            start(disk, Path(source))
            print("no fault")
        except DiskFault as fault:
            print(f"{type(fault).__name__} {fault.exit_code}: {fault}")
    if what == "read_only":
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    with contextlib.suppress(FileNotFoundError):
        (disk / "ballast").unlink()
    start(disk, Path(source))
    shutil.copytree(disk / "out", out)


if __name__ == "__main__":
    main(*sys.argv[1:])
