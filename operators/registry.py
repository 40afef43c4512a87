"""Every kind of thing that the engine knows: records, entities with their clocks, messages, streams, counts.

Batch, step, validation, topics, schemas, metrics and docs iterate over these lists and name no kind. To add one, write its
rule in its room and declare it here; a stream in `operators.wire.streams`, a count in `operators.base.count_kinds`.
"""

from __future__ import annotations

from typing import Any, Final

from operators.base import count_kinds
from operators.base.desk import ChannelDesk, Desk, ExitsDesk, StoreDesk
from operators.base.kinds import EntityKind, MessageKind, RecordKind, WitnessKind
from operators.base.outputs import Outputs
from operators.customer import accept, activities, behaviours, consent, late_notice, run_told, verdicts
from operators.dispatch import release
from operators.follow_up.clock import FOLLOW_UP
from operators.fraud import number_runs
from operators.intake import behaviours as intake_behaviours
from operators.intake import commands as intake_commands
from operators.intake import validation
from operators.intake import verdicts as intake_verdicts
from operators.lead import clocks
from operators.lead.task_clock import CLEANING_TIMEOUT
from operators.pools import commands, exits, room
from operators.wire import streams
from operators.wire.arrival import Arrival
from operators.wire.records import ActivityRecord, BehaviourRecord, CommandRecord, RawLeadRecord, VerdictRecord
from state import keys
from state.members import Members
from state.rows import channel_row, customer_row, exits_row, row_size, run_row, store_row
from state.rows.channel_row import ChannelRow
from state.rows.customer_row import Customer
from state.rows.exits_row import ExitsRow
from state.rows.messages import AskPlace, GivePlaceBack, InRun, JoinQueue, LateLead, LeaveQueue, Meet, PlaceAnswer, Slot
from state.rows.store_row import StoreRow


def _customer_desk(row: Customer, entity: bytes, out: Outputs, members: Members) -> Desk:
    return Desk(row, entity[1:-1], out)


def _channel_desk(row: ChannelRow, entity: bytes, out: Outputs, members: Members) -> ChannelDesk:
    return ChannelDesk(row, out)


def _never(row: Any) -> bool:
    return False


def _exits_desk(row: ExitsRow, entity: bytes, out: Outputs, members: Members) -> ExitsDesk:
    return ExitsDesk(row, out, members)


def _command_of(arrival: Arrival) -> bytes:
    return keys.EXITS if arrival.everywhere else _customer_of(arrival)


def _command(row: Any, arrival: Arrival, out: Outputs) -> Any:
    return exits.command(row, arrival, out) if arrival.everywhere else commands.command(row, arrival, out)


def _customer_of(arrival: Arrival) -> bytes:
    return keys.customer_entity(arrival.digest, arrival.shadow)


def _nobody(row: StoreRow) -> bool:
    return release.is_gone(row) and room.is_gone(row)


RECORDS: Final = (
    RecordKind(
        "raw_lead",
        "raw",
        "raw_leads",
        RawLeadRecord,
        frozenset({"channel", "source_lead_id"}),
        validation.check_raw_lead,
        _customer_of,
        accept.raw_lead,
        accept.refused,
        witness=number_runs.neighbourhood,
    ),
    RecordKind(
        "activity",
        "activity",
        "activity",
        ActivityRecord,
        frozenset({"activity_id", "kind", "event_time"}),
        validation.check_activity,
        _customer_of,
        activities.activity,
    ),
    RecordKind(
        "verdict",
        "verdicts",
        "verdicts",
        VerdictRecord,
        frozenset({"by", "outcome"}),
        intake_verdicts.check,
        _customer_of,
        verdicts.verdict,
    ),
    RecordKind(
        "behaviour",
        "behaviour",
        "behaviour",
        BehaviourRecord,
        frozenset({"kind", "event_time"}),
        intake_behaviours.check,
        _customer_of,
        behaviours.behaviour,
    ),
    RecordKind(
        "command",
        "commands",
        "commands",
        CommandRecord,
        frozenset({"command_id", "kind"}),
        intake_commands.check,
        _command_of,
        _command,
        settles=True,
    ),
)

AGENDA: Final = clocks.Agenda(clocks.EXPIRY, CLEANING_TIMEOUT, clocks.RELEASE, FOLLOW_UP, clocks.DELETION)
"""The clocks of a customer's leads; at one instant closings come first (ruling 4)."""

ENTITIES: Final = (
    EntityKind(
        "customer",
        keys.CUSTOMER,
        decode=customer_row.decode,
        encode=customer_row.encode,
        desk=_customer_desk,
        next_due=AGENDA.next_due,
        fire=AGENDA.fire,
        is_gone=_never,
        clocks=AGENDA.clocks,
        giving_way=row_size.giving_way,
        judge_again=consent.judge_again,
        is_behind=exits.is_behind,
        meet=exits.meet,
        shown=lambda entity: entity[1:-1].hex(),
    ),
    EntityKind(
        "channel",
        keys.CHANNEL,
        decode=channel_row.decode,
        encode=channel_row.encode,
        desk=_channel_desk,
        next_due=late_notice.next_due,
        fire=late_notice.fire,
        is_gone=_never,
        fresh=lambda entity: ChannelRow(entity[1:].decode()),
        shown=lambda entity: entity[1:].decode("utf-8", "replace"),
        at_rest=True,
    ),
    EntityKind(
        "store",
        keys.STORE,
        decode=store_row.decode,
        encode=store_row.encode,
        desk=StoreDesk,
        next_due=release.next_due,
        fire=release.fire,
        is_gone=_nobody,
        fresh=lambda entity: StoreRow(entity[1:].decode()),
        shown=lambda entity: entity[1:].decode("utf-8", "replace"),
        barriers=release.barriers,
        settles=True,
    ),
    EntityKind(
        "store exits",
        keys.EXITS,
        decode=exits_row.decode,
        encode=exits_row.encode,
        desk=_exits_desk,
        next_due=exits.next_due,
        fire=exits.fire,
        is_gone=_never,
        shown=lambda entity: "of the shard",
    ),
)

WITNESSES: Final = (
    WitnessKind("number run", keys.RUN, run_row.decode, run_row.encode, run_row.until_of, run_row.fresh),
)

MESSAGES: Final = (
    MessageKind(JoinQueue, keys.STORE, release.join),
    MessageKind(LeaveQueue, keys.STORE, release.leave),
    MessageKind(Slot, keys.CUSTOMER, clocks.slot_given),
    MessageKind(AskPlace, keys.STORE, room.ask),
    MessageKind(GivePlaceBack, keys.STORE, room.give_back),
    MessageKind(PlaceAnswer, keys.CUSTOMER, commands.answered),
    MessageKind(LateLead, keys.CHANNEL, late_notice.count),
    MessageKind(Meet, keys.CUSTOMER, exits.met),
    MessageKind(InRun, keys.CUSTOMER, run_told.told),
)

STREAMS: Final = streams.KINDS
COUNTS: Final = count_kinds.KINDS

SETTLING_RECORDS: Final = frozenset(kind.name for kind in RECORDS if kind.settles)
RECORD_OF: Final = {kind.name: kind for kind in RECORDS}
KIND_OF: Final = {kind.rank: kind for kind in ENTITIES}
"""By the first byte of an entity."""
WITNESS_OF: Final = {kind.space[0]: kind for kind in WITNESSES}
"""By the first byte of a witness."""
AT_REST: Final = frozenset(kind.rank for kind in ENTITIES if kind.at_rest)
"""Ranks whose timers wait until everything is at rest."""
SETTLING: Final = tuple(sorted(kind.rank for kind in ENTITIES if kind.settles))
"""Ranks whose timers wait until everything of a smaller one at their instant has come to rest."""
assert len(KIND_OF) == len(ENTITIES), "two kinds of entity share a letter"
assert all(kind.to[0] in KIND_OF for kind in MESSAGES), "a message for nobody"


def default_type(name: str) -> str:
    """Type of a record without `type`, from the beginning of its file's name (ruling 9)."""
    bare = name.rpartition("/")[2]
    return next((kind.name for kind in RECORDS if bare.startswith(kind.files)), RECORDS[0].name)
