"""`leadstream holds`: what waits for its dispatch (派单) and why, oldest first, with what would end each wait.

Reads beside a running engine. A state may be far larger than memory: leads are read one after the other, in the order in which they
began to wait, and only those that are shown are kept.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer

from leadstream.explain import waits
from operators.base.calendar import LocalTime
from operators.base.rules import Rules
from operators.config import configuration
from operators.config.names import nearest
from operators.dispatch import holds as conditions
from operators.intention import score
from operators.lead import life
from operators.lead.case import lead_of, unique_of
from state import errors, limits
from state.inspect import Inspection, Waiting
from state.rows.codes import STATUSES
from state.rows.customer_row import Customer, Section
from state.rows.lead import Lead

_SAID_S: Final = 2.0
_OTHERS: Final = "others"


@dataclass(frozen=True)
class Asked:
    """Which leads, and how many of them are shown; `totals` = counts by store and condition instead of leads."""

    store: str | None = None
    condition: str | None = None
    limit: int = 50
    totals: bool = False


class Held(NamedTuple):
    """A lead that waits, with the customer and the key that it belongs to."""

    waiting: Waiting
    customer: Customer
    section: Section
    lead: Lead


def holds(state: Path, asked: Asked, *, config: Path | None, as_json: bool) -> None:
    """Print what waits. Raises WrongUsage for a condition that is none, StateRefused where there is no state."""
    _refuse(asked)
    loaded = configuration.load(config)
    with Inspection(state) as inspection:
        local = LocalTime(inspection.identity.timezone)
        clock = inspection.seal.clock
        head = {"clock": None if clock is None else local.text(clock), "timezone": local.name}
        if asked.totals:
            totals = _totals(inspection, asked, local)
            lines = _said_of_totals(totals, asked)
            body: dict[str, Any] = totals
        else:
            looked = Looked(inspection, asked, loaded.rules, local)
            lines = _said(looked, asked)
            body = looked.document() if as_json else {}
        if as_json:
            typer.echo(json.dumps({**head, **body}, ensure_ascii=False))
            return
        for line in lines:  # as they are found: nobody waits for what is only counted
            typer.echo(line)
    stands = "has not started" if clock is None else f"stands at {local.text(clock)[:19].replace('T', ' ')}"
    typer.echo(f"Times are {local.name}; the clock {stands}.")


def _refuse(asked: Asked) -> None:
    if asked.condition == "SHADOW":
        raise errors.WrongUsage(
            "Test leads are not listed: nothing would end their wait.",
            'Look for `"shadow":true` in the output `holds`.',
        )
    if asked.condition is not None and asked.condition not in conditions.CODES:
        raise errors.WrongUsage(
            f"There is no condition {asked.condition}{nearest(asked.condition, conditions.CODES)}.",
            f"Give one of {', '.join(conditions.CODES[:-1])}.",
        )
    if not 1 <= asked.limit <= limits.HOLDS_SHOWN:
        raise errors.WrongUsage(
            f"--limit {asked.limit} is out of range.", f"Give a number from 1 to {limits.HOLDS_SHOWN}."
        )


# --- reading


def _held(inspection: Inspection, waiting: Iterator[Waiting], asked: Asked) -> Iterator[Held]:
    """The leads that were asked for, oldest first; so many rows in memory as are read at once."""
    said = _progress()
    done = 0
    while some := list(islice(waiting, limits.HOLDS_READ)):
        for one, customer in zip(some, inspection.customers_of(some), strict=True):
            found = None if customer is None else _found(one, customer)
            if found is not None and _is_wanted(found, asked):
                yield found
        done += len(some)
        said(done)


def _found(one: Waiting, customer: Customer) -> Held | None:
    for section in customer.sections:
        lead = lead_of(section, one.lead)
        if lead is not None and life.is_waiting(lead) and lead.conditions:
            return Held(one, customer, section, lead)
    return None


def _is_wanted(held: Held, asked: Asked) -> bool:
    if asked.store is not None and held.section.store != asked.store:
        return False
    return asked.condition is None or asked.condition in conditions.codes(held.lead.conditions)


class _Read(Iterator[Waiting]):
    """Leads that wait, up to a bound that may be set on the way."""

    def __init__(self, waiting: Iterator[Waiting]) -> None:
        self._waiting = waiting
        self.taken = 0
        self.most: int | None = None

    def __next__(self) -> Waiting:
        if self.taken == self.most:
            raise StopIteration
        found = next(self._waiting)
        self.taken += 1
        return found


class Looked:
    """The leads that were asked for, to be gone through once; then `more` is known."""

    def __init__(self, inspection: Inspection, asked: Asked, rules: Rules, local: LocalTime) -> None:
        self._inspection = inspection
        self._asked = asked
        self._rules = rules
        self._local = local
        self.more = 0
        """How many more there are than were shown."""
        self.exact = True
        """False: there are at least so many."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Those that are shown, oldest first."""
        inspection, asked = self._inspection, self._asked
        waiting = inspection.waiting()
        if asked.store is None and asked.condition is None:
            taken = list(islice(waiting, asked.limit))
            yield from (_shown(one, self._rules, self._local) for one in _held(inspection, iter(taken), asked))
            self.more = inspection.count_waiting() - len(taken) if len(taken) == asked.limit else 0
            return
        read = _Read(waiting)
        found = _held(inspection, read, asked)
        for one in islice(found, asked.limit):
            yield _shown(one, self._rules, self._local)
        read.most = read.taken + limits.HOLDS_COUNTED
        self.more = sum(1 for _ in found)
        self.exact = next(waiting, None) is None

    def document(self) -> dict[str, Any]:
        """For machines."""
        shown = list(self)
        return {"holds": shown, "more": self.more, "exact": self.exact}


def _shown(held: Held, rules: Rules, local: LocalTime) -> dict[str, Any]:
    waiting, customer, section, lead = held
    unique = unique_of(section, lead.n)
    return {
        "unique_id": f"{waiting.digest.hex()}.{customer.life}.u{lead.n}",
        "since": local.text(waiting.since),
        "status": STATUSES[lead.status],
        "store": section.store or None,
        "line": section.line,
        "channel": None if unique is None else unique.channel,
        "conditions": list(conditions.codes(lead.conditions)),
        "until": local.text(lead.until) if lead.until else None,
        "ends": waits.ends(section, unique, lead, rules, local),
        "score": lead.score,
        "grade": score.GRADES[lead.grade],
    }


def _totals(inspection: Inspection, asked: Asked, local: LocalTime) -> dict[str, Any]:
    """Leads by (store, condition); one that several conditions hold counts under each."""
    counts: dict[tuple[str | None, str], list[int]] = {}
    leads = 0
    for held in _held(inspection, inspection.waiting(), asked):
        leads += 1
        for code in conditions.codes(held.lead.conditions):
            if asked.condition is not None and code != asked.condition:
                continue
            key = (held.section.store or None, code)
            if key not in counts and len(counts) >= limits.HOLDS_GROUPS:
                key = (_OTHERS, code)
            counts.setdefault(key, [0, held.waiting.since])[0] += 1  # the first one met is the oldest
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1][0], pair[0][0] or "", pair[0][1]))
    return {
        "leads": leads,
        "totals": [
            {"store": store, "condition": code, "leads": count, "oldest": local.text(since)}
            for (store, code), (count, since) in ordered
        ],
    }


def _progress() -> Callable[[int], None]:
    """Says on stderr every two seconds how far a long reading is."""
    last = time.monotonic()

    def say(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _SAID_S:
            last = time.monotonic()
            print(f"holds: looked at {done} leads that wait", file=sys.stderr, flush=True)

    return say


# --- for people


def _said_of_totals(totals: dict[str, Any], asked: Asked) -> Iterator[str]:
    for one in totals["totals"][: asked.limit]:
        store = one["store"] or "no store"
        yield f"{one['leads']:>9}  {one['condition']:<13}  {store}, oldest since {one['oldest'][:16].replace('T', ' ')}"
    left = len(totals["totals"]) - asked.limit
    if left > 0:
        yield f"… and {left} more pairs of store and condition; --limit shows more of them."
    yield f"{totals['leads']} leads wait."


def _said(looked: Looked, asked: Asked) -> Iterator[str]:
    nothing = True
    for one in looked:
        nothing = False
        place = f"store {one['store'] or 'not known yet'}, line {one['line']}"
        yield f"{one['since'][:16].replace('T', ' ')}  {', '.join(one['conditions'])}: {place} ({one['unique_id']})"
        for end in one["ends"]:
            yield f"    ends with: {end}"
    if looked.more or not looked.exact:
        count = looked.more if looked.exact else f"at least {looked.more}"
        yield f"… and {count} more wait, all of them for a shorter time; --limit shows more of them."
    elif nothing:
        yield "No lead waits" + ("." if asked == Asked(limit=asked.limit) else " that was asked for.")
