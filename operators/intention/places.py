"""Where an event stands in the order of its key (rulings 2, 5, 26, 32, 57, 83)."""

from __future__ import annotations

from typing import Final

from state import limits
from state.rows.customer_row import Section
from state.rows.intention import ANSWERED, BROUGHT, OLD, USUAL, Act, Answer, Kept, Raw, Unique

_RAW: Final = -1
_ANSWER: Final = 0

Order = tuple[int, int, int, str, str, str, str]


def order_of(event: Kept) -> Order:
    """The total order. At one instant: raw leads by the tie key; store answers, as they arrived, each with what it says of
    the wish; activities older than the lateness, as they arrived; activities of a lead that an answer brought; the others by
    kind and id."""
    if isinstance(event, Raw):
        return (event.t, _RAW, event.priority, event.channel, event.account, event.source_id, str(event.split))
    if isinstance(event, Answer):
        return (event.t, _ANSWER, event.arrival, "", "", "", "")
    assert isinstance(event, Act)
    if event.rank == ANSWERED:
        return (event.place, _ANSWER, event.arrival, "v", "", "", "")
    if event.rank == OLD:
        return (event.place, OLD, event.arrival, "", "", "", "")
    if event.rank == BROUGHT:
        return (event.place, BROUGHT, event.time, str(event.kind), event.activity_id, "", "")
    return (event.place, USUAL, event.kind, event.activity_id, "", "", "")


def opening_order(unique: Unique) -> Order:
    """The place of its first touch: of leads opened at one instant the latest is the one whose first touch comes last."""
    if unique.tie is None:  # written by an older version: then as it arrived
        return (unique.opened, _RAW, 100, unique.channel, "", "", f"{unique.first:09}")
    priority, account, source_id, split = unique.tie
    return (unique.opened, _RAW, priority, unique.channel, account, source_id, split)


def at_own_time(act: Act) -> None:
    """An activity stands at its own time, until no lead is found there; one older than the lateness where it arrived, and so
    does what an answer says."""
    if act.rank > OLD:
        act.place = act.time = act.t
        act.rank = USUAL


def at_next_lead(section: Section, act: Act) -> bool:
    """Put an activity that finds no lead where it stands at the next one that takes it: at the answer that brings a lead
    opened by then, else as if at the opening of the earliest lead, if that lies at most ten minutes later (rulings 26, 57).
    False where there is none."""
    if act.rank <= OLD:
        return False
    after, t = act.place, act.t
    brought = [(u.counts_from, u) for u in section.base.uniques if u.counts_from > after]
    openings = [(opening_order(u), u.opened) for u in section.base.uniques if not u.counts_from and u.opened > after]
    for event in section.kept:
        if isinstance(event, Answer) and event.moved and event.t > after:
            brought.append((event.t, event.lead))
        elif isinstance(event, Raw) and event.t > after:
            openings.append((order_of(event), event.t))
    for at, lead in brought:
        if lead.opened <= t:
            act.place, act.time, act.rank = at, t, BROUGHT
            return True
    moved = {opening_order(lead): at for at, lead in reversed(brought)}
    order, place = min([*openings, *moved.items()], default=(None, 0))
    if order is None or order[0] - t > limits.EARLY_ACTIVITY_MS:
        return False
    act.place, act.time, act.rank = place, order[0], BROUGHT if order in moved else USUAL
    return True
