"""The marks as a fold (ruling 2): events of one key in their total order, on top of a folded summary.

An event that comes last in the order is applied to the head, the fast path. Any other is put in its place, the events are
folded again from the base, and what changed is returned: the caller writes a correction for each raw lead in it.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable

from operators.base.rules import Rules
from operators.intention import merge, places
from operators.intention.change import Change
from operators.intention.dedup import hold_day, holds_day
from operators.intention.merge import Decision
from operators.intention.places import order_of
from state import limits
from state.rows.codes import DEAL_MERGED, DEDUPED, FIRST_TOUCH, MERGED, OPEN, R_FOLDED, WON
from state.rows.customer_row import Customer, Section
from state.rows.intention import OLD, USUAL, Act, Answer, Fold, Kept, Raw, Unique, copied


def stand(section: Section, act: Act, rules: Rules) -> Fold | None:
    """Say where an activity stands in the key's order; the key's state there, None where no lead is found (rulings 26, 57,
    83). For reading only."""
    places.at_own_time(act)
    while True:
        state = state_before(section, act, rules)
        if act.rank <= OLD or merge.candidates(state, act):
            return state
        if not places.at_next_lead(section, act):
            return None


def _mint(row: Customer) -> int:
    """A number for a unique lead that was never used before in this row."""
    row.uniques += 1
    return row.uniques


def add_raw(section: Section, raw: Raw, row: Customer, rules: Rules, *, keep: bool = True) -> Change:
    """Apply one accepted raw lead. `keep` = False for a SHARED_CONTACT beyond its limit: marked, not kept."""
    last = section.is_last(raw.t)
    kept = [] if last else section.kept
    if last or not kept or _after(raw, kept[-1]):
        decision = merge.raw_lead(section.head, raw, rules)
        unique = decision[1]
        change = Change(decision)
        if unique.n == 0:
            unique.n = _mint(row)
            change.minted.append(unique)
        raw.mark, raw.u, raw.competitor = decision[0], unique.n, decision[2]
        keep = keep or decision[0] != DEDUPED  # a lead that others may speak of is always known to the fold
        if last and keep:
            section.keep_last(raw)
        elif keep:
            kept.append(raw)
        return change
    return _insert(section, raw, row, rules)


def state_before(section: Section, event: Kept, rules: Rules) -> Fold:
    """The key's state where `event` stands in the order; the head itself when it comes last. For reading only."""
    if not section.kept or order_of(event) > order_of(section.kept[-1]):
        return section.head
    state = copied(section.base)
    order = order_of(event)
    for kept in section.kept:
        if order_of(kept) > order:
            break
        if isinstance(kept, Raw):
            merge.raw_lead(state, kept, rules)
        elif isinstance(kept, Act):
            merge.activity(state, kept, rules)
        else:
            _answer(section, state, kept, [], rules)
    return state


def add_activity(section: Section, act: Act, row: Customer, rules: Rules) -> Change:
    """Apply one activity that the fold looks at."""
    kept = section.kept
    if not kept or order_of(act) > order_of(kept[-1]):
        kept.append(act)
        return Change(touched=merge.activity(section.head, act, rules))
    return _insert(section, act, row, rules)


def _after(raw: Raw, last: Kept) -> bool:
    if isinstance(last, Raw) and raw.t != last.t:
        return raw.t > last.t
    return order_of(raw) > order_of(last)


def answer_moves(state: Fold, merge_ms: int, life_ms: int, now: int, rules: Rules) -> bool:
    """Whether a pending lead that is answered with a key in this state moves here; else it folds into the key's lead
    (ruling 7). The periods are the pending lead's."""
    if not state.uniques:
        return True
    unique = state.uniques[-1]
    if unique.followed:
        return True
    if unique.status == OPEN:
        return now > merge.end_of(unique)
    if unique.status == WON:
        return now > unique.at + unique.deal
    return not merge.may_reopen(unique, now, merge_ms, life_ms, rules)


def add_answer(section: Section, answer: Answer, row: Customer, rules: Rules) -> Change:
    """Apply a store answer at T: behind the raw leads and before the activities of that instant (ruling 83)."""
    return _insert(section, answer, row, rules)


def _insert(section: Section, event: Kept, row: Customer, rules: Rules) -> Change:
    kept = section.kept
    order = order_of(event)
    place = len(kept)
    while place > 0 and order_of(kept[place - 1]) > order:
        place -= 1
    kept.insert(place, event)
    return refold(section, row, rules, event)


def _moves_back(event: Kept) -> bool:
    """What changed before it may give an activity another lead: it stands at its own time again."""
    if not isinstance(event, Act) or event.rank <= OLD or (event.place == event.t and event.rank == USUAL):
        return False
    places.at_own_time(event)
    return True


def refold(section: Section, row: Customer, rules: Rules, new: Kept | None = None) -> Change:
    """Fold the key again from its base; ids are claimed as ruling 2 says. `new` = the event that caused it."""
    head = copied(section.base)
    decided: list[tuple[Raw, Decision]] = []
    answers: list[tuple[Answer, Unique]] = []
    kept = section.kept
    if any([_moves_back(event) for event in kept]):
        kept.sort(key=order_of)
    done = 0
    while done < len(kept):
        event = kept[done]
        if isinstance(event, Raw):
            decided.append((event, merge.raw_lead(head, event, rules)))
        elif isinstance(event, Answer):
            decided.extend(_answer(section, head, event, answers, rules))
        elif event.rank > OLD and not merge.candidates(head, event) and places.at_next_lead(section, event):
            del kept[done]
            insort(kept, event, lo=done, key=order_of)
            continue
        else:
            merge.activity(head, event, rules)
        done += 1
    change = Change(refolded=True, before={u.n: u for u in section.head.uniques})
    _claim(section, head, decided, answers, row, change)
    for raw, decision in decided:
        mark, unique, against, _ = decision
        if raw is new:
            change.decision = decision
        elif raw.mark != mark or raw.u != unique.n:
            change.remarked.append((raw, decision, raw.mark))
        raw.mark, raw.u, raw.competitor = mark, unique.n, against
    standing = {u.n for u in head.uniques}
    by_raw = {raw.n: decision[1] for raw, decision in decided}
    for n, old in change.before.items():
        if n not in standing:
            heir = by_raw.get(old.first)
            change.folded.append((n, heir if heir is not None else head.uniques[-1]))
    for answer, into in answers:
        n = answer.lead.n
        known = any(lead.n == n and lead.reason == R_FOLDED and lead.into == into.n for lead in section.leads)
        if n not in standing and n not in change.before and not known:
            change.folded.append((n, into))
    section.head = head
    return change


def _claim(
    section: Section,
    head: Fold,
    decided: list[tuple[Raw, Decision]],
    answers: list[tuple[Answer, Unique]],
    row: Customer,
    change: Change,
) -> None:
    """Ids: in order of first touch, each intention the earliest-minted one unclaimed among its raw leads (rulings 2, 53, 57)."""
    brought = {id(raw) for answer, _ in answers for raw in answer.raws}
    candidates: dict[int, set[int]] = {id(u): ({u.n} if u.n else set()) for u in head.uniques}
    claimed: set[int] = set()
    fixed: set[int] = set()
    for answer, unique in answers:
        if answer.moved:
            unique.n = answer.lead.n
            claimed.add(unique.n)
            fixed.add(id(unique))
    for raw, (_, unique, _, _) in decided:
        if raw.u and id(raw) not in brought:
            candidates[id(unique)].add(raw.u)
    for unique in sorted(head.uniques, key=lambda u: (u.counts_from or u.opened, u.first)):
        if id(unique) in fixed:
            continue
        free = candidates[id(unique)] - claimed
        if not free:
            # A folded id goes to the intention that holds its first touch (ruling 57): nothing is dispatched twice.
            own = {raw.n for raw, decision in decided if decision[1] is unique}
            free = {lead.n for lead in section.leads if lead.reason == R_FOLDED and lead.first in own} - claimed
        if free:
            unique.n = min(free)
        else:
            unique.n = _mint(row)
            change.minted.append(unique)
        claimed.add(unique.n)


def _tie_order(section: Section) -> Callable[[Raw, int], bool]:
    def comes_first(raw: Raw, n: int) -> bool:
        for event in section.kept:
            for other in (event,) if isinstance(event, Raw) else event.raws if isinstance(event, Answer) else ():
                if other.n == n:
                    return order_of(raw) < order_of(other)
        return False

    return comes_first


def _answer(
    section: Section, head: Fold, answer: Answer, answers: list[tuple[Answer, Unique]], rules: Rules
) -> list[tuple[Raw, Decision]]:
    """A pending lead arrives at T: it moves, or its raw leads fold into what is here at T."""
    t = answer.t
    last = head.uniques[-1] if head.uniques else None
    merge_ms, deal_ms, life_ms = periods_of(answer.lead, answer.raws, answer.marks)
    fits = (
        last is not None
        and not answer.moved
        and not last.followed
        and (
            (last.status == OPEN and t <= merge.end_of(last))
            or (last.status == WON and t <= last.at + last.deal)
            or (last.status not in (OPEN, WON) and merge.may_reopen(last, t, merge_ms, life_ms, rules))
        )
    )
    if last is None or not fits:
        return _arrive(section, head, last, answer, answers, rules)
    answers.append((answer, last))
    won = last.status == WON
    reopens = last.status not in (OPEN, WON)
    if reopens:
        last.was, last.status, last.at = last.status, OPEN, 0
        last.reopened += 1
        last.opener = answer.lead.first
    decided: list[tuple[Raw, Decision]] = []
    index = len(head.uniques) - 1
    for raw, mark in zip(answer.raws, answer.marks, strict=True):
        day = rules.local.day(raw.t)
        if mark != DEDUPED:
            mark = DEAL_MERGED if won else (DEDUPED if holds_day(head, last, raw, day, rules) else MERGED)
        merge.count(last, raw, day, rules)
        if mark == MERGED:
            merge.touch_at(last, raw, raw.t, rules)
        hold_day(head, raw, day, index, rules, _tie_order(section))
        decided.append((raw, (mark, last, last.first, merge.STORE_ANSWER)))
    if reopens:  # the answer itself counts as a touch at T (ruling 53)
        last.merge, last.deal, last.life = merge_ms, deal_ms, life_ms
        if t > last.anchor and not rules.from_first:
            last.anchor = t
        last.expires = min(last.anchor + last.merge, last.opened + last.life)
    return decided


def periods_of(lead: Unique, raws: list[Raw], marks: list[int]) -> tuple[int, int, int]:
    """(merge, deal-merge, life) in force of a pending lead: those of its latest raw lead that was no repeat (ruling 33), or
    what the lead itself holds where none of its raw leads is kept."""
    touches = [raw for raw, mark in zip(raws, marks, strict=True) if mark in (FIRST_TOUCH, MERGED)]
    last = max(touches, key=order_of, default=lead)
    return last.merge, last.deal, last.life


def _arrive(
    section: Section,
    head: Fold,
    last: Unique | None,
    answer: Answer,
    answers: list[tuple[Answer, Unique]],
    rules: Rules,
) -> list[tuple[Raw, Decision]]:
    """The pending lead becomes a lead of this key with its id, marks and days, and counts from T."""
    t = answer.t
    if last is not None and last.status == OPEN and t <= merge.end_of(last):
        last.ended = t
    unique = copied(Fold([answer.lead])).uniques[0]
    unique.counts_from = t
    if not answer.moved:
        unique.n = 0
    index = len(head.uniques)
    head.uniques.append(unique)
    answers.append((answer, unique))
    for raw in answer.raws:
        hold_day(head, raw, rules.local.day(raw.t), index, rules, _tie_order(section))
    return [
        (raw, (mark, unique, unique.first if mark != FIRST_TOUCH else 0, merge.STORE_ANSWER))
        for raw, mark in zip(answer.raws, answer.marks, strict=True)
    ]


def settle(section: Section, clock: int, rules: Rules) -> bool:
    """Let events older than the lateness become part of the base (ruling 46); True if the oldest had to give way early."""
    horizon = clock - rules.late_ms
    if section.settle(horizon, limits.KEPT_EVENTS):
        return False
    kept = section.kept
    if kept and order_of(kept[-1])[0] < horizon:
        # The usual case, and the cheap one: nothing that may still come can fall before the last event.
        section.base = copied(section.head)
        section.kept = []
        return False
    if len(kept) <= limits.KEPT_EVENTS:
        return False
    cut = len(kept) - limits.KEPT_EVENTS
    collapse(section, cut, rules)
    return order_of(kept[cut - 1])[0] >= horizon


def collapse(section: Section, count: int, rules: Rules) -> None:
    """Fold the oldest `count` kept events into the base; their marks and ids stay as they are in force."""
    base = section.base
    for event in section.kept[:count]:
        if isinstance(event, Raw):
            _, unique, _, _ = merge.raw_lead(base, event, rules)
            unique.n = event.u
        elif isinstance(event, Act):
            merge.activity(base, event, rules)
        else:
            _answer(section, base, event, [], rules)
            base.uniques[-1].n = event.raws[0].u if event.raws else event.lead.n
    # An id is claimed by the whole intention: what the head says of it is in force.
    ids = {u.first: u.n for u in section.head.uniques}
    for unique in base.uniques:
        unique.n = ids.get(unique.first, unique.n)
    section.kept = section.kept[count:]


def forget(state: Fold, n: int) -> None:
    """Take a deleted unique lead out of a fold's state. Where it was the latest of its key no older one becomes that: what a
    deletion would decide is decided by times (ruling 46)."""
    uniques = state.uniques
    if len(uniques) > 1 and uniques[-1].n == n:
        uniques[-2].followed = True
    drop(state, n)


def drop(state: Fold, n: int) -> None:
    """Take unique lead n out of a fold's state; the day it owned is nobody's."""
    for index, held in enumerate(state.uniques):
        if held.n == n:
            del state.uniques[index]
            state.owners = [o for o in state.owners if o.index != index]
            for owner in state.owners:
                if owner.index > index:
                    owner.index -= 1
            if not state.owners:
                state.day = -1
            return
