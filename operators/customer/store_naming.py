"""Store answers (rulings 7, 11, 53, 57): a waiting lead gets its store, and folds into the lead there or moves."""

from __future__ import annotations

from typing import Final

from operators.base import count_kinds
from operators.base.desk import Desk
from operators.customer import consent, run_members, split
from operators.customer.replays import place_of, stores_in_force
from operators.customer.split import Submission
from operators.intention import fold, merge
from operators.intention.merge import stands
from operators.intention.places import order_of
from operators.lead import life, marks, records, statuses
from operators.lead.case import Case, lead_for, pointers_to
from operators.lead.statuses import AT_STORE
from operators.wire.arrival import Arrival
from operators.wire.records import RawLeadRecord
from operators.wire.streams import Why
from state.rows.codes import ACT_INTENT, FIRST_TOUCH, S_PENDING
from state.rows.customer_row import Section, Source
from state.rows.intention import ANSWERED, Act, Answer, Fold, IntentEntry, Raw, Unique, copied
from state.rows.lead import Lead

ANSWER: Final = "store_answer"
EXIT: Final = "store_exit"
"""Whose answer it is: of whoever names the store, or of a store that leaves (ruling 31)."""


def standing_stores(desk: Desk, source: Source) -> list[str]:
    """The stores at which the parts of a raw lead stand now."""
    found = [locate(desk, n) for n in source.raws]
    known = [place[0].store for place in found if place is not None and place[0].store]
    if None in found:  # of a deleted lead only the payload still knows the store
        known += [store for store in stores_in_force(source) if store not in known]
    return known


def name_stores(
    desk: Desk, source: Source, arrival: Arrival, record: RawLeadRecord, in_force: list[object]
) -> set[int]:
    """Apply the stores that an enrichment names; returns the unique leads whose new state was written.

    Beside a name in force every further one is a new part. Where none is in force the first answers the first open part that
    waits for its store, or is ignored where none does, and the further ones are new parts (ruling 83).
    """
    now, rules = arrival.now, desk.rules
    place = place_of("stores")
    held = in_force[place]
    known: list[str] = list(held) if isinstance(held, (list, tuple)) else []
    new = [store for store in arrival.stores if store not in known]
    first = new.pop(0) if len(new) == len(arrival.stores) else ""
    channel = rules.channels[arrival.channel]
    if new:  # the default of consent may be another one then: before anything is judged
        consent.newest(desk.row, channel, now, rules)
    written: set[int] = set()
    waiting = _waiting_part(desk, source, now) if first else None
    if waiting is not None:
        section, unique, lead = waiting
        known = [code for code in known if code != section.store] + [first]
        written = answer(desk, section, unique, lead, first, now)
    submission = Submission(desk, arrival, record, source.account, source.source_id, _line_of(in_force))
    if new and arrival.witness:
        run_members.look(submission, now)
    leads = {}
    for store in new:
        known.append(store)
        desk.row.raws += 1
        source.raws.append(desk.row.raws)
        source.splits += 1
        desk.out.count(rules.local.day(now), desk.shadow, channel.code, count_kinds.SPLITS)
        leads[split.add(submission, store, desk.row.raws, source.splits, now)] = desk.row.raws
    if new and arrival.witness:
        run_members.tell(submission, now, leads)
    in_force[place] = known
    return written


def _waiting_part(desk: Desk, source: Source, now: int) -> tuple[Section, Unique, Lead] | None:
    """The first part, by split, whose open lead waits for a store: it has none, or one that nobody knows."""
    for n in source.raws:
        found = locate(desk, n)
        if found is None:
            continue
        section, unique, lead, _ = found
        if section.store and desk.rules.store_of(section.store, section.line) is not None:
            continue
        if stands(unique, now) and life.is_waiting(lead):
            return section, unique, lead
    return None


def _line_of(in_force: list[object]) -> str:
    line = in_force[place_of("line")]
    return line if isinstance(line, str) else "main"


def answer(
    desk: Desk,
    section: Section,
    unique: Unique,
    lead: Lead,
    store: str,
    now: int,
    *,
    intent: IntentEntry | None = None,
    note: str = "",
    rule: str = ANSWER,
) -> set[int]:
    """The waiting `unique` of `section`, or with the rule `EXIT` any open one, gets `store` at `now`; returns the unique
    leads written. `intent` = what the answer says of the wish: it goes with the lead, or to the one that it is folded into
    (ruling 61); `note`: who gave the answer."""
    row, rules = desk.row, desk.rules
    target = split.section_of(row, section.line, store)
    split.settle(target, now, rules)
    raws = _taken(section, unique)
    if rule == EXIT and unique.tie is not None and unique.first_version and all(raw.n != unique.first for raw in raws):
        raws.insert(0, _first_touch(unique, unique.tie))
    snapshot = copied(Fold([unique])).uniques[0]
    marks_then = [raw.mark for raw in raws]
    merge_ms, _, life_ms = fold.periods_of(snapshot, raws, marks_then)
    pointers = pointers_to(section, lead.n)
    undone = _remove(section, unique, lead)
    section.leads = [other for other in section.leads if other not in pointers]
    target.leads += [*pointers, lead]
    if lead.care is not None:
        lead.care.times = []  # its activities stay behind: none of them comes after its dispatch
    if not section.head.uniques and not section.leads and not section.kept:
        row.sections.remove(section)
    row.arrivals += 1
    event = Answer(now, False, snapshot, raws, marks_then, row.arrivals)
    event.moved = fold.answer_moves(fold.state_before(target, event, rules), merge_ms, life_ms, now, rules)
    if intent is not None and event.moved:
        merge.hear(snapshot, intent)
    change = fold.add_answer(target, event, row, rules)
    if intent is not None and not event.moved:
        act = Act(now, now, ACT_INTENT, f"v{row.arrivals}", row.arrivals, now, ANSWERED, intent=intent)
        fold.add_activity(target, act, row, rules)
    why = Why(rule, answered=store, note=note)
    if not event.moved:
        if statuses.is_in(lead, AT_STORE):  # what was dispatched to the store that left, was not to this one
            statuses.become(lead, S_PENDING)
        change.before[lead.n] = snapshot
    marks.corrections(desk, target, change, now)
    change.answered = True
    before = {other.n: other.version for other in target.leads}
    brought = (raws[0].u, max(raw.t for raw in raws)) if raws and not event.moved else (0, 0)
    marks.reviewed(desk, target, change, now, why, asks=brought)
    if undone is not None:
        case = Case(desk, section, undone, lead_for(section, undone), now, why)
        life.review(case)
        records.state(case)
    return {other.n for other in target.leads if other.version != before.get(other.n, 0)}


def _first_touch(unique: Unique, tie: tuple[int, str, str, str]) -> Raw:
    """The first touch of a lead that stood at a store for longer than the lateness, as the lead itself knows it. It is corrected
    where its lead is folded, so that there are as many first touches as leads that were opened and not folded (invariant 2);
    what else is older than the lateness keeps its mark (ruling 46)."""
    priority, account, source_id, split = tie
    return Raw(
        unique.first,
        unique.opened,
        priority,
        unique.channel,
        account,
        source_id,
        int(split),
        unique.merge,
        unique.deal,
        unique.life,
        unique.facts,
        IntentEntry(unique.opened),
        mark=FIRST_TOUCH,
        u=unique.n,
        version=unique.first_version,
    )


def _taken(section: Section, unique: Unique) -> list[Raw]:
    """The raw leads of `unique`, taken out of the key's kept events, in their order."""
    raws: list[Raw] = []
    rest = []
    for event in section.kept:
        if isinstance(event, Raw) and event.u == unique.n:
            raws.append(event)
        elif isinstance(event, Answer) and any(raw.u == unique.n for raw in event.raws):
            raws.extend(raw for raw in event.raws if raw.u == unique.n)  # they came here by an answer of their own
        else:
            rest.append(event)
    section.kept = [
        e for e in rest if isinstance(e, (Raw, Answer)) or e.place < unique.opened or len(section.head.uniques) > 1
    ]
    raws.sort(key=order_of)
    return raws


def _remove(section: Section, unique: Unique, lead: Lead) -> Unique | None:
    """Take a unique lead out of a key: base, head, and what was done about it. Returns the one whose place it had taken
    while that still stood open (ruling 83): without it the key has no reason to close that."""
    section.leads.remove(lead)
    undone = None
    for state in (section.base, section.head):
        place = next((at for at, held in enumerate(state.uniques) if held.n == unique.n), 0)
        undone = state.uniques[place - 1] if place else None
        if undone is not None and undone.ended == (unique.counts_from or unique.opened):
            undone.ended = 0
        else:
            undone = None
        fold.drop(state, unique.n)
    return undone


def locate(desk: Desk, n: int) -> tuple[Section, Unique, Lead, Raw | None] | None:
    """Where raw lead n stands now: its key, its unique lead, and itself where it is still kept."""
    for section in desk.row.sections:
        for event in section.kept:
            for raw in (event,) if isinstance(event, Raw) else getattr(event, "raws", ()):
                if raw.n == n:
                    for unique in section.head.uniques:
                        if unique.n == raw.u:
                            return section, unique, lead_for(section, unique), raw
        for unique in section.head.uniques:
            if n in unique.raws:
                return section, unique, lead_for(section, unique), None
    return None
