"""Layer 3, merge (线索合并): the table of domain 7 for one raw lead, and what an activity does to an intention.

Decided by comparing the times held in the row (ruling 1): no function here looks at a status that a timer set, and every
bound is inclusive (ruling 5).
"""

from __future__ import annotations

from typing import Final

from operators.base.rules import Rules
from operators.intention.attributes import facts_of_entry
from operators.intention.dedup import close_day, count_day, own_day, repeat_day, repeated_by
from state import limits
from state.rows.codes import (
    ACT_INTENT,
    ACT_INVALID,
    ACT_LOST,
    ACT_PAID,
    ACT_REFUND,
    DEAL_MERGED,
    DEDUPED,
    EFFECTIVE,
    FIRST_TOUCH,
    INVALID,
    LOST,
    MERGED,
    OPEN,
    WON,
)
from state.rows.intention import BROUGHT, OLD, Act, Fold, IntentEntry, Raw, Touches, Unique

FIRST: Final = "first"
SAME_DAY: Final = "same_day"
WITHIN_MERGE: Final = "merge_period"
AFTER_EXPIRY: Final = "after_expiry"
REOPENED: Final = "reopened"
AFTER_CLOSING: Final = "after_closing_period"
WITHIN_DEAL: Final = "deal_merge_period"
AFTER_DEAL: Final = "after_deal_merge_period"
STORE_ANSWER: Final = "store_answer"

Decision = tuple[int, Unique, int, str]
"""(mark, unique lead, raw lead it was decided against or 0, rule)."""


def end_of(unique: Unique) -> int:
    """When an intention that nobody closed ends: its expiry, or earlier where another took its place."""
    return min(unique.expires, unique.ended) if unique.ended else unique.expires


def stands(unique: Unique, now: int) -> bool:
    """Whether it is open at `now`: expired means expires_at < now (ruling 54); what ends at T is closed at T (ruling 57)."""
    return unique.status == OPEN and unique.expires >= now and not (unique.ended and unique.ended <= now)


def raw_lead(fold: Fold, raw: Raw, rules: Rules) -> Decision:
    """Apply one raw lead at the end of `fold`'s order; changes `fold`."""
    day = rules.local.day(raw.t)
    owner = repeated_by(fold, raw, day, rules)
    if owner is not None:
        unique = fold.uniques[owner.index]
        repeat_day(fold, raw, owner)
        count(unique, raw, day, rules)
        raise_level(unique, raw, owner.t, rules)
        return DEDUPED, unique, owner.raw, SAME_DAY
    uniques = fold.uniques
    if not uniques:
        return FIRST_TOUCH, _open(fold, raw, day, rules), 0, FIRST
    unique = uniques[-1]
    against = unique.first
    status = unique.status
    if unique.followed:
        return FIRST_TOUCH, _open(fold, raw, day, rules), against, AFTER_CLOSING
    if status == OPEN:
        if raw.t <= end_of(unique):
            if in_time(unique, raw.t, raw.merge, raw.life, rules):
                _touch(fold, unique, raw, day, rules)
                return MERGED, unique, against, WITHIN_MERGE
            unique.ended = raw.t  # it stands open, but would be beyond its end by this very touch (ruling 83)
        return FIRST_TOUCH, _open(fold, raw, day, rules), against, AFTER_EXPIRY
    if status == WON:
        if raw.t <= unique.at + unique.deal:
            own_day(fold, raw, day, len(uniques) - 1, rules)
            count(unique, raw, day, rules)
            return DEAL_MERGED, unique, against, WITHIN_DEAL
        return FIRST_TOUCH, _open(fold, raw, day, rules), against, AFTER_DEAL
    if may_reopen(unique, raw.t, raw.merge, raw.life, rules):
        unique.was, unique.status = status, OPEN
        unique.at = 0
        unique.reopened += 1
        unique.opener = raw.n
        _touch(fold, unique, raw, day, rules)
        return MERGED, unique, against, REOPENED
    return FIRST_TOUCH, _open(fold, raw, day, rules), against, AFTER_CLOSING


def may_reopen(unique: Unique, t: int, merge: int, life: int, rules: Rules) -> bool:
    """Row 4: within the merge period of the closing, and by the expiry that it would get (rulings 27 and 54)."""
    return t <= unique.at + unique.merge and in_time(unique, t, merge, life, rules)


def in_time(unique: Unique, t: int, merge: int, life: int, rules: Rules) -> bool:
    """Whether a touch at `t` lies within the expiry that the lead would get by it (rulings 54 and 83)."""
    return t <= unique.opened + life and not (rules.from_first and t > unique.opened + merge)


def _open(fold: Fold, raw: Raw, day: int, rules: Rules) -> Unique:
    unique = Unique(
        0,
        raw.t,
        raw.n,
        raw.t,
        0,
        raw.merge,
        raw.deal,
        raw.life,
        touched=raw.t,
        intents=[raw.intent],
        channel=raw.channel,
        raws=[],
        heat_at=raw.t,
        tie=(raw.priority, raw.account, raw.source_id, str(raw.split)),
        judged=raw.judged,
        opener=raw.n,
        campaign=raw.campaign,
        first_version=raw.version,
    )
    unique.expires = min(raw.t + raw.merge, raw.t + raw.life)
    count(unique, raw, day, rules)
    own_day(fold, raw, day, len(fold.uniques), rules)
    fold.uniques.append(unique)
    return unique


def _touch(fold: Fold, unique: Unique, raw: Raw, day: int, rules: Rules) -> None:
    count(unique, raw, day, rules)
    own_day(fold, raw, day, len(fold.uniques) - 1, rules)
    touch_at(unique, raw, raw.t, rules)


def touch_at(unique: Unique, raw: Raw, t: int, rules: Rules) -> None:
    """A FIRST_TOUCH or MERGED raw lead moves the one expiry clock (ruling 6); the periods are those of the raw lead (33)."""
    if raw.t > unique.touched:
        unique.touched = raw.t
    if unique.merge != raw.merge or unique.deal != raw.deal or unique.life != raw.life:
        unique.merge, unique.deal, unique.life = raw.merge, raw.deal, raw.life
    if t > unique.anchor and not rules.from_first:
        unique.anchor = t
    unique.expires = min(unique.anchor + raw.merge, unique.opened + raw.life)
    add_intent(unique, raw.intent)
    if raw.judged:
        unique.judged = raw.judged


def count(unique: Unique, raw: Raw, day: int, rules: Rules) -> None:
    """One more raw lead of `unique`, whatever its mark."""
    unique.count += 1
    if raw.facts & ~unique.facts:
        unique.facts |= raw.facts
    if len(unique.raws) < limits.LISTED_RAWS:
        unique.raws.append(raw.n)
    count_day(unique, raw, day, rules)
    passed = raw.t - unique.heat_at
    one = 1.0
    if passed > 0:
        cooled = 0.5 ** (passed / rules.score.half_life_ms)
        unique.heat *= cooled
        unique.heat_at = raw.t
        for touches in unique.others:
            touches.n *= cooled
    elif passed < 0:
        one = 0.5 ** (-passed / rules.score.half_life_ms)  # brought by a store answer: it has cooled since it came
    if raw.channel == unique.channel:
        unique.heat = _six_decimals(unique.heat + one)
    else:
        _touched_elsewhere(unique, raw.channel, one)


def _touched_elsewhere(unique: Unique, channel: str, one: float) -> None:
    """One more touch by another channel than the first touch's: the score weighs each channel by itself (domain 9)."""
    for touches in unique.others:
        if touches.channel == channel:
            touches.n = _six_decimals(touches.n + one)
            return
    unique.others.append(Touches(channel, _six_decimals(one)))
    if len(unique.others) > limits.TOUCHING_CHANNELS:
        unique.others.remove(min(unique.others, key=lambda held: held.n))


def _six_decimals(heat: float) -> float:
    """round(heat, 6) at a third of its price; the borders between two results, and what is large, are left to it."""
    scaled = heat * 1e6
    if not 0.0 <= scaled <= 1e12:
        return round(heat, 6)
    whole = int(scaled)
    rest = scaled - whole
    if rest < 0.499:
        return whole / 1e6
    return (whole + 1) / 1e6 if rest > 0.501 else round(heat, 6)


def raise_level(unique: Unique, raw: Raw, first: int, rules: Rules) -> None:
    """A repeat adds no entry to the history; it may raise the level of the entry of its day (ruling 12): with
    dedup.scope = "channel" of that of the raw lead at `first`, which it repeats."""
    if raw.intent.level == 0:
        return
    day = rules.local.day(raw.t)
    for place in range(len(unique.intents) - 1, -1, -1):
        entry = unique.intents[place]
        if entry.t == first if rules.dedup_per_channel else rules.local.day(entry.t) == day:
            if raw.intent.level > entry.level:
                entry = type(entry)(entry.t, entry.series, raw.intent.level, entry.days_to_buy, entry.budget)
                unique.intents[place] = entry  # entries are shared with kept raw leads: replaced, never changed
            return


def passed_over(unique: Unique, t: int) -> bool:
    """Whether an activity at `t` passes over this lead as if it were deleted (ruling 83; 57: a WON lead's closing is d)."""
    return t > closing_of(unique) + max(unique.merge, unique.deal)


def candidates(fold: Fold, act: Act) -> list[Unique]:
    """The unique leads an activity may go to where it stands, the last one first choice (rulings 26, 57 and 83)."""
    t = act.time
    if act.rank == BROUGHT:
        own = next((u for u in fold.uniques if u.counts_from == act.place and u.opened <= t), None)
        return [] if own is None or passed_over(own, t) else [own]
    left = [u for u in fold.uniques if not passed_over(u, t)]
    found = [u for u in left if (u.counts_from or u.opened) <= t]
    if not found and act.rank == OLD:
        found = [u for u in left if u.counts_from and u.opened <= t][:1]
    return found


def activity(fold: Fold, act: Act, rules: Rules) -> Unique | None:
    """Apply one activity at the end of `fold`'s order; returns the unique lead that it changed, if any."""
    found = candidates(fold, act)
    if act.kind == ACT_REFUND:
        found = [u for u in found if u.status == WON]
    if not found:
        return None
    if act.intent is not None:
        return _say_intent(found[-1], act)
    return act_on(fold, found[-1], act.kind, act.time, act.place, rules)


def _say_intent(unique: Unique, act: Act) -> Unique | None:
    """What a verdict says of the wish joins the history at its time, also where the lead was closed then and opened again later;
    it touches nothing else (ruling 61)."""
    assert act.kind == ACT_INTENT and act.intent is not None, act
    hear(unique, act.intent)
    return unique


def hear(unique: Unique, entry: IntentEntry) -> None:
    """What a verdict says of the wish: an entry of the history, and what it states is known of the lead."""
    add_intent(unique, entry)
    unique.facts |= facts_of_entry(entry)


def add_intent(unique: Unique, entry: IntentEntry) -> None:
    """One more entry of the history, at most `limits.INTENTS`. By time: what a store answer brings may be older than what is
    here, and the latest says the grade (ruling 43)."""
    intents = unique.intents
    if intents and entry.t < intents[-1].t:
        place = len(intents) - 1
        while place and entry.t < intents[place - 1].t:
            place -= 1
        intents.insert(place, entry)
    else:
        intents.append(entry)
    if len(intents) > limits.INTENTS:
        del intents[0]


def act_on(fold: Fold, unique: Unique, kind: int, t: int, at: int, rules: Rules) -> Unique | None:
    """What an activity of this kind does to `unique` (rulings 6, 19, 26); None when it changes nothing.

    `t` = its own time, which becomes d or the closing; `at` = where it stands in the fold, which says whether the lead is
    open by then.
    """
    open_then = unique.status == OPEN and at <= end_of(unique)
    if kind == ACT_PAID:
        if unique.status == WON:
            return None
        if open_then:
            _follow_up(unique, t, rules)
        elif t > closing_of(unique) + unique.deal:
            return None
        unique.status, unique.at = WON, t
        return unique
    if kind == ACT_REFUND:
        if unique.status != WON:
            return None
        unique.status, unique.at = LOST, t
        close_day(fold, t, rules)
        return unique
    if not open_then:
        return None
    if kind == EFFECTIVE:
        _follow_up(unique, t, rules)
        return unique
    assert kind in (ACT_LOST, ACT_INVALID), kind
    unique.status, unique.at = (LOST if kind == ACT_LOST else INVALID), t
    close_day(fold, t, rules)
    return unique


def closing_of(unique: Unique) -> int:
    """When it closed or will close: d of a WON (ruling 57), the time of a LOST or INVALID, else its expiry."""
    return end_of(unique) if unique.status == OPEN else unique.at


def _follow_up(unique: Unique, t: int, rules: Rules) -> None:
    """An effective follow-up moves the one expiry clock (ruling 6)."""
    unique.effective = True
    if t > unique.anchor and not rules.from_first:
        unique.anchor = t
        unique.expires = min(t + unique.merge, unique.opened + unique.life)
