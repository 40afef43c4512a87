"""What all tests share: samples of what is many, the data folder, the rule for what a machine lacks, Hypothesis profiles."""

import os
import random
import signal
from collections.abc import Callable, Iterator
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


# A shell that starts a run in the background has it ignore SIGINT, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """`sampled` before -m and -k choose, the sample of the slow tests after them."""
    _mark_sampled(items)
    yield
    _sample_slow(config, items)


def _mark_sampled(items: list[pytest.Item]) -> None:
    """Of the parameters of a test that is `sampled(n, each=NAMES)`, n belong to `make test`, drawn by `LEADSTREAM_SEED` for
    each value of the parameters `each` names; the others are slow. Those on topics are chosen elsewhere."""
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        mark = item.get_closest_marker("sampled")
        if mark is not None and item.get_closest_marker("kafka") is None:
            values = item.callspec.params if hasattr(item, "callspec") else {}
            kept = [f"{name}={values[name]!r}" for name in mark.kwargs.get("each", ())]
            groups.setdefault(" ".join([item.nodeid.partition("[")[0], *kept]), []).append(item)
    for name, group in groups.items():
        mark = group[0].get_closest_marker("sampled")
        size = mark.args[0] if mark is not None and mark.args else 1
        rng = random.Random(f"{os.environ.get('LEADSTREAM_SEED') or 1} {name}")
        chosen = rng.sample(group, min(size, len(group)))
        for item in group:
            if item not in chosen:
                item.add_marker(pytest.mark.slow)


def _minutes(item: pytest.Item) -> float:
    """What a test may take."""
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) / 60 if mark is not None else 5.0


def _sample_slow(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `LEADSTREAM_SLOW_SAMPLE=N`, keep N of the slow tests, chosen by `LEADSTREAM_SEED`, deselect the rest. One that
    takes more than a quarter of an hour is in no sample."""
    size = os.environ.get("LEADSTREAM_SLOW_SAMPLE")
    if not size:
        return
    slow = sorted(item.nodeid for item in items if item.get_closest_marker("slow") and _minutes(item) <= 15)
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
