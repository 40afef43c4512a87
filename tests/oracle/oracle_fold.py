"""The marks of one key as a pure function of its events (rulings 1, 2, 6, 7, 12, 19, 26, 27, 53, 54, 57).

A key is (customer, realm, store or PENDING, line). Its events are raw leads, activities and store answers; `fold`
applies them from nothing in the total order of ruling 2 and returns the unique leads that come out, with the mark of
each raw lead. Nothing here knows a clock: times are milliseconds since 1970, bounds are inclusive.
"""

from __future__ import annotations

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
    """An accepted activity: `what` is one of RANKS; `stands_ms` the clock of arrival of one older than the lateness."""

    activity_id: str
    what: str
    t_ms: int
    seq: int
    stands_ms: int | None = None


@dataclass(eq=False)
class AnswerIn:
    """A store answer at `t_ms` = the clock at its arrival; it brings `lead` as it was then.

    lead None: what it brought has left the key again by a later answer; what it closed stays closed.
    """

    t_ms: int
    seq: int
    lead: Lead | None


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
    cuts: list[int] = field(default_factory=list)  # closings by LOST, INVALID, REFUND (ruling 12's exception)
    lead_id: int | None = None  # fixed for a lead that moved; else the model lets it claim one
    moved: AnswerIn | None = None

    def open_at(self, at_ms: int) -> bool:
        return self.status == "OPEN" and at_ms <= self.expires_ms

    def closing_ms(self) -> int:
        """When it closed (WON: d); of an open one when it will (ruling 46)."""
        return self.expires_ms if self.closed_ms is None else self.closed_ms

    def kept_ms(self) -> int:
        """How long after its closing an activity still reaches it (ruling 57)."""
        return max(self.periods.merge_ms, self.periods.deal_ms)

    def last_touch_ms(self) -> int:
        return max(r.t_ms for r, mark in self.marks if mark in (FIRST_TOUCH, MERGED))

    def copy(self) -> Lead:
        twin = Lead(self.opened_ms, self.periods, self.first, self.counts_from_ms, self.anchor_ms, self.expires_ms)
        twin.status, twin.closed_ms, twin.reason = self.status, self.closed_ms, self.reason
        twin.marks, twin.brought, twin.cuts = list(self.marks), set(self.brought), list(self.cuts)
        twin.lead_id = self.lead_id
        return twin


@dataclass(frozen=True)
class FoldRules:
    """What a fold has from the configuration: `from_first` (ruling 6), dedup scope "channel", the local date."""

    from_first: bool
    per_channel: bool
    day_of: Callable[[int], str]


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


class _Run:
    def __init__(self, rules: FoldRules, moved: frozenset[AnswerIn]) -> None:
        self.rules = rules
        self.moved = moved
        self.leads: list[Lead] = []
        self.days: dict[tuple[str, str], tuple[RawIn, Lead]] = {}  # who holds a local date (ruling 12)
        self.outcome: dict[ActIn, str] = {}

    def apply(self, raws: list[RawIn], acts: list[ActIn], answers: list[AnswerIn]) -> None:
        """At one instant: raw leads; store answers and activities older than the lateness, as they arrived; activities
        of a moved lead that lie before its answer; activities (rulings 5, 26, 53, 57)."""
        todo: list[tuple[int, int, tuple[object, ...], Callable[[], None]]] = []
        for r in raws:
            todo.append((r.t_ms, 0, r.order, lambda r=r: self.raw(r)))  # type: ignore[misc]
        for w in answers:
            todo.append((w.t_ms, 1, (w.seq,), lambda w=w: self.answer(w)))  # type: ignore[misc]
        for a in acts:
            if a.stands_ms is not None:
                todo.append((a.stands_ms, 1, (a.seq,), lambda a=a: self.old_activity(a)))  # type: ignore[misc]
                continue
            place = self.place(a, raws)
            if place is None:
                self.outcome[a] = "NO_LEAD"
                continue
            at_ms, time_ms, answer = place
            sub = (RANKS.index(a.what), a.activity_id.encode(), a.seq)
            order = (time_ms, *sub) if answer else sub
            todo.append((at_ms, 2 if answer else 3, order, lambda a=a, p=place: self.activity(a, *p)))  # type: ignore[misc]
        todo.sort(key=lambda item: item[:3])
        for *_, step in todo:
            step()

    def place(self, a: ActIn, raws: list[RawIn]) -> tuple[int, int, AnswerIn | None] | None:
        """Where an activity stands: (instant, its time, the answer whose moved lead it waits for), None = no lead."""
        moved = sorted((w for w in self.moved if w.lead), key=lambda w: (w.t_ms, w.seq))
        if any(r.t_ms <= a.t_ms for r in raws) or any(w.t_ms <= a.t_ms for w in moved):
            return a.t_ms, a.t_ms, None
        for w in moved:
            if w.lead and w.lead.opened_ms <= a.t_ms:
                return w.t_ms, a.t_ms, w
        early: list[tuple[int, int, AnswerIn | None]] = [(r.t_ms, r.t_ms, None) for r in raws]
        early += [(w.t_ms, w.lead.opened_ms, w) for w in moved if w.lead]
        early.sort(key=lambda p: (p[1], p[2] is not None, p[0]))
        return early[0] if early and early[0][1] - a.t_ms <= EARLY_MS else None

    # -- raw leads -------------------------------------------------------------------------------------------------

    def raw(self, r: RawIn) -> None:
        holder = self.days.get(self.day_key(r))
        if holder:
            holder[1].marks.append((r, DEDUPED))
            return
        lead = self.leads[-1] if self.leads else None
        if lead and lead.open_at(r.t_ms):
            self.touch(lead, r.t_ms, r.periods)
            self.join(lead, r, MERGED)
        elif lead and lead.status in ("LOST", "INVALID") and self.reopens(lead, r.t_ms, r.periods):
            lead.status, lead.closed_ms = "OPEN", None
            self.touch(lead, r.t_ms, r.periods)
            self.join(lead, r, MERGED)
        elif lead and self.has_deal(lead, r.t_ms):
            self.join(lead, r, DEAL_MERGED)
        else:
            self.expire(lead)
            lead = Lead(r.t_ms, r.periods, r, r.t_ms, r.t_ms)
            self.touch(lead, r.t_ms, r.periods)
            self.leads.append(lead)
            self.join(lead, r, FIRST_TOUCH)

    def join(self, lead: Lead, r: RawIn, mark: str) -> None:
        lead.marks.append((r, mark))
        self.hold_day(lead, r)

    def day_key(self, r: RawIn) -> tuple[str, str]:
        return r.day, r.channel if self.rules.per_channel else ""

    def hold_day(self, lead: Lead, r: RawIn) -> None:
        held = self.days.get(self.day_key(r))
        if held is None or r.order < held[0].order:
            self.days[self.day_key(r)] = (r, lead)

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
        anchor = max(lead.anchor_ms, at_ms)
        in_time = at_ms <= self.expiry(lead, anchor, periods)[0]
        return in_time and at_ms <= lead.closing_ms() + lead.periods.merge_ms

    @staticmethod
    def has_deal(lead: Lead, at_ms: int) -> bool:
        return lead.status == "WON" and at_ms <= lead.closing_ms() + lead.periods.deal_ms

    @staticmethod
    def expire(lead: Lead | None) -> None:
        if lead and lead.status == "OPEN":
            lead.status, lead.closed_ms = "EXPIRED", lead.expires_ms

    # -- activities ------------------------------------------------------------------------------------------------

    def activity(self, a: ActIn, at_ms: int, time_ms: int, answer: AnswerIn | None) -> None:
        if answer:
            leads = [u for u in self.leads if u.moved is answer]
        else:
            leads = [u for u in self.leads if u.counts_from_ms <= time_ms]
        self.give(a, leads, at_ms, time_ms)

    def old_activity(self, a: ActIn) -> None:
        """Older than the lateness: it stands at the clock of its arrival with its own time (rulings 26, 46)."""
        assert a.stands_ms is not None
        leads = [u for u in self.leads if u.counts_from_ms <= a.t_ms]
        if not leads:
            leads = [u for u in self.leads if u.moved and u.opened_ms <= a.t_ms][:1]
        if leads:
            self.give(a, leads, a.stands_ms, a.t_ms)
            return
        first = min(self.leads, key=lambda u: u.opened_ms, default=None)
        if first and a.what != "REFUND" and first.opened_ms - a.t_ms <= EARLY_MS:
            first.acts.append(a)
            self.outcome[a] = "RECORDED"
        else:
            self.outcome[a] = "NO_LEAD"

    def give(self, a: ActIn, leads: list[Lead], at_ms: int, time_ms: int) -> None:
        """The latest of `leads` takes the activity; a REFUND goes to the latest that is won (ruling 19)."""
        if a.what == "REFUND":
            leads = [u for u in leads if u.status == "WON" and u.closing_ms() <= time_ms]
        if not leads:
            self.outcome[a] = "NO_LEAD"
            return
        lead = leads[-1]
        open_now = lead.open_at(at_ms)
        if not open_now and time_ms > lead.closing_ms() + lead.kept_ms():
            self.outcome[a] = "NO_LEAD"
            return
        late_deal = time_ms > lead.closing_ms() + lead.periods.deal_ms
        if a.what == "PAID" and not open_now and lead.status != "WON" and late_deal:
            self.outcome[a] = "NO_LEAD"
            return
        lead.acts.append(a)
        self.outcome[a] = "EFFECT" if self.effect(a.what, lead, time_ms, open_now) else "RECORDED"

    def effect(self, what: str, lead: Lead, time_ms: int, open_now: bool) -> bool:
        if open_now and what in ("EFFECTIVE", "PAID"):
            self.touch(lead, time_ms, lead.periods)
        if what == "PAID" and lead.status != "WON":
            lead.status, lead.closed_ms = "WON", time_ms
        elif what == "REFUND" or (what in ("LOST", "INVALID") and open_now):
            lead.status, lead.closed_ms = ("LOST" if what == "REFUND" else what), time_ms
            self.cut_day(lead, time_ms)
        else:
            return what == "EFFECTIVE" and open_now
        return True

    def cut_day(self, lead: Lead, closed_ms: int) -> None:
        """Ruling 12: after LOST, INVALID or a REFUND the next raw lead of that day is not deduped by one before it."""
        lead.cuts.append(closed_ms)
        day = self.rules.day_of(closed_ms)
        for key, (holder, _) in list(self.days.items()):
            if key[0] == day and holder.t_ms <= closed_ms:
                del self.days[key]

    # -- store answers (rulings 7, 53, 57) ---------------------------------------------------------------------------

    def answer(self, w: AnswerIn) -> None:
        lead = self.leads[-1] if self.leads else None
        if w in self.moved:
            if lead and lead.open_at(w.t_ms):
                lead.status, lead.closed_ms, lead.reason = "EXPIRED", w.t_ms, "MERGE_EXPIRED"
            if w.lead:
                self.move(w, w.lead)
            return
        if w.lead is None:
            return
        if lead and (lead.open_at(w.t_ms) or self.has_deal(lead, w.t_ms)):
            self.fold_in(lead, w, w.lead)
        elif lead and lead.status in ("LOST", "INVALID") and self.reopens(lead, w.t_ms, self.last_periods(w.lead)):
            self.fold_in(lead, w, w.lead)
            lead.status, lead.closed_ms = "OPEN", None
            self.touch(lead, w.t_ms, self.last_periods(w.lead))
        else:
            self.moved = self.moved | {w}
            self.move(w, w.lead)

    @staticmethod
    def last_periods(pending: Lead) -> Periods:
        return max((r for r, mark in pending.marks if mark in (FIRST_TOUCH, MERGED)), key=lambda r: r.order).periods

    def move(self, w: AnswerIn, pending: Lead) -> None:
        self.expire(self.leads[-1] if self.leads else None)
        lead = pending.copy()
        lead.moved, lead.counts_from_ms = w, w.t_ms
        lead.answers.append(w)
        self.leads.append(lead)
        for r, _ in lead.marks:
            self.hold_day(lead, r)

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
        return any(
            self.day_key(x) == self.day_key(r)
            and not any(x.t_ms <= cut < r.t_ms and self.rules.day_of(cut) == r.day for cut in lead.cuts)
            for x, _ in lead.marks
        )
