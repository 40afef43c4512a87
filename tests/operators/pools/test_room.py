"""An advisor's room at a store (rulings 35 and 64): the cap, and which places a customer stands for."""

from __future__ import annotations

from plain_engine import DictDatabase

from operators.base.desk import StoreDesk
from operators.base.outputs import Outputs
from operators.base.rules import Rules
from operators.pools import room
from state import keys
from state.members import Members
from state.rows.messages import AskPlace, GivePlaceBack, PlaceAnswer
from state.rows.store_row import StoreRow

CAP = 2


class Room:
    """A store's room by itself, with the answers that it gives."""

    def __init__(self, cap: int = CAP) -> None:
        self.row = StoreRow("S1", advisors={})
        self.out = Outputs(Rules(cap=cap), {})
        self.desk = StoreDesk(self.row, keys.store_entity("S1"), self.out, Members(DictDatabase(), 0))  # type: ignore[arg-type]

    def ask(self, customer: int, n: int = 1, number: int = 1, advisor: str = "Wang") -> bool:
        room.ask(self.desk, AskPlace(bytes([customer] * 12), n, number, advisor, 7), 9)
        _, answer = self.out.messages[-1]
        assert isinstance(answer, PlaceAnswer)
        assert (answer.n, answer.number, answer.advisor, answer.store, answer.at) == (n, number, advisor, "S1", 7)
        return answer.granted

    def give_back(self, customer: int, n: int = 1, number: int = 1, advisor: str = "Wang") -> None:
        room.give_back(self.desk, GivePlaceBack(bytes([customer] * 12), n, number, advisor), 9)


def test_up_to_the_cap() -> None:
    """As many customers as the cap, and no more."""
    there = Room()
    assert [there.ask(customer) for customer in (1, 2, 3)] == [True, True, False]
    assert there.row.advisors == {"Wang": CAP}


def test_one_customer_with_several_leads_counts_once() -> None:
    """At the cap, too, one more lead of a customer whom he holds takes no place."""
    there = Room(cap=1)
    assert there.ask(1, n=1, number=1)
    assert there.ask(1, n=2, number=2)
    assert there.row.advisors == {"Wang": 1}
    assert not there.ask(2)


def test_the_customer_goes_with_his_last_place() -> None:
    """A place alone frees nobody; the last one does."""
    there = Room(cap=1)
    there.ask(1, n=1, number=1)
    there.ask(1, n=2, number=2)
    there.give_back(1, n=1, number=1)
    assert not there.ask(2)
    there.give_back(1, n=2, number=2)
    assert there.ask(2)


def test_asked_again_it_is_answered_alike() -> None:
    """The same ask a second time: the same answer, and one place only."""
    there = Room(cap=1)
    assert there.ask(1) and there.ask(1)
    there.give_back(1)
    assert there.row.advisors == {}
    assert room.is_gone(there.row)


def test_a_refusal_keeps_nothing() -> None:
    """Who is refused holds no place, and one given back beside it is nobody's."""
    there = Room(cap=1)
    there.ask(1)
    assert not there.ask(2)
    there.give_back(2)
    assert there.row.advisors == {"Wang": 1}
    assert not there.ask(2)


def test_a_place_is_given_back_by_its_number() -> None:
    """A transfer to the same advisor: the new place stays when the old one goes."""
    there = Room(cap=1)
    there.ask(1, number=1)
    there.ask(1, number=2)
    there.give_back(1, number=1)
    there.give_back(1, number=1)
    assert there.row.advisors == {"Wang": 1}


def test_advisors_have_rooms_of_their_own() -> None:
    """What one holds takes nothing from another."""
    there = Room(cap=1)
    assert there.ask(1) and there.ask(1, n=2, number=2, advisor="Li")
    assert there.ask(1, n=3, number=3, advisor="Li")
    assert not there.ask(2, advisor="Li")
    assert there.row.advisors == {"Wang": 1, "Li": 1}
