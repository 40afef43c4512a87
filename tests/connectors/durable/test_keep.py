"""Lines that nobody waits for: durable when `keep` returns, else a fault with what to do. The places are stand-ins."""

import threading
from collections.abc import Sequence

import pytest

from connectors.durable.places import SLICE, Done, Full, Line, keep, key_of
from connectors.sheets.outlets import DurableOutlet
from state import errors

LINES = [Line(b"%d" % number, b"web/1") for number in range(SLICE * 2 + 1)]


class Place:
    """Tells from a thread of its own, as a disk or broker does; fails with `error` from the line `fails_at` on."""

    def __init__(self, error: BaseException | None = None, fails_at: int = 0, *, refuses: bool = False) -> None:
        self.error = error
        self.fails_at = fails_at
        self.refuses = refuses
        self.kept: list[Line] = []
        self.given: list[int] = []

    def give(self, lines: Sequence[Line], done: Done) -> None:
        self.given.append(len(lines))
        fails = self.error if len(self.kept) >= self.fails_at else None
        if fails is not None and self.refuses:
            raise fails
        if fails is None:
            self.kept += lines
        threading.Thread(target=done, args=(fails,)).start()

    def fault(self) -> None:
        return None

    def waiting(self) -> int:
        return 0

    def describe(self) -> str:
        return "the topic leads.raw"

    def close(self) -> None:
        """Nothing is open."""


def test_all_are_durable_in_their_order_when_it_returns() -> None:
    place = Place()
    keep(place, LINES)
    assert place.kept == LINES and place.given == [SLICE, SLICE, 1]
    keep(place, [])
    assert place.given == [SLICE, SLICE, 1]


@pytest.mark.parametrize("refuses", [True, False])
def test_a_place_that_is_behind_is_a_fault_that_says_so(refuses: bool) -> None:
    place = Place(Full(), SLICE, refuses=refuses)
    with pytest.raises(errors.SinkFault, match=r"not durable in time in the topic leads\.raw") as fault:
        keep(place, LINES)
    assert "do the same again" in fault.value.action and place.kept == LINES[:SLICE]


def test_what_ends_a_place_is_raised_as_it_is() -> None:
    with pytest.raises(errors.DiskFault, match="full"):
        keep(Place(errors.DiskFault("The disk is full.", "Free space.")), LINES)


def test_an_import_into_a_topic_knows_no_names() -> None:
    place = Place()
    outlet = DurableOutlet(place)
    outlet.write("x", LINES[:3])
    assert place.kept == LINES[:3] and not outlet.has("x")


def test_the_key_of_a_line_says_its_source() -> None:
    assert key_of("web", "A1") == b"web/A1"
    assert key_of("web", "\ud800") == b"web/?"
