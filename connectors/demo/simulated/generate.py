"""The generator with the truth: a folder of inputs, their configuration, the mark each raw lead must get (ruling 44).

The folder:

- `raw_leads.jsonl`: raw leads in order of arrival, with transport replays, enrichments, late ones, junk and bad lines;
- `activity.jsonl`: what stores did, in order of event time;
- `verdicts.jsonl`: what the call centre said, in order of arrival;
- `commands.jsonl`: stores that left (STORE_EXIT), in order of event time;
- `config.toml`: channels, stores, series and their periods;
- `truth.jsonl`: one line per accepted part: `channel, account, source_lead_id, store, split` (absent where the raw lead
  was not split), `mark, customer, intention, replays, case`; further lines with `outcome` REJECTED (and `reason`), LATE
  or SHADOW. `replays` counts the equal deliveries after the first, `enrichments` (absent for none) the different ones;
  both belong to the record and stand on each of its parts. `case` is the step of the script it comes from. A first touch
  has, where the script says so, of its unique lead `route` (NONE, AI, MANUAL: as judged at its latest opening) and
  `state`, the status in the end;
- `delivery.csv`: per line of `raw_leads.jsonl` what `shuffle_within` may do with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson

from connectors.demo.simulated import exits as leaving
from connectors.demo.simulated.call_centre import DEFAULT_SHARE, CallCentre
from connectors.demo.simulated.cast import Cast
from connectors.demo.simulated.days import (
    day_of,
    day_start_ms,
    instant_text,
)
from connectors.demo.simulated.exits import Exits
from connectors.demo.simulated.flaws import Flaw, Flaws
from connectors.demo.simulated.key_life import keys_of
from connectors.demo.simulated.phones import MOBILE, Numbers
from connectors.demo.simulated.records import (
    ENRICHED,
    ORIGINAL,
    Activity,
    Delivery,
    RawLead,
    StoreExit,
    Verdict,
    mark_latest,
    render_activity,
    render_command,
    render_raw_lead,
    render_verdict,
)
from connectors.demo.simulated.starts import Starts
from connectors.demo.simulated.storylines import BOUND_STEPS
from connectors.demo.simulated.toml_text import toml_text
from connectors.demo.simulated.world import World

RAW_LEADS, ACTIVITY, TRUTH = "raw_leads.jsonl", "activity.jsonl", "truth.jsonl"
CONFIG, DELIVERY, VERDICTS, COMMANDS = "config.toml", "delivery.csv", "verdicts.jsonl", "commands.jsonl"
FILES = (RAW_LEADS, ACTIVITY, VERDICTS, COMMANDS, TRUTH, CONFIG, DELIVERY)
"""All that a folder gets."""
_FIRST_DAY = day_of(2025, 9, 1)
_JUNK, _BAD = 0.031, 0.003
_ACTIVITY_REPEATED, _ACTIVITY_BAD = 0.01, 0.004
_LEADS_PER_RUN = 5000
_NOBODY = 3_000_000_000

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Summary:
    """What was written. `accepted` counts parts of live raw leads, `records` the lines of raw_leads.jsonl."""

    accepted: int = 0
    records: int = 0
    splits: int = 0
    customers: int = 0
    replays: int = 0
    enrichments: int = 0
    late: int = 0
    shadow: int = 0
    activities: int = 0
    bad_activities: int = 0
    repeated_activities: int = 0
    verdicts: int = 0
    exits: int = 0
    """How many stores left."""
    calls: Counter[str] = field(default_factory=Counter)
    """What the call centre said of a lead, and of how many; `route_…` = leads to be cleaned."""
    heard: Counter[str] = field(default_factory=Counter)
    """How many verdicts are taken, refused (TASK_CLOSED), or are repeats."""
    routes: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    rejected_unlisted: int = 0
    cases: Counter[str] = field(default_factory=Counter)

    @property
    def bounds(self) -> dict[str, int]:
        """How many raw leads stand exactly on a bound or one millisecond beside it, by case."""
        names = BOUND_STEPS | {"late_by_1ms"}
        return {case: count for case, count in sorted(self.cases.items()) if case in names}


def generate(
    out: Path,
    *,
    leads: int,
    seed: int,
    days: int = 90,
    calls: float = DEFAULT_SHARE,
    exits: float = leaving.DEFAULT_SHARE,
    progress: Progress | None = None,
) -> Summary:
    """Writes a folder with about `leads` accepted raw-lead parts over `days` days from 2025-09-01; see the module.

    The same arguments give the same bytes. `calls` = the share of the leads to be cleaned of which the call centre says
    something, `exits` = the share of the stores that leave (经销商退网): neither changes a raw lead or an activity, but exits
    change what the call centre says. `progress(done, leads)` is called about a hundred times. The truth holds for one run of
    the whole folder from an empty state with the folder's configuration under the event clock (ruling 44), identity mode
    `strongest`. Raises ValueError for fewer than one lead or day, and for shares outside 0…1.
    """
    if leads < 1 or days < 1:
        raise ValueError("leads and days must be at least 1")
    if not 0 <= calls <= 1:
        raise ValueError("calls must lie between 0 and 1")
    if not 0 <= exits <= 1:
        raise ValueError("exits must lie between 0 and 1")
    out.mkdir(parents=True, exist_ok=True)
    rng = Random(f"generate/{seed}")
    world = World(seed, _FIRST_DAY, days)
    report = _Report(progress, leads)
    story = _tell(world, rng, leads, days, report)
    end_ms = day_start_ms(_FIRST_DAY + days) - 1
    _leave(world, story, Random(f"exits/{seed}"), end_ms, exits)
    _call(world, story, Random(f"calls/{seed}"), end_ms, calls)
    (out / CONFIG).write_text(toml_text({"source": {"today": _today(days)}, **world.config()}), encoding="utf-8")
    _write_activities(out / ACTIVITY, story, rng, seed)
    with open(out / VERDICTS, "wb") as lines:
        lines.writelines(render_verdict(verdict) + b"\n" for verdict in story.verdicts)
    with open(out / COMMANDS, "wb") as lines:
        lines.writelines(render_command(left) + b"\n" for left in story.exits_in_order())
    _write_raw_leads(out, story, report)
    report.end()
    return story.summary


def _today(days: int) -> str:
    """What the inputs count as today: the end of their last day, at whatever date they are read (ruling 76)."""
    return instant_text(day_start_ms(_FIRST_DAY + days))


@dataclass(slots=True)
class _Story:
    cast: Cast
    flaws: list[Flaw]
    latest: dict[int, int]
    summary: Summary
    verdicts: list[Verdict] = field(default_factory=list)
    exits: Exits = field(default_factory=Exits)

    def last_ms(self) -> int:
        """The latest event time of raw leads and activities."""
        voice = self.cast.voice
        return max(each.event_ms for told in (voice.leads, voice.activities) for each in told)

    def exits_in_order(self) -> list[StoreExit]:
        """In order of event time."""
        return sorted(self.exits.of.values(), key=lambda left: (left.event_ms, left.number))


class _Report:
    """Half of the way is telling, half is writing."""

    def __init__(self, progress: Progress | None, leads: int) -> None:
        self._progress = progress
        self._leads = leads
        self._said = -1

    def at(self, share: float) -> None:
        if self._progress and (percent := int(share * 100)) > self._said:
            self._said = percent
            self._progress(int(self._leads * min(share, 1.0)), self._leads)

    def end(self) -> None:
        if self._progress:
            self._progress(self._leads, self._leads)


def _tell(world: World, rng: Random, leads: int, days: int, report: _Report) -> _Story:
    end_ms = day_start_ms(_FIRST_DAY + days) - 1
    cast, starts, latest = Cast(world, rng, end_ms), Starts(_FIRST_DAY, days), dict[int, int]()
    voice, customers, runs, index = cast.voice, 0, 0, 0
    while voice.accepted_parts < leads:
        delivered, acted = len(voice.deliveries), len(voice.activities)
        if voice.accepted_parts >= (runs + 1) * _LEADS_PER_RUN:
            index += cast.number_run(index, runs, starts.draw(rng))
            runs += 1
        else:
            cast.admit(index, starts.draw(rng))
            index += 1
        customers = index
        latest.update(mark_latest(voice.deliveries[delivered:], voice.activities[acted:]))
        if index % 256 == 0:
            report.at(voice.accepted_parts / leads / 2)
    flaws = Flaws(world, rng, voice.next_number())
    first_ms = min(item.arrival_ms for item in voice.deliveries)
    count = len(voice.deliveries) / (1 - _JUNK - _BAD)
    bad = [flaws.junk_phone(max(starts.draw(rng), first_ms)) for _ in range(round(count * _JUNK))]
    bad += [flaws.bad_line(max(starts.draw(rng), first_ms)) for _ in range(round(count * _BAD))]
    return _Story(cast, bad, latest, Summary(customers=customers))


def _leave(world: World, story: _Story, rng: Random, end_ms: int, share: float) -> None:
    """Which stores leave, and when."""
    voice = story.cast.voice
    last_ms = max([story.last_ms(), *(flaw.arrival_ms for flaw in story.flaws)])
    story.exits = leaving.plan(world, rng, share, keys_of(voice.leads, voice.activities), last_ms, end_ms)
    story.summary.exits = len(story.exits.of)


def _call(world: World, story: _Story, rng: Random, end_ms: int, share: float) -> None:
    """What the call centre says, and what it changes in the truth and in the orders that are fair."""
    voice = story.cast.voice
    deliveries = sorted(voice.deliveries, key=lambda item: (item.arrival_ms, item.order))
    # The event clock is the latest event time that was delivered (ruling 4).
    opens_ms, clock_ms = dict[int, int](), 0
    for item in deliveries:
        clock_ms = clock_ms if item.lead.no_event_time else max(clock_ms, item.lead.event_ms)
        if item.form == ORIGINAL:
            opens_ms[item.lead.number] = clock_ms
    last_ms = max([story.last_ms(), *(left.event_ms for left in story.exits.of.values())])
    centre = CallCentre(world, rng, last_ms, max(last_ms, end_ms), share=share, opens_ms=opens_ms, leaving=story.exits)
    centre.work(voice.leads, voice.activities)
    story.verdicts = sorted(centre.verdicts, key=lambda verdict: verdict.arrival_ms)
    summary = story.summary
    summary.verdicts, summary.calls, summary.heard = len(story.verdicts), centre.cases, centre.expected
    _keep_in_place(story, centre.openings)


def _keep_in_place(story: _Story, openings: set[int]) -> None:
    """A verdict comes in time or late by the clock at the opening: such a raw lead is pinned, and none passes a verdict, nor
    the exit of a store that its customer has named."""
    voice, left_at = story.cast.voice, story.exits.of
    of_customer: dict[int, tuple[list[Delivery], list[Activity | Verdict | StoreExit]]] = {}
    for item in voice.deliveries:
        of_customer.setdefault(id(item.lead.identity), ([], []))[0].append(item)
    called = {id(verdict.identity) for verdict in story.verdicts}
    for customer, (items, walls) in of_customer.items():
        left = {part.store: left_at[part.store] for item in items for part in item.lead.parts if part.store in left_at}
        if left:
            called.add(customer)
            walls += left.values()
        for item in items:
            if customer in called and item.form == ORIGINAL and item.lead.number in openings:
                item.pinned = True
            # Read behind an exit that it was submitted before: by the clock of whoever came before it.
            if any(item.lead.event_ms <= each.event_ms <= item.arrival_ms for each in left.values()):
                item.pinned = True
    acts: list[Activity | Verdict] = [*voice.activities, *story.verdicts]
    for said in acts:
        of_customer[id(said.identity)][1].append(said)
    for customer in called:
        story.latest.update(mark_latest(*of_customer[customer]))


def _write_raw_leads(out: Path, story: _Story, report: _Report) -> None:
    summary = story.summary
    deliveries: list[Delivery | Flaw] = [*story.cast.voice.deliveries, *story.flaws]
    # Equal arrivals keep the order in which they were told; refused lines come after them.
    deliveries.sort(key=lambda item: (item.arrival_ms, item.order if isinstance(item, Delivery) else 1 << 62))
    enriched = Counter(item.lead.number for item in story.cast.voice.deliveries if item.form == ENRICHED)
    with (
        open(out / RAW_LEADS, "wb") as lines,
        open(out / TRUTH, "wb") as truth,
        open(out / DELIVERY, "w", encoding="ascii") as plan,
    ):
        plan.write("arrival_ms,event_ms,latest_ms,pinned\n")
        for done, item in enumerate(deliveries):
            summary.records += 1
            if isinstance(item, Flaw):
                lines.write(item.line + b"\n")
                plan.write(f"{item.arrival_ms},,{item.arrival_ms},0\n")
                _count_flaw(summary, item)
                if item.source_lead_id is not None:
                    truth.write(orjson.dumps(_refused(item)) + b"\n")
                continue
            lead = item.lead
            lines.write(render_raw_lead(lead, item.form, item.arrival_ms) + b"\n")
            event = "" if lead.no_event_time else str(lead.event_ms)
            plan.write(f"{item.arrival_ms},{event},{story.latest[item.order]},{int(item.pinned)}\n")
            if item.form == ORIGINAL:
                for line in _truth(lead, enriched[lead.number]):
                    truth.write(orjson.dumps(line) + b"\n")
                _count(summary, lead)
            elif item.form == ENRICHED:
                summary.enrichments += 1
            else:
                summary.replays += 1
            if done % 512 == 0:
                report.at(0.5 + done / len(deliveries) / 2)


def _truth(lead: RawLead, enrichments: int) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(lead.parts, 1):
        line: dict[str, Any] = {
            "channel": lead.channel.code,
            "account": lead.account,
            "source_lead_id": lead.source_lead_id,
            "store": part.store,
        }
        if len(lead.parts) > 1:
            line["split"] = number
        if lead.outcome:
            line["outcome"] = lead.outcome
        else:
            line["mark"] = part.mark
        line["customer"] = lead.person.key
        if not lead.outcome:
            line["intention"] = part.intention
        line["replays"] = lead.replays
        if enrichments:
            line["enrichments"] = enrichments
        line["case"] = part.case
        if part.route:
            line["route"] = part.route
        if part.state:
            line["state"] = part.state
        yield line


def _refused(flaw: Flaw) -> dict[str, Any]:
    return {
        "channel": flaw.channel,
        "account": flaw.account,
        "source_lead_id": flaw.source_lead_id,
        "store": flaw.store,
        "outcome": "REJECTED",
        "reason": flaw.reason,
    }


def _count(summary: Summary, lead: RawLead) -> None:
    for part in lead.parts:
        summary.cases[part.case] += 1
        if part.route:
            summary.routes[part.route] += 1
        if part.state:
            summary.states[part.state] += 1
    if lead.outcome:
        if lead.outcome == "LATE":
            summary.late += 1
        else:
            summary.shadow += 1
        return
    summary.accepted += len(lead.parts)
    summary.splits += len(lead.parts) - 1
    summary.marks.update(part.mark for part in lead.parts)


def _count_flaw(summary: Summary, flaw: Flaw) -> None:
    summary.rejected[flaw.reason] += 1
    summary.rejected_unlisted += flaw.source_lead_id is None


def _write_activities(path: Path, story: _Story, rng: Random, seed: int) -> None:
    summary, nobody = story.summary, Numbers(seed)
    with open(path, "wb") as lines:
        for activity in sorted(story.cast.voice.activities, key=lambda each: (each.event_ms, each.number)):
            line = render_activity(activity) + b"\n"
            lines.write(line)
            summary.activities += 1
            draw = rng.random()
            if draw < _ACTIVITY_REPEATED:
                lines.write(line)
                summary.repeated_activities += 1
            elif draw < _ACTIVITY_REPEATED + _ACTIVITY_BAD:
                number = nobody.canonical(MOBILE, _NOBODY + summary.bad_activities)
                lines.write(_bad_activity(rng, activity.event_ms, number) + b"\n")
                summary.bad_activities += 1


def _bad_activity(rng: Random, at_ms: int, number: str) -> bytes:
    record = {"activity_id": f"B{number}", "kind": "VISIT", "event_time": instant_text(at_ms), "phone": number}
    pick = rng.randrange(4)
    if pick == 0:
        record["kind"] = "DANCE"
    elif pick == 1:
        del record["event_time"]
    elif pick == 2:
        return orjson.dumps(record)[:-3]
    return orjson.dumps(record)
