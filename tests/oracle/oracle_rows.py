"""What the reference model keeps of one customer in one realm: keys, unique leads, remembered sources, consent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from oracle_behaviours import Behaviours
from oracle_care import Care
from oracle_cleaned import Cleaned
from oracle_config import DAY_MS, Config
from oracle_fold import ActIn, AnswerIn, FoldRules, Lead, RawIn, RawRef

Key = tuple[str | None, str]  # (store or None = PENDING, line)


class Placed(NamedTuple):
    """Where a raw lead stands: its mark in force, the unique lead and the key."""

    raw: RawIn
    mark: str
    lead_id: int
    key: Key


@dataclass
class KeyEvents:
    """The accepted events of one key; a store answer takes those of the lead it moves with it."""

    raws: list[RawIn] = field(default_factory=list)
    acts: list[ActIn] = field(default_factory=list)
    answers: list[AnswerIn] = field(default_factory=list)
    moved: frozenset[AnswerIn] = frozenset()


@dataclass(eq=False)
class Source:
    """A remembered source key (ruling 11): the values in force and the parts it was split into."""

    accepted_ms: int
    remember_ms: int
    t_ms: int
    submitted_ms: int | None
    has_time: bool
    source_ms: int | None
    fields: dict[str, Any]
    parts: list[RawIn] = field(default_factory=list)
    flags: frozenset[str] = frozenset()

    def known_at(self, now_ms: int) -> bool:
        return now_ms <= self.accepted_ms + self.remember_ms


@dataclass(eq=False)
class Unique:
    """A unique lead with what outlives a refold.

    `state` OPEN, WON, LOST, INVALID or CLOSED; `dispatched` in this opening; `sequence` how often it was dispatched;
    `hold` = (conditions, until) of the hold that stands; `carry` its place left over from a short opening. `name` is
    'm:13812345678/2' for the customer's second, counted as they were minted, `~` before it in the shadow realm.
    """

    name: str
    lead_id: int
    key: Key
    lead: Lead
    state: str = ""
    reason: str | None = None
    dispatched: bool = False
    sequence: int = 0
    hold: tuple[tuple[str, ...], int | None] | None = None
    carry: int | None = None
    care: Care = field(default_factory=Care)
    cleaning: Cleaned = field(default_factory=Cleaned)

    @property
    def waiting(self) -> bool:
        """Whether the dispatch conditions are still judged: before the dispatch, and for a reactivation (ruling 65)."""
        return not self.dispatched or self.care.asked_again

    @property
    def first(self) -> RawRef:
        return self.lead.first.ref

    @property
    def folded(self) -> bool:
        return self.reason == "FOLDED"


@dataclass(eq=False)
class Row:
    """One customer in one realm (ruling 47). `leads` are the unique leads and tombstones still kept."""

    customer: str
    shadow: bool
    number: int = 0  # how many rows there were before it
    keys: dict[Key, KeyEvents] = field(default_factory=dict)
    leads: dict[int, Unique] = field(default_factory=dict)
    placed: dict[RawRef, Placed] = field(default_factory=dict)
    sources: dict[tuple[str, str, str], Source] = field(default_factory=dict)
    source_of: dict[RawRef, Source] = field(default_factory=dict)
    seen_acts: dict[str, int] = field(default_factory=dict)  # activity_id -> the clock when accepted
    seen_commands: dict[str, int] = field(default_factory=dict)
    minted: int = 0
    deleted: set[int] = field(
        default_factory=set
    )  # tombstones gone; their events stay in the fold, which leaves them be
    said: list[Source] = field(default_factory=list)  # those whose consent counts
    opt_out_ms: int | None = None
    latest: RawIn | None = None
    tasks: int = 0
    tasks_before: int = 0  # of a row that was deleted: of these nobody knows any more
    yes_ms: list[int] = field(default_factory=list)  # verdicts that count as consent true (rulings 38, 61)
    behaviours: Behaviours = field(default_factory=Behaviours)

    def next_name(self) -> str:
        self.minted += 1
        return f"{'~' * self.shadow}{self.customer}/{self.minted}"

    def by_name(self, name: str) -> Unique | None:
        """The unique lead of that name; a folded one follows its pointer (ruling 26)."""
        u = next((u for u in self.leads.values() if u.name == name), None)
        while u is not None and u.folded:
            u = self.leads.get(self.placed[u.first].lead_id)
        return u

    def open_leads(self) -> list[Unique]:
        return [u for u in self.leads.values() if u.state == "OPEN"]

    def consent(self, config: Config) -> bool:
        """Ruling 38: the latest explicit word by event time, else the default of the channel of the latest raw lead."""
        words: list[tuple[int, int, Any, bool]] = [
            (s.t_ms, 0, s.parts[0].order, s.fields["consent"])
            for s in self.said
            if isinstance(s.fields.get("consent"), bool)
        ]
        words += [(at_ms, 2, (), True) for at_ms in self.yes_ms]  # verdicts come after activities (ruling 5)
        if self.opt_out_ms is not None:
            words.append((self.opt_out_ms, 1, (), False))
        latest = max(words, default=None)
        if latest is not None:
            return bool(latest[3])
        channel = config.channel(self.latest.channel) if self.latest else None
        return channel is not None and channel.consent

    def forget_if_over(self, now_ms: int, replay_ms: int) -> None:
        """Rulings 38, 57: consent goes with the row, unless it was ended by OPT_OUT: that fact stays for ever."""
        if any(not u.folded for u in self.leads.values()) or not (self.said or self.latest):
            return
        if any(s.known_at(now_ms) for s in self.sources.values()):
            return
        if any(now_ms <= at + replay_ms for at in [*self.seen_acts.values(), *self.seen_commands.values()]):
            return
        explicit = [s.t_ms for s in self.said if isinstance(s.fields.get("consent"), bool)]
        if self.opt_out_ms is not None and (
            any(t > self.opt_out_ms for t in explicit) or any(t >= self.opt_out_ms for t in self.yes_ms)
        ):
            self.opt_out_ms = None
        self.said, self.latest, self.yes_ms = [], None, []
        self.tasks_before = self.tasks

    def fields_of(self, u: Unique) -> Iterator[dict[str, Any]]:
        for r, _ in u.lead.marks:
            yield self.source_of[r.ref].fields

    def leave(self, u: Unique) -> None:
        """Take a unique lead's events out of its key: it moves on."""
        events = self.keys[u.key]
        refs = {r.ref for r, _ in u.lead.marks}
        events.raws = [r for r in events.raws if r.ref not in refs]
        events.acts = [a for a in events.acts if a not in u.lead.acts]
        events.answers = [w for w in events.answers if w not in u.lead.answers]
        events.moved -= set(u.lead.answers)


def deletion_due(u: Unique, config: Config) -> int:
    """Rulings 46, 57: max(merge, deal-merge) + lateness + one day after the closing (WON: after d)."""
    return u.lead.closing_ms() + u.lead.kept_ms() + fold_rules(config).stays_ms


def fold_rules(config: Config) -> FoldRules:
    return FoldRules(config.from_first, config.dedup_scope == "channel", config.local_day, config.fold_late_ms + DAY_MS)
