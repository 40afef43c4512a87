"""By the wall's clock a poll waits for the sync of the one before it: what arrives meanwhile is decided together."""

import pytest

from flows.bundle import Bundle
from flows.order import Arrivals
from flows.progress import Progress
from flows.source import Intake
from state import limits


class Host:
    """Shards that are open and apply at once; the disk syncs when it is told to."""

    def __init__(self):
        self.progress = Progress(2)
        self.progress.open = [True, True]
        self.disk = 0

    def serve(self):
        pass

    def synced(self):
        return self.disk

    def seal_when_safe(self):
        return True

    def wants_seal(self):
        return False

    def may_read(self):
        return True

    def stopping(self):
        return False

    def next_barrier(self, after):
        return 0


class Input:
    """Arrivals, one at each poll."""

    clock = 1

    def __init__(self, *, event):
        self.event = event
        self.polls = 0

    poll = None

    def stamp(self, barrier):
        return self.clock

    def calendar(self):
        return 0

    def ended(self):
        return False


class Arrival:
    shard = 0
    everywhere = False


class Time:
    now = 100.0

    def __call__(self):
        return self.now


def part(*, event):
    host, source, time = Host(), Input(event=event), Time()

    def poll(limit, barrier):
        source.polls += 1
        return [Arrival()], False

    source.poll = poll
    return host, source, time, Intake(source, host, monotonic=time).build_part("in", "in", None)


def take(host, part):
    """One activation: the step applies what it is given, in a batch of its own that is not synced yet."""
    items = [item for _, item in part.next_batch()]
    for item in items:
        host.progress.applied[item.shard] += 1
        if type(item) is Bundle:
            host.progress.waiting_batch[item.shard] = host.disk + 1
    return items


def test_a_poll_waits_for_the_sync_of_the_last():
    host, source, time, one = part(event=False)
    take(host, one)
    assert source.polls == 1
    for _ in range(3):
        time.now += 0.001
        take(host, one)
    assert source.polls == 1, "polled before the decisions of the last poll were synced"
    host.disk, host.progress.waiting_batch[0] = 1, 0
    take(host, one)
    assert source.polls == 2


def test_it_does_not_wait_for_a_slow_disk():
    host, source, time, one = part(event=False)
    take(host, one)
    time.now += limits.GATHER_MS / 1000
    take(host, one)
    assert source.polls == 2


def test_files_are_read_on():
    """A replay has everything there already: each poll is as full as it may be."""
    host, source, _, one = part(event=True)
    take(host, one)
    take(host, one)
    assert source.polls == 2


@pytest.mark.parametrize("name", ["poll", "stamp", "calendar", "ended"])
def test_the_fake_has_the_names_of_the_real_one(name):
    assert hasattr(Arrivals, name)
