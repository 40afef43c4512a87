"""Number runs (后3位连号): consecutive mobiles on one channel within 24 h (rulings 28 and 62).

The detector looks at a row beside the customer's, that of the number's neighbourhood: its first eight digits, on one
channel. Ids of form 2 put all customers of a neighbourhood into one shard, so the row is read and written in the batch of
the raw lead, and a run is known before the lead that completes it is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from operators.base.rules import DAY_MS, Rules
from operators.wire.arrival import Arrival
from operators.wire.records import RawLeadRecord
from state import keys
from state.rows.run_row import RunRow, Seen

_MOBILE_DIGITS: Final = 11
_HEAD_DIGITS: Final = 8


def neighbourhood(arrival: Arrival, rules: Rules) -> bytes:
    """The entity whose row a raw lead reads beside its customer's; b"" where nobody looks for runs: landlines, numbers of
    other countries or with an extension, the shadow realm, what an advisor created (ruling 58), `cleaning.number_run` 0."""
    phone = arrival.phone
    if not rules.number_run or len(phone) != _MOBILE_DIGITS or phone[0] == "+" or arrival.shadow:
        return b""
    record = arrival.record
    if type(record) is RawLeadRecord and record.origin == "advisor":
        return b""
    return keys.run_entity(arrival.digest, phone[:_HEAD_DIGITS], arrival.channel)


def look(row: RunRow, phone: str, digest: bytes, t: int, now: int, least: int) -> list[int] | None:
    """Count a raw lead with event time `t`; returns the suffixes of the run that its number is in, ascending, [] = of none.

    What is older than `now` − 24 h neither counts nor is routed (None), so all that counts lies within 24 h of each other. By the
    wall's clock an event time may lie up to five minutes ahead of it: it counts as now.
    """
    oldest = now - DAY_MS
    if t < oldest:
        return None
    t = min(t, now)
    _forget(row, oldest, least)
    suffix = int(phone[_HEAD_DIGITS:])
    seen = row.seen.get(suffix)
    if seen is None:
        row.seen[suffix] = Seen(t, digest)
    else:
        seen.digest = digest
        seen.t = max(seen.t, t)
    row.last = max(row.last, t)
    if len(row.seen) < least:
        return []
    found = _block(row, suffix)
    return found if len(found) >= least else []


def keep(row: RunRow, phone: str, leads: dict[int, int], *, told: bool) -> None:
    """Keep which unique leads the raw lead came to (number → raw lead); `told` = they know of the run already."""
    seen = row.seen[int(phone[_HEAD_DIGITS:])]
    seen.leads = {**seen.leads, **leads}
    if told:
        seen.told = [*seen.told, *(n for n in leads if n not in seen.told)]


def is_told(row: RunRow, phone: str, n: int) -> bool:
    """Whether this unique lead of the number was told of the run before."""
    return n in row.seen[int(phone[_HEAD_DIGITS:])].told


def untold(row: RunRow, members: list[int]) -> Iterator[tuple[bytes, list[int]]]:
    """(customer, raw leads) of each member whose leads do not know of the run yet; from then on they do."""
    for suffix in members:
        seen = row.seen[suffix]
        raws = [raw for n, raw in seen.leads.items() if n not in seen.told]
        if raws:
            seen.told = list(seen.leads)
            yield seen.digest, raws


def alerts(row: RunRow, now: int) -> bool:
    """Whether a run is told of now: not within 24 h of the last alert (ruling 28)."""
    if row.alerted and now <= row.alerted + DAY_MS:
        return False
    row.alerted = now
    return True


def numbers(phone: str, members: list[int]) -> list[str]:
    """The numbers of a run's members."""
    return [f"{phone[:_HEAD_DIGITS]}{suffix:03d}" for suffix in members]


def next_due(row: RunRow, rules: Rules) -> int:
    """When the row says nothing any more; 0 = it never said anything."""
    last = max(row.last, row.alerted)
    return last + DAY_MS if last else 0


def fire(row: RunRow, before: int) -> bool:
    """A day after its last number and its last alert the row goes."""
    return False


def is_gone(row: RunRow) -> bool:
    """Whether nobody was ever counted in it."""
    return not row.seen and not row.alerted


def _forget(row: RunRow, oldest: int, least: int) -> None:
    """Numbers of whom nothing came for 24 h go; what is left of a run and is none any more may be told of the next one."""
    gone = [suffix for suffix, seen in row.seen.items() if seen.t < oldest]
    if not gone:
        return
    for suffix in gone:
        del row.seen[suffix]
    for suffix, seen in row.seen.items():
        if seen.told and len(_block(row, suffix)) < least:
            seen.told = []


def _block(row: RunRow, suffix: int) -> list[int]:
    """The adjacent suffixes around one; 999 and 000 are not adjacent."""
    seen = row.seen
    first = last = suffix
    while first - 1 in seen:
        first -= 1
    while last + 1 in seen:
        last += 1
    return list(range(first, last + 1))
