"""What all tests share: the data folder, the rule for what a machine lacks, and Hypothesis profiles."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from leadstream.compiled import variant

CHECKOUT = Path(__file__).resolve().parent.parent

# CI draws the same examples each time, so that a red run is about the change and can be repeated; a developer's runs
# draw others each time. No deadline per example: two cores shared with other processes make it a lottery.
settings.register_profile("dev", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_report_header() -> str:
    """Which variant of the rules is tested."""
    return f"rules: {variant()}"


@pytest.hookimpl(trylast=True)  # after -m and -k have chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `LEADSTREAM_SLOW_SAMPLE=N`, keep N of the slow tests, chosen by `LEADSTREAM_SEED`, deselect the rest."""
    size = os.environ.get("LEADSTREAM_SLOW_SAMPLE")
    if not size:
        return
    slow = sorted(item.nodeid for item in items if item.get_closest_marker("slow"))
    chosen = set(random.Random(os.environ.get("LEADSTREAM_SEED", "1")).sample(slow, min(int(size), len(slow))))
    dropped = [item for item in items if item.get_closest_marker("slow") and item.nodeid not in chosen]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


@pytest.fixture(scope="session")
def lacking() -> Callable[[str], None]:
    """`lacking("promtool is missing: run …")` ends the test: failed in CI, elsewhere skipped with the sentence."""

    def end(sentence: str) -> None:
        if os.environ.get("CI"):
            pytest.fail(f"{sentence} (In CI nothing may be missing.)", pytrace=False)
        pytest.skip(sentence)

    return end


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the checkout."""
    return CHECKOUT


@pytest.fixture(scope="session")
def data_folder(lacking: Callable[[str], None]) -> Path:
    """The folder of real lead data (not part of the project): `LEADSTREAM_TEST_DATA`, else ../shared/data."""
    folder = Path(os.environ.get("LEADSTREAM_TEST_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        lacking(f"The folder of real lead data is not there: {folder}. Name one with LEADSTREAM_TEST_DATA=FOLDER.")
    return folder
