"""The list of faults fits the code: a line that was changed takes its entry along (tests/mutants.toml)."""

import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "scripts"))

import mutants  # noqa: E402


def test_every_entry_is_found_exactly_once_and_still_compiles():
    found = mutants.mutants_of(CHECKOUT)
    assert len(found) >= 24
    assert len({(mutant.file, mutant.new, mutant.old) for mutant in found}) == len(found)


def test_a_line_that_is_not_there_or_there_twice_is_an_error():
    mutant = mutants.Mutant("x.py", "pass", "return", "", ("tests",))
    assert mutant.applied("def f():\n    pass\n") == "def f():\n    return\n"
    for text in ("x = 1\n", "pass\npass\n"):
        with pytest.raises(mutants.WrongList, match="times, not once"):
            mutant.applied(text)
