"""A customer's row on disk: what is written is read, and what is no row stops loudly (ruling 47)."""

from __future__ import annotations

import pytest
from one_key import act, at, raw

from state.errors import StateDamaged, StateRefused
from state.rows import customer_row
from state.rows.codes import ACT_PAID
from state.rows.customer_row import Customer, Source
from state.rows.intention import Answer, Fold, Kept, Raw, Unique, copied


def source(source_id: str) -> Source:
    return Source("a", "", source_id, at(1), 7, at(1), b"\x90", [1], at(1), 1)


def customer(events: list[Kept]) -> Customer:
    row = Customer("20240101", "13812345678", "02158881234", False, raws=3, name="王", consent=1, armed=at(2))
    section = customer_row.section_of("main", "S1")
    section.kept = list(events)
    row.sections = [section]
    return row


def pending() -> Unique:
    return Unique(1, at(1), 1, at(1), at(61), 60, 180, 365)


def test_what_is_written_is_read() -> None:
    """Each kind of kept event is itself again."""
    events: list[Kept] = [raw(1, at(1)), Answer(at(2), True, pending(), [raw(2, at(1))], [0], 1), act(ACT_PAID, at(3))]
    row = customer(events)
    row.remember(source("7"))
    found = customer_row.decode(customer_row.encode(row))
    assert found.sections[0].kept == events
    assert found.sources == [source("7")]
    for name in ("life", "phone", "landline", "shadow", "raws", "name", "consent", "armed"):
        assert getattr(found, name) == getattr(row, name)
    assert customer_row.encode(found) == customer_row.encode(row)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 40, 300])
@pytest.mark.parametrize("at_once", [1, 7])
def test_what_is_added_to_a_row_that_is_not_decoded_stands_behind_what_is_there(count: int, at_once: int) -> None:
    """The hot path looks at neither the kept events nor the replay memory; the stored arrays grow all the same."""
    stored = customer_row.encode(customer([]))
    for first in range(1, count + 1, at_once):
        row = customer_row.decode(stored)
        for n in range(first, min(first + at_once, count + 1)):
            assert row.sections[0].is_last(at(1) + n)
            row.sections[0].keep_last(raw(n, at(1) + n))
            row.remember(source(str(n)))
        stored = customer_row.encode(row)
    found = customer_row.decode(stored)
    assert [event.n for event in found.sections[0].kept if isinstance(event, Raw)] == [*range(1, count + 1)]
    assert [one.source_id for one in found.sources] == [str(n) for n in range(1, count + 1)]


def test_an_event_that_may_not_be_the_last_is_looked_at() -> None:
    row = customer_row.decode(customer_row.encode(customer([raw(1, at(5))])))
    section = row.sections[0]
    assert not section.is_last(at(5)) and not section.is_last(at(4))
    assert section.is_last(at(5) + 1)


def test_a_source_key_that_is_remembered_is_never_taken_for_an_unknown_one() -> None:
    row = customer([])
    for n in range(40):
        row.remember(source(f"id-{n}"))
    found = customer_row.decode(customer_row.encode(row))
    assert all(found.may_know(f"id-{n}") for n in range(40))
    assert not found.may_know("another")


def test_a_copied_fold_is_another_one() -> None:
    fold = Fold([pending()])
    copy = copied(fold)
    copy.uniques[0].raws.append(5)
    assert copy.uniques[0].opened == at(1) and not fold.uniques[0].raws


def test_a_row_of_a_newer_version_is_refused() -> None:
    stored = customer_row.encode(customer([]))
    with pytest.raises(StateRefused, match="newer version") as refused:
        customer_row.decode(bytes([customer_row.FORMAT + 1]) + stored[1:])
    assert refused.value.exit_code == 3


@pytest.mark.parametrize("damage", ["cut off", "format 0", "no array"])
def test_what_is_no_row_stops_loudly(damage: str) -> None:
    """Ruling 49: never a reject."""
    stored = customer_row.encode(customer([raw(1, at(1))]))
    broken = {
        "cut off": stored[:-3],
        "format 0": b"\0" + stored[1:],
        "no array": bytes([customer_row.FORMAT]) + b"\xa3abc",
    }[damage]
    with pytest.raises(StateDamaged):
        customer_row.decode(broken)
