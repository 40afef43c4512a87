"""What a record says about the customer, and the consent that all his leads share (rulings 38 and 45)."""

from __future__ import annotations

from typing import Final

from operators.base.desk import Desk
from operators.base.rules import Channel, Rules
from operators.customer.split import Submission
from operators.intention.merge import stands
from operators.lead import life, records
from operators.lead.case import Case, lead_of
from operators.wire.records import RawLeadRecord
from operators.wire.streams import Why
from state.rows.customer_row import Customer, Source

OPT_OUT_TIE: Final = "\uffff"
"""Behind every raw lead of its instant (ruling 5)."""


def learn(submission: Submission) -> None:
    """What an accepted raw lead says about the customer, each by event time (rulings 38 and 45)."""
    desk, arrival, record, channel = submission.desk, submission.arrival, submission.record, submission.channel
    row, t = desk.row, arrival.t
    if record.name and (t > row.name_at or (t == row.name_at and record.name > row.name)):
        row.name, row.name_at = record.name, t
    if record.city is not None:
        lives_in(row, record, t)
    if arrival.landline and not row.landline:
        row.landline = arrival.landline
    newest(row, channel, t, desk.rules)
    if record.consent is not None:
        say(row, record.consent, t, _tie_key(channel.priority, channel.code, submission.account, submission.source_id))


def lives_in(row: Customer, record: RawLeadRecord, t: int) -> None:
    """The city of the latest raw lead that gives one, with its province (ruling 60)."""
    city = record.city or ""
    if city and (t > row.city_at or (t == row.city_at and city > row.city)):
        row.city, row.city_at = city, t
        row.province = record.province or ""


def _tie_key(priority: int, channel: str, account: str, source_id: str) -> str:
    return f"{priority:>12}\0{channel}\0{account}\0{source_id}"


def say_of(desk: Desk, source: Source, given: bool) -> None:
    """Consent that an enrichment brings: at its raw lead's event time (ruling 38)."""
    channel = desk.rules.channels.get(source.channel)
    priority = channel.priority if channel is not None else 100
    say(desk.row, given, source.t, _tie_key(priority, source.channel, source.account, source.source_id))


def newest(row: Customer, channel: Channel, t: int, rules: Rules) -> None:
    """Remember the channel of the latest raw lead, ties by the tie key: its default holds where nothing explicit exists."""
    if t < row.newest_at:
        return
    held = rules.channels.get(row.newest_channel) if t == row.newest_at else None
    if t > row.newest_at or (held is not None and (channel.priority, channel.code) > (held.priority, held.code)):
        row.newest_at, row.newest_channel = t, channel.code


def say(row: Customer, given: bool, t: int, tie: str) -> None:
    """The latest explicit word by event time, ties by the tie key; OPT_OUT comes after raw leads (rulings 5 and 38)."""
    if t > row.consent_at or (t == row.consent_at and tie >= row.consent_tie):
        row.consent, row.consent_at, row.consent_tie = (1 if given else 0), t, tie
        row.opted_out = tie == OPT_OUT_TIE


def judge_waiting(desk: Desk, now: int, why: Why, *, skip: set[tuple[str, str]] | None = None) -> None:
    """Judge every waiting lead of the customer again: what changed is the customer's, not one lead's."""
    for section in desk.row.sections:
        if skip and (section.line, section.store) in skip:
            continue
        for unique in section.head.uniques:
            lead = lead_of(section, unique.n)
            if lead is None or not life.is_waiting(lead) or not stands(unique, now):
                continue
            before = (lead.status, lead.conditions, lead.until, lead.route)
            case = Case(desk, section, unique, lead, now, why)
            life.decide(case)
            if before != (lead.status, lead.conditions, lead.until, lead.route):
                records.state(case)


def judge_again(desk: Desk, now: int) -> None:
    """The registry has changed (ruling 14)."""
    judge_waiting(desk, now, Why("registry"))
