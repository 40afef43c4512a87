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
    if len(phone) != _MOBILE_DIGITS or phone[0] == "+" or arrival.shadow or not rules.cleaning.number_run:
        return b""
    record = arrival.record
    assert type(record) is RawLeadRecord
    if record.origin == "advisor":
        return b""
    return keys.run_witness(phone[:_HEAD_DIGITS], arrival.channel)


def look(row: RunRow, phone: str, now: int, least: int) -> list[int]:
    """The suffixes of the run that a raw lead of this number makes or lengthens, ascending; [] = of none.

    What is older than `now` − 24 h does not count, so all that counts lies within 24 h of each other.
    """
    if not row.seen:
        return [] if least > 1 else [int(phone[_HEAD_DIGITS:])]
    _forget(row, now - DAY_MS)
    run = _block(row, int(phone[_HEAD_DIGITS:]))
    return run if len(run) >= least else []


def keep(row: RunRow, phone: str, digest: bytes, t: int, leads: dict[int, int], *, told: bool) -> None:
    """Count a raw lead with event time `t`, and the unique leads that it came to (number → raw lead); `told` = they know of
    the run already."""
    suffix = int(phone[_HEAD_DIGITS:])
    if t + DAY_MS > row.until:
        row.until = t + DAY_MS
    seen = row.seen.get(suffix)
    if seen is None:
        row.seen[suffix] = Seen(t, digest, leads, list(leads) if told else [])
        return
    seen.digest = digest
    if t > seen.t:
        seen.t = t
    seen.leads = {**seen.leads, **leads}
    if told:
        seen.told = [*seen.told, *(n for n in leads if n not in seen.told)]


def is_told(row: RunRow, phone: str, n: int) -> bool:
    """Whether this unique lead of the number was told of the run before."""
    seen = row.seen.get(int(phone[_HEAD_DIGITS:]))
    return seen is not None and n in seen.told


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
    row.until = max(row.until, now + DAY_MS)
    return True


def numbers(phone: str, members: list[int]) -> list[str]:
    """The numbers of a run's members."""
    return [f"{phone[:_HEAD_DIGITS]}{suffix:03d}" for suffix in members]


def _forget(row: RunRow, oldest: int) -> None:
    """Numbers of whom nothing came for 24 h go, and with them who was told: a run that falls short for some minutes and is
    whole again is the same run to the others."""
    for suffix in [suffix for suffix, seen in row.seen.items() if seen.t < oldest]:
        del row.seen[suffix]


def _block(row: RunRow, suffix: int) -> list[int]:
    """The adjacent suffixes around one that just came; 999 and 000 are not adjacent."""
    seen = row.seen
    first = last = suffix
    while first - 1 in seen:
        first -= 1
    while last + 1 in seen:
        last += 1
    return list(range(first, last + 1))
