"""Folders in memory where the machine has them: thousands of starts and syncs would else measure the disk."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

_IN_MEMORY = Path("/dev/shm")
_NAME = "leadstream-delivery-"
_ENOUGH = 1 << 30


@pytest.fixture(scope="session")
def _memory(tmp_path_factory):
    if not _IN_MEMORY.is_dir() or shutil.disk_usage(_IN_MEMORY).free < _ENOUGH:
        yield tmp_path_factory.mktemp("delivery")
        return
    for left in _IN_MEMORY.glob(f"{_NAME}*"):  # by a run that was killed: memory, not disk
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-", dir=_IN_MEMORY))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def module_folder(_memory):
    """A folder for what the tests of a module share."""
    folder = Path(tempfile.mkdtemp(dir=_memory))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tmp_path(_memory):
    """A folder of one test, in place of pytest's."""
    folder = Path(tempfile.mkdtemp(dir=_memory))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
