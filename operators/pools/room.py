"""A store's room: per advisor the customers he holds, each a member row that lists the places it stands for (ruling 64).

A customer counts as one, however many of his leads the advisor holds, and goes with the last place.
"""

from __future__ import annotations

from typing import Final

import msgspec

from operators.base.desk import StoreDesk
from state import keys
from state.rows.messages import AskPlace, GivePlaceBack, PlaceAnswer
from state.rows.store_row import StoreRow

_encode: Final = msgspec.msgpack.Encoder().encode
_places: Final = msgspec.msgpack.Decoder(list[tuple[int, int]]).decode


def _group(advisor: str) -> bytes:
    """The group of an advisor's customers; never the name of the queue."""
    return b"advisor:" + advisor.encode()


def ask(desk: StoreDesk, message: AskPlace, now: int) -> None:
    """A place is wished for: kept where the advisor holds the customer already or has room, else refused (ruling 35). Asked
    again under the same number it is answered alike."""
    row, advisor = desk.row, message.advisor
    group = desk.group(_group(advisor), ordered=False)
    member = message.digest.hex().encode()
    held = group.get(member)
    places = [] if held is None else _places(held)
    place = (message.n, message.number)
    granted = held is not None or row.advisors.get(advisor, 0) < desk.rules.cap
    if granted and place not in places:
        group.put(member, _encode([*places, place]))
        if held is None:
            row.advisors[advisor] = row.advisors.get(advisor, 0) + 1
    answer = PlaceAnswer(message.n, message.number, granted, row.code, advisor, message.at)
    desk.out.tell(keys.customer_entity(message.digest, False), answer)


def give_back(desk: StoreDesk, message: GivePlaceBack, now: int) -> None:
    """A place is free; with his last one the customer goes."""
    row, advisor = desk.row, message.advisor
    group = desk.group(_group(advisor), ordered=False)
    member = message.digest.hex().encode()
    held = group.get(member)
    if held is None:
        return
    left = [place for place in _places(held) if place != (message.n, message.number)]
    if left:
        group.put(member, _encode(left))
        return
    group.leave(member)
    row.advisors[advisor] -= 1
    assert row.advisors[advisor] >= 0, "an advisor holds fewer than no customers"
    if not row.advisors[advisor]:
        del row.advisors[advisor]


def is_gone(row: StoreRow) -> bool:
    """Whether no advisor of the store holds anybody."""
    return not row.advisors
