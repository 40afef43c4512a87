"""A state of format 1 is brought to format 2 (decision 0026), from rows as format 1 wrote them, whatever is in them, and
whatever the process was killed at."""

import json

import msgspec
import pytest

from state import keys, migrate, seal
from state.database import Database
from state.errors import StateRefused
from state.inspect import Inspection
from state.members import Members
from state.rows import customer_row, messages, store_row
from state.rows.messages import JoinQueue, LeaveQueue, Slot

SHARDS = 3
BIAS = 1 << 62
OPENING, NEXT = 1_756_688_400_000, 1_756_774_800_000
encode = msgspec.msgpack.encode


def digest(number):
    return number.to_bytes(2, "big") + b"\0" * 9 + b"\x07"


def waiting(number, opening, score, opened=0, line="new", carried=False):
    """As format 1 wrote a lead of a queue."""
    return [
        digest(number).hex(),
        number,
        opening,
        score,
        opened,
        f"{digest(number).hex()}.20250901.u{number}",
        line,
        carried,
    ]


def release_key(shard, due, code):
    return bytes((shard,)) + b"r" + (due + BIAS).to_bytes(8, "big") + keys.store_entity(code)


def shard_of(code):
    return keys.shard_of(keys.store_entity(code), SHARDS)


class Old:
    """A state of format 1, made by hand."""

    def __init__(self, path):
        self.path = path
        database = Database(path)
        database.put(
            keys.process_key("identity"),
            encode(
                {"state_id": "s", "format": 1, "shards": SHARDS, "fingerprint": "f", "timezone": "UTC", "late_ms": 5}
            ),
        )
        for shard in range(SHARDS):
            # What is the same in both: a customer, his timer, the shard's own row.
            database.put(bytes((shard,)) + keys.CUSTOMER + digest(shard) + b"\0", b"\x01customer")
            database.put(keys.timer_key(shard, 5, keys.customer_entity(digest(shard), False)), b"")
            database.put(keys.prefix(shard, keys.META), encode([7, 1, 9, 1, "r"]))
        database.close()

    def store(self, code, queue, armed, *, timer=True):
        shard = shard_of(code)
        self.put(keys.entity_key(shard, keys.store_entity(code)), b"\x01" + encode([code, queue, armed, 3]))
        if armed and timer:
            self.put(release_key(shard, armed, code), b"")

    def told(self, code, sequence, *fields, sender=0):
        message = json.dumps(fields, separators=(",", ":")).encode()
        self.put(keys.hop_key(shard_of(code), sender, sequence), encode(("store", code.encode(), message)))

    def answered(self, number, sequence, *fields, sender=0):
        receiver = keys.shard_of_customer(digest(number), SHARDS)
        self.put(keys.hop_key(receiver, sender, sequence), encode(("customer", digest(number), encode(fields))))

    def put(self, key, value):
        database = Database(self.path)
        database.put(key, value)
        database.close()


def migrated(path):
    """Every row but the process's, after the migration that an opening does."""
    database = Database(path)
    try:
        identity, fresh = seal.identify(database, shards=SHARDS, fingerprint="f", timezone="UTC", late_ms=5, ids=2)
        assert not fresh and identity.ids == 1
        if identity.format < seal.STATE_FORMAT:
            migrate.to_newest(database, identity)
        assert seal.identify(database, shards=SHARDS, fingerprint="f", timezone="UTC", late_ms=5, ids=2)[0].format == 2
        return dict(database.scan(b"", b"\xff"))
    finally:
        database.close()


def space(rows, letter):
    return {key: value for key, value in rows.items() if key[1:2] == letter}


def queue_of(path, code):
    database = Database(path)
    try:
        found = Members(database, shard_of(code)).group(keys.store_entity(code), b"queue", ordered=True)
        return [msgspec.msgpack.decode(value) for _, value in found.following(b"", 100)]
    finally:
        database.close()


def full(path):
    """Everything at once: two stores on different shards, one with an empty queue, messages in both directions."""
    old = Old(path)
    old.store("S1", [waiting(1, NEXT, 90), waiting(2, NEXT, 10, carried=True), waiting(3, OPENING, 1)], OPENING)
    old.store("S10", [waiting(4, NEXT, 70_000, -5), waiting(5, NEXT, 65_536, -4), waiting(6, NEXT, -1)], OPENING)
    old.store("门店", [], 0)
    old.store("E", [], OPENING)
    old.told("S1", 1, "queue", digest(7).hex(), 7, NEXT, 33, -1, "x.u7", "二手")
    old.told("S1", 2, "leave", digest(1).hex(), 1, NEXT)
    old.told("new", 3, "queue", digest(8).hex(), 1, NEXT, 33, 5, "x.u1", "", sender=2)
    old.answered(9, 4, 2, OPENING, NEXT, True)
    old.answered(1, 5, 1, OPENING, OPENING + 60_000, False, sender=1)
    return old


def test_queues_become_members_in_their_order(tmp_path):
    full(tmp_path)
    rows = migrated(tmp_path)
    assert queue_of(tmp_path, "S1") == [[digest(3), 3, "new"], [digest(2), 2, "new"], [digest(1), 1, "new"]]
    assert [n for _, n, _ in queue_of(tmp_path, "S10")] == [4, 5, 6], "scores out of range are equal: the older first"
    stores = {row.code: row for row in map(store_row.decode, space(rows, keys.STORE).values())}
    assert {code: (row.queued, row.due, row.armed) for code, row in stores.items()} == {
        "S1": (3, OPENING, OPENING),
        "S10": (3, NEXT, NEXT),
    }
    assert all(row.released == 0 and row.behind == b"" and row.advisors == {} for row in stores.values())


def test_timers_stand_in_the_common_space(tmp_path):
    """Each store that waits has one, at its earliest opening, wherever its row said; the old space is empty."""
    old = full(tmp_path)
    old.put(release_key(shard_of("S1"), OPENING - 60_000, "S1"), b"")  # a fault's, that its row did not know
    old.put(release_key(shard_of("gone"), OPENING, "gone"), b"")  # of a store without a row
    rows = migrated(tmp_path)
    assert not space(rows, b"r")
    timers = {keys.timer_of(key)[::-1] for key in space(rows, keys.TIMER) if keys.timer_of(key)[1][:1] == keys.STORE}
    assert timers == {(keys.store_entity("S1"), OPENING), (keys.store_entity("S10"), NEXT)}
    assert len(space(rows, keys.TIMER)) == 2 + SHARDS


def test_messages_under_way_are_tagged_under_their_keys(tmp_path):
    full(tmp_path)
    rows = migrated(tmp_path)
    found = {keys.sender_of_hop(key)[1]: messages.decode(value) for key, value in space(rows, keys.HOP).items()}
    assert found == {
        1: (keys.store_entity("S1"), JoinQueue(digest(7), 7, NEXT, 33, -1, "x.u7", "二手")),
        2: (keys.store_entity("S1"), LeaveQueue(digest(1), 1)),
        3: (keys.store_entity("new"), JoinQueue(digest(8), 1, NEXT, 33, 5, "x.u1", "")),
        4: (keys.customer_entity(digest(9), False), Slot(2, OPENING, NEXT, True)),
        5: (keys.customer_entity(digest(1), False), Slot(1, OPENING, OPENING + 60_000, False)),
    }
    assert keys.hop_key(shard_of("new"), 2, 3) in rows


def test_everything_else_stays(tmp_path):
    full(tmp_path)
    database = Database(tmp_path)
    before = dict(database.scan(b"", b"\xff"))
    database.close()
    rows = migrated(tmp_path)
    for letter in (keys.CUSTOMER, keys.META):
        assert space(rows, letter) == space(before, letter)


def test_a_lead_that_stands_twice_in_a_queue_is_counted_once(tmp_path):
    """The count and the members must agree: a store whose count is too high would never be free again."""
    Old(tmp_path).store("S1", [waiting(1, OPENING, 5), waiting(2, OPENING, 4), waiting(1, NEXT, 9)], OPENING)
    rows = migrated(tmp_path)
    (row,) = map(store_row.decode, space(rows, keys.STORE).values())
    assert row.queued == len(space(rows, keys.ORDER)) == len(space(rows, keys.MEMBER)) == 2


def test_a_crash_between_any_two_writes(tmp_path, monkeypatch):
    """Also one after another: done again, and the same in the end; the format is said last."""
    full(tmp_path / "straight")
    expected = migrated(tmp_path / "straight")

    class Killed(BaseException):
        pass

    write = Database.write
    for writes in range(SHARDS + 2):
        place = tmp_path / f"{writes}"
        full(place)
        left = [writes]

        def counted(self, batch, left=left):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return write(self, batch)

        for _ in range(2):  # the second one is killed as many writes later as the first was
            left[0] = writes
            with monkeypatch.context() as patch:
                patch.setattr(Database, "write", counted)
                try:
                    migrated(place)
                except Killed:
                    assert writes <= SHARDS
        assert migrated(place) == expected
        assert migrated(place) == expected, "what is done is not done again"


def test_a_state_without_stores_or_messages(tmp_path):
    Old(tmp_path)
    rows = migrated(tmp_path)
    assert not space(rows, keys.STORE) and len(space(rows, keys.TIMER)) == SHARDS


def test_what_was_refused_is_refused_still_and_left_as_it_was(tmp_path):
    """Another secret, shard count or time zone: a state of format 1 stays one."""
    full(tmp_path)
    right = {"shards": SHARDS, "fingerprint": "f", "timezone": "UTC", "late_ms": 5, "ids": 2}
    for wrong in ({"shards": 2}, {"fingerprint": "g"}, {"timezone": "Asia/Shanghai"}):
        database = Database(tmp_path)
        with pytest.raises(StateRefused):
            seal.identify(database, **(right | wrong))
        assert seal.identify(database, **right)[0].format == 1
        database.close()


def test_it_can_be_looked_at_before_it_is_migrated(tmp_path):
    """`leadstream explain` reads customers and stories alone, which are the same in both."""
    old = Old(tmp_path)
    row = customer_row.Customer("20250901", "13912345678", "", False)
    old.put(keys.entity_key(1, keys.customer_entity(digest(1), False)), customer_row.encode(row))
    with Inspection(tmp_path) as inspection:
        assert inspection.identity.format == 1 and inspection.identity.ids == 1
        found = inspection.customer(1, digest(1), shadow=False)
        assert found is not None and found.phone == "13912345678"
