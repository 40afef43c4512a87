"""Folders in memory where the machine has them: thousands of starts and syncs would else measure the disk."""

import shutil
import tempfile
from pathlib import Path

import pytest

_IN_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def _memory(tmp_path_factory):
    if not _IN_MEMORY.is_dir():
        yield tmp_path_factory.mktemp("delivery")
        return
    folder = Path(tempfile.mkdtemp(prefix="leadstream-delivery-", dir=_IN_MEMORY))
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
