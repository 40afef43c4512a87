"""Members (state/members.py): a group as a plain dictionary would be, whatever the batch holds and the database keeps."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_engine import DictDatabase

from operators.dispatch.release import left_over, order_of
from state import keys
from state.database import Database
from state.members import Members
from state.rows.messages import JoinQueue

STORE = keys.store_entity("S1")


@pytest.fixture(params=["rocksdb", "dictionary"])
def database(request, tmp_path):
    if request.param == "dictionary":
        yield DictDatabase()
        return
    database = Database(tmp_path)
    yield database
    database.close()


def write(database, members):
    batch = database.batch()
    members.write(batch)
    database.write(batch)


def queue(members, entity=STORE, name=b"queue"):
    return members.group(entity, name, ordered=True)


def everything(group):
    return group.following(b"", 1000)


def test_joining_twice_and_with_another_order(database):
    members = Members(database, 1)
    group = queue(members)
    group.join(b"a", b"2", b"x")
    group.join(b"a", b"2", b"y")
    group.join(b"b", b"1", b"z")
    assert everything(group) == [(b"1", b"z"), (b"2", b"y")]
    write(database, members)
    members = Members(database, 1)
    group = queue(members)
    assert everything(group) == [(b"1", b"z"), (b"2", b"y")] and group.get(b"a") == b"2"
    group.join(b"a", b"0", b"y")
    assert everything(group) == [(b"0", b"y"), (b"1", b"z")]
    group.join(b"a", b"3", b"y")
    group.join(b"b", b"3.", b"z")
    assert everything(group) == [(b"3", b"y"), (b"3.", b"z")]
    write(database, members)
    assert everything(queue(Members(database, 1))) == [(b"3", b"y"), (b"3.", b"z")]


def test_leaving_and_joining_in_one_batch(database):
    members = Members(database, 1)
    queue(members).join(b"a", b"1", b"x")
    write(database, members)
    members = Members(database, 1)
    group = queue(members)
    assert group.leave(b"a") and not group.leave(b"a") and group.get(b"a") is None and not everything(group)
    group.join(b"a", b"1", b"again")
    assert everything(group) == [(b"1", b"again")]
    group.take(b"a", b"1")
    assert group.get(b"a") is None and not everything(group)
    group.join(b"a", b"2", b"x")
    write(database, members)
    assert everything(queue(Members(database, 1))) == [(b"2", b"x")]
    assert not members.is_empty() and Members(database, 1).is_empty()


def test_a_scan_sees_what_was_added_deleted_and_moved(database):
    """Around, between and behind what is stored, with every limit and start."""
    members = Members(database, 1)
    for number in range(1, 8, 2):
        queue(members).join(b"m%d" % number, b"%d" % number, b"old")
    write(database, members)
    members = Members(database, 1)
    group = queue(members)
    group.join(b"m0", b"0", b"new")
    group.join(b"m4", b"4", b"new")
    group.join(b"m8", b"8", b"new")
    group.leave(b"m3")
    group.join(b"m1", b"6", b"moved")
    group.join(b"m7", b"7", b"changed")
    whole = [(b"0", b"new"), (b"4", b"new"), (b"5", b"old"), (b"6", b"moved"), (b"7", b"changed"), (b"8", b"new")]
    for start in (b"", b"0", b"1", b"3", b"4", b"5", b"6", b"61", b"8", b"9"):
        left = [entry for entry in whole if entry[0] >= start]
        for limit in range(1, 8):
            assert group.following(start, limit) == left[:limit], (start, limit)


def test_names_that_begin_alike_are_apart(database):
    members = Members(database, 1)
    names = [b"a", b"ab", b"a\x01", b"a\xff", b"advisor:", "advisor:\U0010ffff".encode(), b"queue", b"queue2"]
    entities = [keys.store_entity(code) for code in ("S1", "S10", "S", "S1\x01", "S1\U0010ffff", "门店", "")]
    for entity in entities:
        for name in names:
            queue(members, entity, name).join(b"m", b"\x00\x00", entity + name)
            members.group(entity, b"plain:" + name, ordered=False).put(b"m", name + entity)
    write(database, members)
    members = Members(database, 1)
    for entity in entities:
        for name in names:
            assert everything(queue(members, entity, name)) == [(b"\x00\x00", entity + name)]
            assert members.group(entity, b"plain:" + name, ordered=False).get(b"m") == name + entity
    assert not everything(queue(Members(database, 2)))


@pytest.mark.parametrize(("code", "name"), [("S\0", b"queue"), ("S", b"a\0b")])
def test_a_nul_is_refused(database, code, name):
    with pytest.raises(AssertionError):
        Members(database, 1).group(keys.store_entity(code), name, ordered=True)


def test_orders_sort_as_the_rule_wants():
    """Openings, also before 1970; those left over first, by their places; the highest score, also beyond its bounds; age; id."""
    opening = [-(1 << 61), -86_400_000, -1, 0, 1, 1_756_656_000_000]
    wanted = []
    for due in opening:
        for score in (99_999, 65_535, 65_534, 100, 1, 0):
            for opened in (-5, 0, 7):
                for unique_id in ("a.u1", "a.u10", "b.u1"):
                    order = order_of(JoinQueue(b"d", 1, due, score, opened, unique_id, ""), due)
                    wanted.append((due, 1, -min(score, 65_535), opened, unique_id, order))
                    for place in (0, 1, 255, 256, 1 << 40):
                        again = left_over(left_over(order, 7, due - 9), place, due)
                        assert again == left_over(order, place, due)
                        wanted.append((due, 0, place, 0, unique_id, again))
    assert [entry[-1] for entry in sorted(wanted)] == sorted(entry[-1] for entry in wanted)
    low = JoinQueue(b"d", 1, 5, -3, 0, "a", "")
    assert order_of(low, 5) == order_of(JoinQueue(b"d", 1, 5, 0, 0, "a", ""), 5)


MEMBER = st.sampled_from([b"a", b"ab", b"b", b"\xff", b"a\x01"])
ORDER = st.sampled_from([b"0", b"00", b"1", b"\x00", b"\xff\xff", b"5", b"51"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), MEMBER, ORDER),
        st.tuples(st.just("leave"), MEMBER, st.just(b"")),
        st.tuples(st.just("take"), MEMBER, st.just(b"")),
        st.tuples(st.just("write"), st.just(b""), st.just(b"")),
        st.tuples(st.just("look"), st.integers(1, 4), ORDER),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, groups=st.lists(st.sampled_from([b"g", b"gg", b"g\x01"]), min_size=40, max_size=40))
def test_like_a_dictionary(database, steps, groups):
    """Three groups in one batch, some written in between; no two members share a place, as the rule has it."""
    for key, _ in list(database.scan(b"", b"\xff")):
        batch = database.batch()
        batch.delete(key)
        database.write(batch)
    plain: dict[bytes, dict[bytes, tuple[bytes, bytes]]] = {b"g": {}, b"gg": {}, b"g\x01": {}}
    members = Members(database, 3)
    for number, ((action, member, order), name) in enumerate(zip(steps, groups, strict=False)):
        group, held = queue(members, name=name), plain[name]
        if action == "join":
            if any(place == order and other != member for other, (place, _) in held.items()):
                continue
            value = b"%d" % number
            group.join(member, order, value)
            held[member] = (order, value)
        elif action == "leave":
            assert group.leave(member) == (held.pop(member, None) is not None)
        elif action == "take":
            if member in held:
                group.take(member, held.pop(member)[0])
        elif action == "look":
            wanted = sorted(entry for entry in held.values() if entry[0] >= order)
            assert group.following(order, member) == wanted[:member]
        else:
            write(database, members)
            members = Members(database, 3)
    write(database, members)
    members = Members(database, 3)
    for name, held in plain.items():
        assert everything(queue(members, name=name)) == sorted(held.values())
        assert {member: queue(members, name=name).get(member) for member in held} == {
            m: o for m, (o, _) in held.items()
        }
    rows = [key for key, _ in database.scan(b"\x03", b"\x04")]
    assert len(rows) == 2 * sum(map(len, plain.values())), "a member leaves nothing behind"
