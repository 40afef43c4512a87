"""A sample of `make fuzz`: every parser of what comes in on inputs of every kind (domain 15).

`LEADSTREAM_INPUTS` of them (default 3 000), other ones with `LEADSTREAM_SEED`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing import Parsers, drawn, try_out

INPUTS = int(os.environ.get("LEADSTREAM_INPUTS", "3000"))
SEED = int(os.environ.get("LEADSTREAM_SEED", "1"))


def test_no_parser_breaks(tmp_path: Path) -> None:
    parsers = Parsers(tmp_path).all
    found = [f"{number}: {said}" for number in range(INPUTS) if (said := try_out(parsers, SEED, number))]
    assert not found, "\n".join(found[:10])


@pytest.mark.parametrize("name", [share.name for share in Parsers(Path()).all])
def test_each_parser_reads_its_own(name: str, tmp_path: Path) -> None:
    """Also those that few of many inputs are for."""
    share = next(one for one in Parsers(tmp_path).all if one.name == name)
    for number in range(5 if name == "workbooks" else 40):
        share.parse(random.Random(f"{SEED} {number}"))


def test_what_breaks_is_said(tmp_path: Path) -> None:
    parsers = Parsers(tmp_path)
    broken = [share._replace(parse=lambda rng: {}["x"]) for share in parsers.all]
    assert "KeyError" in try_out(broken, SEED, 7)
    assert {drawn(parsers.all, number).name for number in range(100_000)} == {share.name for share in parsers.all}


@pytest.mark.slow
def test_two_processes_for_twenty_seconds(checkout: Path) -> None:
    command = [sys.executable, "scripts/fuzz.py", "--inputs", "10000000", "--seconds", "20", "--seed", str(SEED)]
    ran = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=200)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ", 0 findings" in ran.stdout
