"""The opening release of a store with a rate per minute (ruling 29): the store is an entity, its leads tell it by hops.

At the opening, all leads held for HOURS alone, ordered by the score last written, then opened_at, unique_id; the i-th goes at
opening + ⌊i / rate⌋ minutes. A slot at or after closing moves to the next opening, ahead of newer leads.
"""

from __future__ import annotations

from typing import Final

import msgspec

from operators.base.rules import Rules
from operators.dispatch.hours import closes_at, is_open, next_opening
from state import limits
from state.rows.store_row import StoreRow, Waiting

MINUTE_MS: Final = 60_000


Reply = tuple[str, int, int, int, bool]
"""(one_id, unique lead, opening it was queued for, until, whether it waits for another opening): a hop to the customer."""

_any: Final = msgspec.json.Decoder(list[str | int]).decode


def told(row: StoreRow, message: bytes, now: int, rules: Rules) -> list[Reply]:
    """A hop from a customer: a lead joins the queue (or says its new score), or leaves it. Returns answers to send."""
    fields = _any(message)
    one_id, n = str(fields[1]), int(fields[2])
    held = next((w for w in row.queue if w.one_id == one_id and w.n == n), None)
    if fields[0] == "leave":
        if held is not None:
            row.queue.remove(held)
        return []
    waiting = Waiting(
        one_id,
        n,
        int(fields[3]),
        int(fields[4]),
        int(fields[5]),
        str(fields[6]),
        str(fields[7]),
        held.carried if held is not None else False,
    )
    store = rules.store_of(row.code, waiting.line)
    late = store is None or not store.release_per_minute or waiting.opening < now
    if late or len(row.queue) >= limits.STORE_QUEUE:
        # A hold that reaches the store at or after its opening is released at once.
        if held is not None:
            row.queue.remove(held)
        return [(one_id, n, waiting.opening, waiting.opening, False)]
    if held is not None:
        row.queue[row.queue.index(held)] = waiting
    else:
        row.queue.append(waiting)
    return []


def next_due(row: StoreRow) -> int:
    """The earliest opening that leads wait for; 0 = none."""
    return min((w.opening for w in row.queue), default=0)


def fire(row: StoreRow, before: int, rules: Rules) -> list[Reply]:
    """Release at each opening due before `before`."""
    replies: list[Reply] = []
    while (due := next_due(row)) and due < before:
        ready = [w for w in row.queue if w.opening == due]
        row.queue = [w for w in row.queue if w.opening != due]
        ready.sort(key=lambda w: (not w.carried, -w.score, w.opened, w.unique_id))
        store = rules.store_of(row.code, ready[0].line)
        rate = store.release_per_minute if store is not None else 0
        open_now = store is not None and is_open(store, due, rules)
        closes = closes_at(store, due, rules) if store is not None and open_now else 0
        for place, waiting in enumerate(ready):
            slot = due + (place // rate) * MINUTE_MS if rate else due
            if open_now and slot >= closes and store is not None:
                following = next_opening(store, closes, rules)
                if following:
                    row.queue.append(
                        Waiting(
                            waiting.one_id,
                            waiting.n,
                            following,
                            waiting.score,
                            waiting.opened,
                            waiting.unique_id,
                            waiting.line,
                            True,
                        )
                    )
                    replies.append((waiting.one_id, waiting.n, due, following, True))
                    continue
            replies.append((waiting.one_id, waiting.n, due, slot, False))
    return replies
