"""What a kind declares, for each kind of thing that the engine knows. `operators.registry` lists them all.

Nothing that iterates over a list of kinds names one: a further record, entity, clock, message, stream or count is one
declaration and its rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec import Struct

from operators.base.count_kinds import CountKind as CountKind
from operators.base.outputs import Outputs
from operators.base.rules import Rules
from operators.wire.arrival import Arrival
from operators.wire.streams import StreamKind as StreamKind
from state.members import Members


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record that comes in (contract, "Inputs")."""

    name: str
    """As it stands in `type`."""
    topic: str
    """Its input topic, behind the prefix."""
    files: str
    """How the names of its files begin (ruling 9)."""
    shape: type[Struct] | None = None
    """What its bytes decode into; None = not applied by this version: refused NOT_SUPPORTED, with its original (ruling 51)."""
    required: frozenset[str] = frozenset()
    """Fields without which it is MISSING_FIELD."""
    check: Callable[[Any, Any, bytes, Any], Arrival] | None = None
    """(validation, the decoded record, its bytes, what is known of time) → the arrival, with the reasons of a reject."""
    entity: Callable[[Arrival], bytes] | None = None
    """Whose it is: the entity that decides it."""
    apply: Callable[[Any, Arrival, Outputs], Any] | None = None
    """(the entity's row or None, the record, outputs) → the row, None where there is still none."""
    refused: Callable[[Arrival, Outputs], None] | None = None
    """What is counted of one that was refused from its bytes."""
    witness: Callable[[Arrival, Rules], bytes] | None = None
    """Name of a witness in the same shard, b"" = none: `apply` finds its row, fresh where there was none, as
    `arrival.witness_row` and may change it; both are written in one batch (decision 0032)."""
    settles: bool = False
    """Whether, under the event clock, everything due before it and every message has come to rest before it is applied, and
    its own messages before the clock moves on (ruling 64)."""


class Clock(NamedTuple):
    """Something that falls due for a unique lead. Of those due at one instant the one listed first comes first (ruling 4)."""

    name: str
    group: int
    """Statuses in which it runs (`operators.lead.statuses`)."""
    due: Callable[[Any, Any, Rules], int]
    """(lead, intention, rules) → when it falls due; 0 = it does not."""
    fire: Callable[[Any], None]
    """(the case, at its due time): what happens then."""


@dataclass(frozen=True, slots=True)
class EntityKind:
    """A kind of entity: who has a row, timers and messages of its own."""

    name: str
    space: bytes
    """Letter of its rows in the database, and its rank among timers of one instant (`state.keys`)."""
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    desk: Callable[[Any, bytes, Outputs, Members], Any]
    """(row, entity, outputs, members) → what its rules work with in one batch."""
    next_due: Callable[[Any, Rules], int]
    """The earliest time at which something of the row falls due; 0 = nothing ever does."""
    fire: Callable[[Any, int], bool]
    """Fire what is due before a time, in order, as much as one batch may; False = the row is to be deleted."""
    is_gone: Callable[[Any], bool]
    """Whether the row holds nothing any more and is deleted when the batch is written."""
    clocks: tuple[Clock, ...] = ()
    """What `next_due` and `fire` look at, in their order at one instant."""
    fresh: Callable[[bytes], Any] | None = None
    """A new row for a first message; None = a message for who has no row is dropped: he was deleted."""
    giving_way: Callable[[Any], bytes] | None = None
    """The bytes of a row beyond `limits.ROW_BYTES` (ruling 48)."""
    judge_again: Callable[[Any, int], None] | None = None
    """Judge what waits: the registry has changed (ruling 14)."""
    shown: Callable[[bytes], str] = bytes.hex
    """An entity in words, for messages."""
    is_behind: Callable[[Any, Outputs], bool] | None = None
    """Whether a row has not met all that was ordered for every row of its shard; asked only where something ever was."""
    meet: Callable[[Any], None] | None = None
    """Apply that to it, before anything else (ruling 66)."""
    barriers: Callable[[Rules], Callable[[int], int]] | None = None
    """Of the rules: what gives the first time after another before which all must have come to rest, 0 = none (ruling 4)."""
    settles: bool = False
    """Whether its timers wait until everything of a smaller rank at their instant has come to rest (ruling 57). Then its timer
    alone fires it: a message never does."""
    at_rest: bool = False
    """Whether its timers wait until every record handed on is applied and no message is under way, by either clock: what they
    send speaks of all that came before."""

    @property
    def rank(self) -> int:
        """Its letter as a number."""
        return self.space[0]


class WitnessKind(NamedTuple):
    """A kind of witness: a row beside that of an entity, for what is seen across customers of one shard. It has no timer and
    gets no messages; its rows are swept when they say nothing any more (decision 0032)."""

    name: str
    space: bytes
    """Letter of its rows in the database."""
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]
    """The row's bytes, within `limits.ROW_BYTES`; b"" = there is nothing to keep."""
    until: Callable[[bytes], int]
    """(stored row) → up to when it says something."""
    fresh: Callable[[], Any]
    """A new row."""


class MessageKind(NamedTuple):
    """A kind of message between entities."""

    shape: type[Any]
    to: bytes
    """Space of the entities that understand it."""
    apply: Callable[[Any, Any, int], None]
    """(the receiver's desk, the message, the clock)."""
