"""The reference model on examples of layers 4 to 6."""

import pytest
from oracle_case import Case, readable
from oracle_cases import CLEANING_CASES
from oracle_model import Oracle


@pytest.mark.parametrize("case", CLEANING_CASES, ids=[f"{case.name} ({case.ruling})" for case in CLEANING_CASES])
def test_worked_example(case: Case) -> None:
    found = readable(Oracle(case.config, layers=case.layers).run(case.lines(), case.until_ms()))
    assert {name: found[name] for name in case.expect} == case.expect


def test_names_of_examples_are_unique() -> None:
    assert len({case.name for case in CLEANING_CASES}) == len(CLEANING_CASES)
