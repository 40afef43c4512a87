"""One raw lead at its customer's row: known source id, late, accept (ruling 10), then marks, score and dispatch of each part.

The order of the layers (domain 4 to 10) is the order of the calls in `_accept`.
"""

from __future__ import annotations

from msgspec import UNSET

from operators.base import count_kinds, outputs
from operators.base.desk import Desk
from operators.base.outputs import Outputs, text_of
from operators.base.rules import Channel
from operators.customer import consent, enrichment, late_notice, replays, run_members, split
from operators.customer.split import Submission
from operators.dispatch import holds
from operators.wire import streams
from operators.wire.arrival import Arrival
from operators.wire.records import RawLeadRecord
from operators.wire.streams import Why
from state.rows.customer_row import Customer, Source


def raw_lead(row: Customer | None, arrival: Arrival, out: Outputs) -> Customer | None:
    """Apply one validated raw lead; returns the row, None when the customer still has none (a late lead)."""
    record = arrival.record
    assert type(record) is RawLeadRecord
    rules = out.rules
    now = arrival.now
    channel = rules.channels[arrival.channel]
    source_id = text_of(record.source_lead_id)
    account = text_of(record.account)
    if row is not None:
        known = None
        if row.may_know(source_id):
            known = replays.find(row, channel.code, account, source_id, now)
        notes = arrival.notes
        if known is None and notes is not None and notes.former is not None:
            known = replays.find(row, channel.code, notes.former[0], notes.former[1], now)
        if known is not None:
            enrichment.again(Desk(row, arrival.digest, out), known, arrival, record)
            return row
    out.counts[rules.local.day(arrival.t), arrival.shadow, channel.code][count_kinds.RECEIVED] += 1
    if arrival.t < now - channel.late_ms:
        _late(arrival, channel, account, source_id, out)
        return row
    if row is None:
        life = rules.local.day_text(rules.local.day(now)).replace("-", "")
        row = Customer(life + "s" if arrival.shadow else life, arrival.phone, arrival.landline, arrival.shadow)
        row.exited = len(out.exits)
    line = text_of(record.line) or "main"
    _accept(Submission(Desk(row, arrival.digest, out), arrival, record, account, source_id, line))
    return row


def _accept(submission: Submission) -> None:
    desk, arrival, record = submission.desk, submission.arrival, submission.record
    channel, account, source_id, line = submission.channel, submission.account, submission.source_id, submission.line
    row, rules, now = desk.row, desk.rules, arrival.now
    consented = holds.has_consent(row, rules)
    consent.learn(submission)
    stores = arrival.stores or ("",)
    first = row.raws + 1
    row.raws += len(stores)
    values = replays.values_of(arrival, record)
    row.remember(
        Source(
            channel.code,
            account,
            source_id,
            now,
            replays.keep_ms(channel.late_ms, rules),
            arrival.source_ms,
            replays.payload_of(values),
            list(range(first, row.raws + 1)),
            arrival.t,
            len(stores),
        )
    )
    if len(stores) > 1:
        desk.out.count(rules.local.day(arrival.t), desk.shadow, channel.code, count_kinds.SPLITS, len(stores) - 1)
    if arrival.witness:
        run_members.look(submission, arrival.t)
    leads = {}
    for place, store in enumerate(stores):
        unique = split.add(submission, store, first + place, place + 1 if len(stores) > 1 else 0, arrival.t)
        leads[unique] = first + place
    if arrival.witness:
        run_members.tell(submission, arrival.t, leads)
    if len(row.sections) > 1 or record.consent is False:
        consent.changed(desk, consented, now, "consent", skip={(line, store) for store in stores})


def _late(arrival: Arrival, channel: Channel, account: str, source_id: str, out: Outputs) -> None:
    """Beyond the lateness: to `late`, with its original, so that an operator can send it again (ruling 10)."""
    one_id = arrival.digest.hex()
    original, encoding, cut = outputs.original_of(arrival.raw)
    source = out.source_name(arrival.source)
    text = out.text
    out.events.append(
        (
            streams.LATE,
            one_id,
            streams.Late(
                f"late-{source}-{arrival.offset}",
                text(arrival.now),
                out.rules.version,
                Why("lateness", window_start=text(arrival.now - channel.late_ms), window_end=text(arrival.now)),
                one_id,
                channel.code,
                account,
                source_id,
                text(arrival.t),
                original,
                encoding if encoding else UNSET,
                True if arrival.shadow else UNSET,
                cut if cut else UNSET,
            ),
        )
    )
    out.count(out.rules.local.day(arrival.t), arrival.shadow, channel.code, count_kinds.LATE)
    out.index.append((channel.code, account, source_id, f"{one_id}-{source}-{arrival.offset}", b"late"))
    if not arrival.shadow:
        late_notice.tell(channel.code, arrival.now, out)


def refused(arrival: Arrival, out: Outputs) -> None:
    """A raw lead that validation refused was received all the same (rulings 8 and 11)."""
    channel = arrival.channel if arrival.channel in out.rules.channels else ""
    day = out.rules.local.day(arrival.now)
    for place in (count_kinds.RECEIVED, count_kinds.REJECTED):
        out.count(day, arrival.shadow, channel, place)
