"""The opening release of a store with a rate per minute (ruling 29): the store is an entity, its leads tell it by messages.

At the opening, all leads held for HOURS alone, ordered by the score last written, then opened_at, unique_id; the i-th goes at
opening + ⌊i / rate⌋ minutes. A slot at or after closing moves to the next opening, ahead of newer leads.

The leads are members of the store's queue, in that order: joining, leaving and the next one cost the same however many wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from operators.base.desk import StoreDesk
from operators.base.rules import Rules
from operators.dispatch.hours import closes_at, is_open, next_opening
from state import keys, limits
from state.rows.messages import JoinQueue, LeaveQueue, Slot
from state.rows.store_row import StoreRow

MINUTE_MS: Final = 60_000
QUEUE: Final = b"queue"
"""The group of a store's members that wait for its opening."""
_BIAS: Final = 1 << 62
_CARRIED: Final = b"\x00"
_NEW: Final = b"\x01"
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[bytes, int, str]).decode


def member_of(digest: bytes, n: int) -> bytes:
    """A lead as a member: of hexadecimal digits, since a member holds no NUL."""
    return f"{digest.hex()}{n:x}".encode()


def order_of(message: JoinQueue, opening: int) -> bytes:
    """Its place: the opening; behind those left over from an earlier one; score; age; id."""
    return (
        _begins(opening)
        + _NEW
        + (0xFFFF - max(0, min(message.score, 0xFFFF))).to_bytes(2, "big")
        + (message.opened + _BIAS).to_bytes(8, "big")
        + message.unique_id.encode()
    )


def left_over(order: bytes, place: int, opening: int) -> bytes:
    """The place at the opening that follows of who was at this one behind `place` others: score and age give way to that, or who
    is left over once would pass who is left over again (ruling 29: ahead of newer leads)."""
    return _begins(opening) + _CARRIED + place.to_bytes(10, "big") + order[19:]


def _begins(opening: int) -> bytes:
    return (opening + _BIAS).to_bytes(8, "big")


def _opening_of(order: bytes) -> int:
    return int.from_bytes(order[:8], "big") - _BIAS


def join(desk: StoreDesk, message: JoinQueue, now: int) -> None:
    """A lead joins the queue, or says its new score. Without a rate, at or after its opening, or beyond the limit, it goes at
    once; but who stands in the queue stays in it: what he says of an opening that has begun was under way."""
    row = desk.row
    queue = desk.group(QUEUE, ordered=True)
    member = member_of(message.digest, message.n)
    held = queue.get(member)
    waits_for = 0 if held is None else _opening_of(held)
    store = desk.rules.store_of(row.code, message.line)
    rated = store is not None and store.release_per_minute > 0
    opening = message.opening
    if held is not None:
        row.queued -= 1
        if rated and opening < now and opening <= waits_for:
            opening, now = waits_for, waits_for
    if not rated or opening < now or row.queued >= limits.STORE_QUEUE:
        if held is not None:
            queue.leave(member)
            if waits_for != opening:  # it may have been told to wait for this one, and answers to no other
                _tell(desk, message.digest, Slot(message.n, waits_for, opening, False))
        _tell(desk, message.digest, Slot(message.n, opening, opening, False))
    else:
        if held is not None and held[8:9] == _CARRIED:
            order = _begins(opening) + held[8:]  # a new score moves nobody who is left over
        else:
            order = order_of(message, opening)
        queue.join(member, order, _encode((message.digest, message.n, message.line)))
        _joined(row, order)
    if not row.queued:
        row.due = 0


def _joined(row: StoreRow, order: bytes) -> None:
    """One more waits, at this place."""
    opening = _opening_of(order)
    row.queued += 1
    if not row.due or opening < row.due:
        row.due, row.released, row.behind = opening, 0, order[:8]
    elif order < row.behind:
        row.behind = order[:8]


def leave(desk: StoreDesk, message: LeaveQueue, now: int) -> None:
    """A lead does not wait for the opening any more."""
    row = desk.row
    if desk.group(QUEUE, ordered=True).leave(member_of(message.digest, message.n)):
        row.queued -= 1
        if not row.queued:
            row.due = 0


def next_due(row: StoreRow, rules: Rules) -> int:
    """The earliest opening that leads wait for; 0 = none."""
    return row.due


def is_gone(row: StoreRow) -> bool:
    """Whether nobody waits: then there is nothing to keep."""
    return not row.queued


def fire(desk: StoreDesk, before: int) -> bool:
    """Release at each opening due before `before`, so many leads as one batch may; the rest with the next tick."""
    row = desk.row
    queue = desk.group(QUEUE, ordered=True)
    left = limits.RELEASES_PER_SLICE
    while row.due and row.due < before and left > 0:
        found = queue.following(row.behind, left)
        ready = [entry for entry in found if _opening_of(entry[0]) == row.due]
        for order, value in ready:
            digest, n, line = _decode(value)
            following = _slot(desk, digest, n, line)
            if following:
                queue.join(member_of(digest, n), left_over(order, row.released, following), value)
            else:
                queue.take(member_of(digest, n), order)
                row.queued -= 1
            row.released += 1
            row.behind = order
        if len(ready) < left:  # everybody of this opening has his answer
            waits = queue.following(row.behind, 1)
            row.due, row.released = (_opening_of(waits[0][0]) if waits else 0), 0
        left -= len(ready)
    assert row.queued >= 0 and (row.due or not row.queued), "leads wait for no opening"
    return True


def _slot(desk: StoreDesk, digest: bytes, n: int, line: str) -> int:
    """Tell the next lead its slot; where that is at or after closing, returns the opening that it waits for, else 0."""
    row, rules = desk.row, desk.rules
    due = row.due
    store = rules.store_of(row.code, line)
    rate = store.release_per_minute if store is not None else 0
    slot = due + (row.released // rate) * MINUTE_MS if rate else due
    if store is not None and is_open(store, due, rules):
        closes = closes_at(store, due, rules)
        following = next_opening(store, closes, rules) if slot >= closes else 0
        if following:
            _tell(desk, digest, Slot(n, due, following, True))
            return following
    _tell(desk, digest, Slot(n, due, slot, False))
    return 0


def _tell(desk: StoreDesk, digest: bytes, message: Slot) -> None:
    """The store's answer to a lead."""
    desk.out.tell(keys.customer_entity(digest, False), message)


def barriers(rules: Rules) -> Callable[[int], int]:
    """The next opening of any store with a release rate after a time; 0 = none."""
    rated = [store for store in (rules.stores or {}).values() if store.release_per_minute]
    if rules.stores is None and rules.default_store.release_per_minute:
        rated = [rules.default_store]

    def following(after: int) -> int:
        return min((found for found in (next_opening(store, after, rules) for store in rated) if found), default=0)

    return following
