"""A broker for the kills on Kafka, and folders in memory where the machine has them."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from broker import Broker, KafkaClient
from forked import Runner
from kafka_session import session_broker as one_broker

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def session_broker(lacking: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaClient]:
    yield from one_broker(tmp_path_factory.mktemp("kafka") / "broker", lacking)


@pytest.fixture
def prefix(session_broker: KafkaClient) -> Iterator[str]:
    """Begins the names of a test's topics and groups, which are deleted behind it."""
    begins = f"k{os.getpid()}-{next(_NUMBERS)}."
    yield begins
    if isinstance(session_broker, Broker):
        session_broker.ensure()
    session_broker.remove(begins)


@pytest.fixture
def memory_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory: hundreds of starts would else measure the disk."""
    place = Path("/dev/shm")
    if not place.is_dir() or shutil.disk_usage(place).free < 1 << 30:
        yield tmp_path
        return
    for left in place.glob("leadstream-kills-*"):  # by a run that was killed: memory, not disk
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"leadstream-kills-{os.getpid()}-", dir=place))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def runner(memory_path: Path) -> Iterator[Runner]:
    """Forks engines between topics."""
    one = Runner(Path(__file__).with_name("runner_kafka.py"), memory_path / "errors.txt")
    yield one
    one.close()
