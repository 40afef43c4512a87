"""The marks of one key as a pure function of its events (rulings 1, 2, 6, 7, 12, 19, 26, 27, 53, 54, 57, 83).

A key is (customer, realm, store or PENDING, line). Its events are raw leads, activities and store answers; `fold`
applies them from nothing in the total order of ruling 2 and returns the unique leads that come out, with the mark of
each raw lead. Nothing here knows a clock: times are milliseconds since 1970, bounds are inclusive.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

FIRST_TOUCH, DEDUPED, MERGED, DEAL_MERGED = "FIRST_TOUCH", "DEDUPED", "MERGED", "DEAL_MERGED"
MINUTE_MS = 60_000
EARLY_MS = 10 * MINUTE_MS  # ruling 26: clocks of two systems differ
RANKS = ("EFFECTIVE", "LOST", "INVALID", "PAID", "REFUND", "OTHER")  # ruling 26: the order at one instant

RawRef = tuple[bool, str, str, str, str, int]


class Periods(NamedTuple):
    """The periods a raw lead was applied with (ruling 46), in milliseconds."""

    merge_ms: int
    deal_ms: int
    life_ms: int


@dataclass(eq=False)
class RawIn:
    """An accepted raw lead (part): `tie` is the tie key of ruling 32, `day` its local date."""

    ref: RawRef
    t_ms: int
    tie: tuple[int, bytes, bytes, bytes, int]
    day: str
    channel: str
    periods: Periods
    seq: int

    @property
    def order(self) -> tuple[int, tuple[int, bytes, bytes, bytes, int], int]:
        return self.t_ms, self.tie, self.seq


@dataclass(eq=False)
class ActIn:
    """An accepted activity: `what` is one of RANKS; `stands_ms` the clock of arrival of one older than the lateness;
    `follow_up` as rulings 6 and 63 count them."""

    activity_id: str
    what: str
    t_ms: int
    seq: int
    stands_ms: int | None = None
    follow_up: bool = False
    verdict: bool = False


@dataclass(eq=False)
class AnswerIn:
    """A store answer at `t_ms` = the clock at its arrival; it brings `lead` as it was then. It goes with its lead where
    that leaves the key again by a later answer."""

    t_ms: int
    seq: int
    lead: Lead


@dataclass(eq=False)
class Lead:
    """A unique lead while its key is folded. `status` OPEN, LOST, INVALID, WON or EXPIRED; EXPIRED is set only where
    something later found it beyond its expiry (an open lead beyond it is judged by comparing times, ruling 1)."""

    opened_ms: int
    periods: Periods
    first: RawIn
    counts_from_ms: int  # opened_ms, or the instant of the answer that moved it here (ruling 57)
    anchor_ms: int
    expires_ms: int = 0
    status: str = "OPEN"
    closed_ms: int | None = None  # LOST, INVALID: the closing; WON: d; EXPIRED: its expiry, or the answer beside it
    reason: str = "MERGE_EXPIRED"  # of the expiry: MERGE_EXPIRED or MAX_LIFE
    marks: list[tuple[RawIn, str]] = field(default_factory=list)
    brought: set[RawRef] = field(default_factory=set)  # raw leads that an answer folded in
    acts: list[ActIn] = field(default_factory=list)  # those that found this lead, with or without effect
    answers: list[AnswerIn] = field(default_factory=list)
    lead_id: int | None = None  # fixed for a lead that moved; else the model lets it claim one
    moved: AnswerIn | None = None
    reopened: RawIn | AnswerIn | None = None  # what reopened it last
    reopenings: int = 0
    effective: bool = False  # an effective follow-up or a payment found it open, at the key that it left too
    was: str = ""  # LOST or INVALID, before it was reopened last

    def open_at(self, at_ms: int) -> bool:
        return self.status == "OPEN" and at_ms <= self.expires_ms

    def closing_ms(self) -> int:
        """When it closed (WON: d); of an open one when it will (ruling 46)."""
        return self.expires_ms if self.closed_ms is None else self.closed_ms

    def kept_ms(self) -> int:
        """How long after its closing an activity still reaches it (ruling 57)."""
        return max(self.periods.merge_ms, self.periods.deal_ms)

    def passed_over(self, at_ms: int, time_ms: int) -> bool:
        """Whether an activity of `time_ms` that stands at `at_ms` finds it as if deleted (ruling 83)."""
        return not self.open_at(at_ms) and time_ms > self.closing_ms() + self.kept_ms()

    def last_touch_ms(self) -> int:
        return max(r.t_ms for r, mark in self.marks if mark in (FIRST_TOUCH, MERGED))

    def copy(self) -> Lead:
        twin = Lead(self.opened_ms, self.periods, self.first, self.counts_from_ms, self.anchor_ms, self.expires_ms)
        twin.status, twin.closed_ms, twin.reason = self.status, self.closed_ms, self.reason
        twin.marks, twin.brought = list(self.marks), set(self.brought)
        twin.effective = self.effective
        twin.lead_id, twin.reopenings = self.lead_id, self.reopenings
        return twin


@dataclass(frozen=True)
class FoldRules:
    """What a fold has from the configuration: `from_first` (ruling 6), dedup scope "channel", the local date, and how
    long a tombstone stays beyond max(merge, deal-merge) (rulings 46, 57)."""

    from_first: bool
    per_channel: bool
    day_of: Callable[[int], str]
    stays_ms: int


@dataclass
class FoldResult:
    """`leads` in the order in which they count at the key; `outcome` of each activity: EFFECT, RECORDED or NO_LEAD;
    `moved`: the answers whose lead moved (a lead that moved stays moved, ruling 53)."""

    leads: list[Lead]
    outcome: dict[ActIn, str]
    moved: frozenset[AnswerIn]


def fold(
    raws: Iterable[RawIn],
    acts: Iterable[ActIn],
    answers: Iterable[AnswerIn],
    rules: FoldRules,
    moved: frozenset[AnswerIn] = frozenset(),
) -> FoldResult:
    """Apply the events of one key. `moved` names the answers that had moved their lead before this record."""
    raws, acts, answers = list(raws), list(acts), list(answers)
    while True:
        run = _Run(rules, moved)
        run.apply(raws, acts, answers)
        if run.moved == moved:
            return FoldResult(run.leads, run.outcome, moved)
        moved = run.moved  # an activity may find its lead only now that the answer is known to move it


# The order at one instant (rulings 5, 57, 83): raw leads; store answers; activities older than the lateness, as they
# arrived; activities of a moved lead that lie before its answer; activities; verdicts as they arrived.
RAW, ANSWER, OLD, BEFORE_MOVE, ACTIVITY, VERDICT = range(6)


class _Run:
    def __init__(self, rules: FoldRules, moved: frozenset[AnswerIn]) -> None:
        self.rules = rules
        self.moved = moved
        self.leads: list[Lead] = []
        self.days: dict[tuple[str, str], list[tuple[RawIn, Lead]]] = {}  # who holds a local date (ruling 12)
        self.cuts: list[int] = []  # closings by LOST, INVALID, REFUND at the key (ruling 12's exception)
        self.outcome: dict[ActIn, str] = {}
        self.raws: list[RawIn] = []
        self.todo: list[tuple[int, int, tuple[object, ...], int, Callable[[], None]]] = []
        self.steps = 0

    def apply(self, raws: list[RawIn], acts: list[ActIn], answers: list[AnswerIn]) -> None:
        self.raws = raws
        for r in raws:
            self.at(r.t_ms, RAW, r.order, lambda r=r: self.raw(r))  # type: ignore[misc]
        for w in answers:
            self.at(w.t_ms, ANSWER, (w.seq,), lambda w=w: self.answer(w))  # type: ignore[misc]
        for a in acts:
            if a.stands_ms is not None:
                self.at(a.stands_ms, OLD, (a.seq,), lambda a=a: self.old_activity(a))  # type: ignore[misc]
            else:
                self.at(a.t_ms, kind_of(a), sub_order(a), lambda a=a: self.activity(a, a.t_ms, a.t_ms, None))  # type: ignore[misc]
        while self.todo:
            heapq.heappop(self.todo)[-1]()

    def at(self, at_ms: int, kind: int, order: tuple[object, ...], step: Callable[[], None]) -> None:
        self.steps += 1
        heapq.heappush(self.todo, (at_ms, kind, order, self.steps, step))

    def postpone(self, a: ActIn, after_ms: int) -> None:
        """No lead stands there at `after_ms`: a moved lead takes the activity at its answer, else the next lead that
        opens within ten minutes (rulings 26, 57)."""
        moved = sorted((w for w in self.moved if w.t_ms > after_ms), key=lambda w: (w.t_ms, w.seq))
        early: list[tuple[int, tuple[object, ...], int, AnswerIn | None]] = [
            (w.lead.opened_ms, w.lead.first.order, w.t_ms, w) for w in moved
        ]
        before = next(((a.t_ms, (), at_ms, w) for time_ms, _, at_ms, w in early if time_ms <= a.t_ms), None)
        early += [(r.t_ms, r.order, r.t_ms, None) for r in self.raws if r.t_ms > after_ms]
        place = before or min(early, key=lambda item: item[:2], default=None)
        if place is None or place[0] - a.t_ms > EARLY_MS:
            self.outcome[a] = "NO_LEAD"
            return
        time_ms, _, at_ms, answer = place
        order = (time_ms, *sub_order(a)) if answer else sub_order(a)
        kind = BEFORE_MOVE if answer else kind_of(a)
        self.at(at_ms, kind, order, lambda: self.activity(a, at_ms, time_ms, answer))

    @staticmethod
    def reopen(lead: Lead, by: RawIn | AnswerIn) -> None:
        lead.was, lead.status, lead.closed_ms, lead.reopened = lead.status, "OPEN", None, by
        lead.reopenings += 1

    # -- raw leads -------------------------------------------------------------------------------------------------

    def raw(self, r: RawIn) -> None:
        holder = self.holder(r)
        if holder:
            self.join(holder, r, DEDUPED)
            return
        lead = self.leads[-1] if self.leads else None
        if lead and lead.open_at(r.t_ms) and self.in_time(lead, r.t_ms, r.periods):
            self.touch(lead, r.t_ms, r.periods)
            self.join(lead, r, MERGED)
        elif lead and lead.status in ("LOST", "INVALID") and self.reopens(lead, r.t_ms, r.periods):
            self.reopen(lead, r)
            self.touch(lead, r.t_ms, r.periods)
            self.join(lead, r, MERGED)
        elif lead and self.has_deal(lead, r.t_ms):
            self.join(lead, r, DEAL_MERGED)
        else:
            self.expire(lead, r.t_ms)
            lead = Lead(r.t_ms, r.periods, r, r.t_ms, r.t_ms)
            self.touch(lead, r.t_ms, r.periods)
            self.leads.append(lead)
            self.join(lead, r, FIRST_TOUCH)

    def join(self, lead: Lead, r: RawIn, mark: str) -> None:
        lead.marks.append((r, mark))
        self.days.setdefault(self.day_key(r), []).append((r, lead))

    def day_key(self, r: RawIn) -> tuple[str, str]:
        return r.day, r.channel if self.rules.per_channel else ""

    def holder(self, r: RawIn) -> Lead | None:
        """The lead of that day's first raw lead, not counting those before a closing that lies before `r` (ruling 12)."""
        held = [(x, lead) for x, lead in self.days.get(self.day_key(r), ()) if not self.cut(x, r)]
        return min(held, key=lambda item: item[0].order)[1] if held else None

    def cut(self, x: RawIn, r: RawIn) -> bool:
        return any(x.t_ms <= closed_ms < r.t_ms for closed_ms in self.cuts)

    def touch(self, lead: Lead, at_ms: int, periods: Periods) -> None:
        """Ruling 6: the expiry is computed at each touch and at each effective follow-up, and stored."""
        lead.periods = periods
        lead.anchor_ms = max(lead.anchor_ms, at_ms)
        lead.expires_ms, lead.reason = self.expiry(lead, lead.anchor_ms, periods)

    def expiry(self, lead: Lead, anchor_ms: int, periods: Periods) -> tuple[int, str]:
        merge = (lead.opened_ms if self.rules.from_first else anchor_ms) + periods.merge_ms
        life = lead.opened_ms + periods.life_ms
        return (merge, "MERGE_EXPIRED") if merge <= life else (life, "MAX_LIFE")

    def reopens(self, lead: Lead, at_ms: int, periods: Periods) -> bool:
        """Row 4: within the merge period of the closing, and in time for the expiry that it would get (ruling 54)."""
        return self.in_time(lead, at_ms, periods) and at_ms <= lead.closing_ms() + lead.periods.merge_ms

    def in_time(self, lead: Lead, at_ms: int, periods: Periods) -> bool:
        """Whether a touch lies within the expiry that the lead would get by it (rulings 54, 83)."""
        return at_ms <= self.expiry(lead, max(lead.anchor_ms, at_ms), periods)[0]

    @staticmethod
    def has_deal(lead: Lead, at_ms: int) -> bool:
        return lead.status == "WON" and at_ms <= lead.closing_ms() + lead.periods.deal_ms

    @staticmethod
    def expire(lead: Lead | None, at_ms: int) -> None:
        """Close it if it is not: at its expiry, or now where a new intention comes before that (row 3)."""
        if lead is None or lead.status != "OPEN":
            return
        if lead.open_at(at_ms):
            lead.reason = "MERGE_EXPIRED"
        lead.status, lead.closed_ms = "EXPIRED", min(lead.expires_ms, at_ms)

    # -- activities ------------------------------------------------------------------------------------------------

    def activity(self, a: ActIn, at_ms: int, time_ms: int, answer: AnswerIn | None) -> None:
        if answer:
            leads = [u for u in self.leads if u.moved is answer]
        else:
            leads = [u for u in self.leads if u.counts_from_ms <= time_ms]
        leads = [u for u in leads if not u.passed_over(at_ms, time_ms)]
        if leads:
            self.give(a, leads, at_ms, time_ms)
        else:
            self.postpone(a, at_ms)

    def old_activity(self, a: ActIn) -> None:
        """Older than the lateness: it stands at the clock of its arrival with its own time (rulings 26, 46)."""
        assert a.stands_ms is not None
        left = [u for u in self.leads if not u.passed_over(a.stands_ms, a.t_ms)]
        left = [u for u in left if not u.passed_over(a.stands_ms, a.stands_ms - self.rules.stays_ms)]  # deleted by then
        leads = [u for u in left if u.counts_from_ms <= a.t_ms]
        if not leads:
            leads = [u for u in left if u.moved and u.opened_ms <= a.t_ms][:1]
        if leads:
            self.give(a, leads, a.stands_ms, a.t_ms)
            return
        first = min(left, key=lambda u: (u.opened_ms, u.first.order), default=None)
        if first and a.what != "REFUND" and first.opened_ms - a.t_ms <= EARLY_MS:
            first.acts.append(a)
            self.outcome[a] = "RECORDED"
        else:
            self.outcome[a] = "NO_LEAD"

    def give(self, a: ActIn, leads: list[Lead], at_ms: int, time_ms: int) -> None:
        """The latest of `leads` takes the activity; a REFUND goes to the latest that is won there (rulings 19, 83)."""
        if a.what == "REFUND":
            leads = [u for u in leads if u.status == "WON"]
        if not leads:
            self.outcome[a] = "NO_LEAD"
            return
        lead = leads[-1]
        open_now = lead.open_at(at_ms)
        if a.what == "PAID" and not open_now and time_ms > lead.closing_ms() + lead.periods.deal_ms:
            self.outcome[a] = "NO_LEAD"
            return
        lead.acts.append(a)
        self.outcome[a] = "EFFECT" if self.effect(a.what, lead, time_ms, open_now) else "RECORDED"

    def effect(self, what: str, lead: Lead, time_ms: int, open_now: bool) -> bool:
        if open_now and what in ("EFFECTIVE", "PAID"):
            lead.effective = True
            self.touch(lead, time_ms, lead.periods)
        if what == "PAID" and lead.status != "WON":
            lead.status, lead.closed_ms = "WON", time_ms
        elif what == "REFUND" or (what in ("LOST", "INVALID") and open_now):
            lead.status, lead.closed_ms = ("LOST" if what == "REFUND" else what), time_ms
            self.cuts.append(time_ms)
        else:
            return what == "EFFECTIVE" and open_now
        return True

    # -- store answers (rulings 7, 53, 57) ---------------------------------------------------------------------------

    def answer(self, w: AnswerIn) -> None:
        lead = self.leads[-1] if self.leads else None
        if w in self.moved:
            if lead and lead.open_at(w.t_ms):
                lead.status, lead.closed_ms, lead.reason = "EXPIRED", w.t_ms, "MERGE_EXPIRED"
            self.move(w, w.lead)
            return
        if lead and (lead.open_at(w.t_ms) or self.has_deal(lead, w.t_ms)):
            self.fold_in(lead, w, w.lead)
        elif lead and lead.status in ("LOST", "INVALID") and self.reopens(lead, w.t_ms, self.last_periods(w.lead)):
            self.fold_in(lead, w, w.lead)
            self.reopen(lead, w)
            self.touch(lead, w.t_ms, self.last_periods(w.lead))
        else:
            self.moved = self.moved | {w}
            self.move(w, w.lead)

    @staticmethod
    def last_periods(pending: Lead) -> Periods:
        return max((r for r, mark in pending.marks if mark in (FIRST_TOUCH, MERGED)), key=lambda r: r.order).periods

    def move(self, w: AnswerIn, pending: Lead) -> None:
        self.expire(self.leads[-1] if self.leads else None, w.t_ms)
        lead = pending.copy()
        lead.moved, lead.counts_from_ms = w, w.t_ms
        lead.answers.append(w)
        self.leads.append(lead)
        for r, _ in lead.marks:
            self.days.setdefault(self.day_key(r), []).append((r, lead))

    def fold_in(self, lead: Lead, w: AnswerIn, pending: Lead) -> None:
        won = lead.status == "WON"
        lead.answers.append(w)
        for r, mark in sorted(pending.marks, key=lambda item: item[0].order):
            if mark in (FIRST_TOUCH, MERGED):
                mark = DEAL_MERGED if won else DEDUPED if self.holds_day(lead, r) else MERGED
            if mark == MERGED:
                self.touch(lead, r.t_ms, r.periods)
            lead.brought.add(r.ref)
            self.join(lead, r, mark)

    def holds_day(self, lead: Lead, r: RawIn) -> bool:
        """Whether the survivor holds a raw lead of that date, not cut off by a closing between the two (ruling 12)."""
        return any(self.day_key(x) == self.day_key(r) and not self.cut(x, r) for x, _ in lead.marks)


def kind_of(a: ActIn) -> int:
    return VERDICT if a.verdict else ACTIVITY


def sub_order(a: ActIn) -> tuple[object, ...]:
    """Among activities of one instant (ruling 26)."""
    return RANKS.index(a.what), a.activity_id.encode(), a.seq
