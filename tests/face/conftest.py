"""A folder to run commands in, and inputs to run."""

import logging
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from face_shell import DEADLINE_S, RUN, Shell, write_inputs


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """A command run within the test's own process leaves its log and its signal handlers behind; others rely on theirs."""
    logger = logging.getLogger("leadstream")
    before = logger.handlers, logger.propagate, logger.level
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    logger.handlers, logger.propagate = before[:2]
    logger.setLevel(before[2])
    for number, handler in signals.items():
        signal.signal(number, handler)


@pytest.fixture
def shell(tmp_path: Path, checkout: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path, checkout)
    yield shell
    for process in shell.started:
        if process.poll() is None:
            process.kill()
            process.wait(DEADLINE_S)


@pytest.fixture
def inputs(shell: Shell) -> Path:
    """The folder `in`: inputs and their configuration."""
    write_inputs(shell.folder / "in")
    return shell.folder / "in"


@pytest.fixture
def ran(shell: Shell, known: Shell) -> Shell:
    """The inputs, run: state in `state`, output in `out`."""
    shutil.copytree(known.folder, shell.folder, dirs_exist_ok=True, symlinks=True)
    return shell


@pytest.fixture(scope="session")
def known(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """The same, for tests that only look."""
    shell = Shell(tmp_path_factory.mktemp("known"), checkout)
    write_inputs(shell.folder / "in")
    shell.run(*RUN)
    return shell
