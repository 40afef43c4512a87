"""Folders in memory where the machine has them: thousands of starts and syncs would else measure the disk."""

import os
import random
import shutil
import tempfile
import zlib
from pathlib import Path

import pytest
from delivery import Case
from fabrics import Files, KafkaFabrics
from kafka_session import session_broker as one_broker

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


# --- the fabrics: what a case stands on

_KAFKA = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items):
    """Of each test on topics one, drawn by `LEADSTREAM_SEED`, belongs to `make test`; the others are slow."""
    of_test = {}
    for item in items:
        if "callspec" in dir(item) and item.callspec.params.get("fabric") == "kafka":
            of_test.setdefault(item.function, []).append(item)
    rng = random.Random(os.environ.get("LEADSTREAM_SEED", "1"))
    for found in of_test.values():
        chosen = rng.choice(found)
        for item in found:
            if item is not chosen:
                item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def session_broker(lacking, tmp_path_factory):
    yield from one_broker(tmp_path_factory.mktemp("kafka") / "broker", lacking)


@pytest.fixture(scope="session")
def kafka_fabrics(session_broker):
    """Makes the topics of each case; stays connected."""
    found = KafkaFabrics(session_broker, f"d{os.getpid()}.")
    yield found
    found.close()


@pytest.fixture(params=["memory", "files", pytest.param("kafka", marks=_KAFKA)])
def fabric(request, monkeypatch):
    """The test's cases stand on fakes, on files, on topics (each fourth test in transactions).

    A test that asks for it only makes cases, gives them a `memory_reader` and reads `case.sink`.
    """
    if request.param == "memory":
        yield request.param
    elif request.param == "files":
        monkeypatch.setattr(Case, "fabric", Files)
        yield request.param
    else:
        fabrics = request.getfixturevalue("kafka_fabrics")
        fabrics.mode = "transactional" if zlib.crc32(request.node.nodeid.encode()) % 4 == 0 else "once"
        monkeypatch.setattr(Case, "fabric", fabrics)
        yield request.param
        fabrics.forget()
