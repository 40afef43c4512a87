"""One part of a raw lead at its own key (ruling 13): the fold, then everything that follows from its mark."""

from __future__ import annotations

from typing import Final

from operators.base.desk import Desk
from operators.base.outputs import text_of
from operators.base.rules import Channel, Rules
from operators.fraud import number_runs
from operators.intention import fold
from operators.intention.attributes import facts_of, intent_of, risks_of
from operators.lead import marks
from operators.wire import streams
from operators.wire.arrival import NUMBER_RUN, SHARED_CONTACT, Arrival
from operators.wire.records import RawLeadRecord
from operators.wire.streams import Why
from state import limits
from state.rows import customer_row
from state.rows.codes import MARKS
from state.rows.customer_row import Customer, Section
from state.rows.intention import Raw
from state.rows.story import Received

_MARKS: Final = tuple(mark.encode() for mark in MARKS)


class Submission:
    """A raw lead on the desk, with the keys that its parts share."""

    __slots__ = ("account", "arrival", "channel", "desk", "line", "record", "run", "source_id")

    def __init__(
        self, desk: Desk, arrival: Arrival, record: RawLeadRecord, account: str, source_id: str, line: str
    ) -> None:
        self.desk = desk
        self.arrival = arrival
        self.record = record
        self.channel = desk.rules.channels[arrival.channel]
        self.account = account
        self.source_id = source_id
        self.line = line
        self.run: list[int] | None = None
        """Suffixes of the number run that its number is in, [] = in none; None = nobody looks (ruling 62)."""


def add(submission: Submission, store: str, n: int, split: int, event_ms: int) -> int:
    """One part of a raw lead at its own key (ruling 13); returns its unique lead. `event_ms`: of a store added later the
    clock then."""
    desk, arrival, record = submission.desk, submission.arrival, submission.record
    channel, account, source_id, line = submission.channel, submission.account, submission.source_id, submission.line
    row, rules, now, out = desk.row, desk.rules, arrival.now, desk.out
    section = section_of(row, line, store)
    periods = rules.periods_of(line, record.series or "")
    shared = _shared(desk, rules.local.day(now), channel, now)
    flags = arrival.flags | SHARED_CONTACT if shared else arrival.flags
    if submission.run:
        flags |= NUMBER_RUN
    raw = Raw(
        n,
        event_ms,
        channel.priority,
        channel.code,
        account,
        source_id,
        split,
        periods.merge_ms,
        periods.deal_ms,
        periods.life_ms,
        facts_of(record) | risks_of(arrival.phone, flags),
        intent_of(record, event_ms),
        flags,
        judged=0 if rules.score.model is None else rules.score.model.judge(record),
        campaign="" if record.campaign is None else text_of(record.campaign),
    )
    settle(section, now, rules)
    shown = desk.masked(account) if account else ""
    desk.story.append(Received(now, n, event_ms, channel.code, shown, desk.masked(source_id), line, store, split))
    raw_id = desk.raw_id(n)
    change = fold.add_raw(section, raw, row, rules, keep=not shared)
    in_run = bool(submission.run) and not number_runs.is_told(arrival.witness_row, arrival.phone, raw.u)
    marks.accepted(desk, section, raw, raw_id, change, now, in_run=in_run)
    out.index.append((channel.code, account, source_id, raw_id, _MARKS[raw.mark]))
    return raw.u


def _shared(desk: Desk, day: int, channel: Channel, now: int) -> bool:
    """More than 1 000 raw leads of a OneID a day: SHARED_CONTACT, one alert (limits.RAWS_PER_DAY)."""
    row = desk.row
    if row.day != day:
        row.day, row.day_count = day, 0
    row.day_count += 1
    if row.day_count == limits.RAWS_PER_DAY + 1 and not desk.shadow:
        desk.out.events.append(
            (
                streams.FRAUD_ALERTS,
                desk.one_id,
                streams.FraudAlert(
                    f"fraud_alerts-{desk.prefix[:-1]}-{day}",
                    desk.text(now),
                    desk.version,
                    Why("raw_leads_per_day"),
                    desk.one_id,
                    "SHARED_CONTACT",
                    channel.code,
                ),
            )
        )
    return row.day_count > limits.RAWS_PER_DAY


def section_of(row: Customer, line: str, store: str) -> Section:
    """The key's section, made when it is new."""
    for section in row.sections:
        if section.store == store and section.line == line:
            return section
    section = customer_row.section_of(line, store)
    row.sections.append(section)
    return section


def settle(section: Section, now: int, rules: Rules) -> None:
    """Events beyond the lateness become part of the base, except where a lead may still wait for its store: an answer
    re-marks all its raw leads (ruling 7)."""
    if section.store and rules.store_of(section.store, section.line) is not None:
        if fold.settle(section, now, rules):
            section.approximate = True
    elif len(section.kept) > limits.KEPT_EVENTS:
        fold.collapse(section, len(section.kept) - limits.KEPT_EVENTS, rules)
        section.approximate = True
