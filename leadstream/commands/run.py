"""`leadstream run`: open, watch, run to the end, say what was done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from rich.console import Console

from connectors.demo.reader import DAYS_PER_TEN_MINUTES
from connectors.files.reader import FileReader
from flows.observe.live import LiveView, Screen
from flows.observe.logs import set_up_logs
from flows.open import DEMO, KAFKA, Prepared, Wanted, log_notes, prepare
from flows.refusals import PLURALS, Refusals
from flows.run import run as run_engine
from flows.signals import Signals
from flows.stock_runner import say_now
from operators.base import count_kinds
from state.rows.codes import MARKS


def run(wanted: Wanted) -> None:
    """Run until the input ends or a stop drains it. Raises LeadstreamError for what refuses or stops it."""
    set_up_logs()
    stop = _Stop()
    Signals(stop.ask, said=say_now).install()  # before anything is opened: a stop while opening is a stop too
    console = Screen(highlight=False)
    began = time.monotonic()
    prepared = prepare(wanted)
    engine = prepared.engine
    stop.hand_to(engine.stop)
    if wanted.source == DEMO:
        _say(console, _what_is_simulated(wanted.demo_speed))
    log_notes(prepared)
    page = f"Metrics on http://{prepared.server.address}/metrics. Ctrl-C stops and seals."
    if not console.is_terminal:
        _say(console, page)
    view = LiveView(
        prepared.seen,
        console,
        page,
        share=_share(prepared),
        clock_name="simulated time" if wanted.source == DEMO else "clock",
    )
    engine.before_close(view.close)
    run_engine(engine)
    _say(console, _summary(prepared, wanted, time.monotonic() - began))


class _Stop:
    """A stop that may be asked for before there is an engine to tell."""

    def __init__(self) -> None:
        self._asked = False
        self._tell: Callable[[], None] | None = None

    def ask(self) -> None:
        self._asked = True
        if self._tell is not None:
            self._tell()

    def hand_to(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        if self._asked:
            tell()


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


def _what_is_simulated(speed: float) -> str:
    pace = (
        "a simulated day in ten minutes"
        if speed == 1
        else f"{speed * DAYS_PER_TEN_MINUTES:g} times as fast as real time"
    )
    return (
        f"This is a demo: simulated leads of 56 channels for 60 stores, {pace}. "
        "Your own: leadstream run --source FILE --state var/mine/state --sink var/mine/out\n"
        "Channels and stores of the demo stand in a configuration of its own, which a file of yours with their codes needs: "
        "`leadstream generate --leads 1 --out DIR` writes it as DIR/config.toml, for --config."
    )


def _share(prepared: Prepared) -> Callable[[], float | None]:
    reader = prepared.reader
    if not isinstance(reader, FileReader):
        return lambda: None
    total = max(1, reader.total_bytes())
    return lambda: min(1.0, reader.read_bytes() / total)


def _summary(prepared: Prepared, wanted: Wanted, took_s: float) -> str:
    engine = prepared.engine
    totals = [0] * len(count_kinds.COUNTS)
    for (_, shadow), counts in engine.meters.channels.items():
        for place, count in enumerate(counts):
            totals[place] += 0 if shadow else count
    marks = ", ".join(f"{name} {totals[place]}" for place, name in enumerate(MARKS))
    records = engine.meters.leads
    done = "Done" if engine.ended else "Stopped and sealed; the next run goes on here"
    where = f"Output in {wanted.sink}, state in {wanted.state}."
    odd = "".join(f" {sentence}" for sentence in engine.arrivals.odd.sentences())
    if not records:
        went = (
            ""
            if wanted.until_ms is None or not engine.ended
            else " Time went on to --until, and what was due was done."
        )
        return f"{done}: no record that this state did not know.{went} {where}"
    refusals, unknown = engine.meters.refusals, _unknown(engine.meters.unknown)
    leads = sum(counts[count_kinds.RECEIVED] for counts in engine.meters.channels.values())
    of_them = f" ({leads} raw leads)" if records > leads else ""
    late = totals[count_kinds.LATE]
    hint = ""
    if late > (leads - totals[count_kinds.REJECTED]) // 2:
        hint = (
            " Most leads are late: their file is not in the order of time, or older than this state's clock; "
            "`leadstream order` puts a file in order, `leadstream replay --stream late` sends late leads again."
            if engine.options.event_clock
            else " Most leads are late by the wall's clock: files of the past are read with --clock event."
        )
    others = "".join(
        f"{PLURALS.get(kind, kind)} rejected {count}, "
        for kind, count in sorted(refusals.refused.items())
        if kind != "raw_lead"
    )
    return _refused(refusals, wanted.sink) + (
        f"{done}: {records} records{of_them} in {took_s:.1f} s. {marks}; leads rejected {totals[count_kinds.REJECTED]}, "
        f"{others}late {late}, replays {totals[count_kinds.REPLAYED] + totals[count_kinds.ENRICHED]}, "
        f"dispatches {totals[count_kinds.DISPATCHED]}.{_cleaned(totals)}{hint}{odd}{unknown} {where}"
    )


def _cleaned(totals: list[int]) -> str:
    """What was cleaned, how much of it by the robot alone, and at what cost; "" = nothing was asked for."""
    robot, people = totals[count_kinds.TASKS_AI], totals[count_kinds.TASKS_MANUAL]
    if not robot + people:
        return ""
    alone = totals[count_kinds.RESOLVED_AI]
    resolved = alone + totals[count_kinds.RESOLVED_MANUAL]
    share = f", of {resolved} leads resolved the robot did {100 * alone / resolved:.0f} %" if resolved else ""
    cost = totals[count_kinds.CLEANING_COST]
    spent = f", cost {cost / 100:.2f} yuan" if cost else ""
    return f" Cleaning (清洗): tasks for the robot {robot}, for people {people}{share}{spent}."


def _refused(refusals: Refusals, sink: str) -> str:
    """The reasons with their counts, as a line before the last one; "" = nothing is refused."""
    reasons = refusals.reasons()
    if not reasons:
        return ""
    count = sum(refusals.refused.values())
    where = "the topic `rejects`" if sink == KAFKA else f"{sink}/rejects.jsonl"
    return (
        f"Refused: {count} {'record' if count == 1 else 'records'}, by reason {reasons}. {refusals.hint()} "
        f"{'It stands' if count == 1 else 'Each stands'} in {where} with what to do; "
        f"`leadstream replay {sink} --to {'kafka' if sink == KAFKA else 'DIR'}` sends them again.\n"
    )


def _unknown(unknown: Mapping[tuple[str, str], int]) -> str:
    """Keys that resemble known ones (ruling 78): how many, and the commonest by its known name; "" = there are none."""
    fields: dict[str, int] = {}
    for (_, field), count in unknown.items():
        fields[field] = fields.get(field, 0) + count
    if not fields:
        return ""
    commonest = max(sorted(fields), key=lambda field: fields[field])
    total = sum(fields.values())
    keys = "1 key resembles a known one and was" if total == 1 else f"{total} keys resemble known ones and were"
    return f" {keys} not read (KEY_UNKNOWN), most often `{commonest}` ({fields[commonest]}): write it exactly so."
