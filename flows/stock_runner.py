"""The engine of a run that the stock runner starts: `python -m bytewax.run flows.lead_center`.

Configured by the environment: `LEADSTREAM_CONFIG`, `LEADSTREAM_SOURCE`, `LEADSTREAM_SINK`, `LEADSTREAM_STATE`,
`LEADSTREAM_CLOCK`, `LEADSTREAM_FOLLOW` (1), `LEADSTREAM_UNTIL`, `LEADSTREAM_METRICS` are what `leadstream run` calls --config
to --metrics; `LEADSTREAM_BEYOND_TODAY=1` and `LEADSTREAM_CLOCK_MOVED=1` are its flags of these names.

The stock runner knows no exit code but 0 and 1, closes nothing of ours and leaves while threads still run: what is ours
to end is ended in an `atexit` callback, which also sets the contract's code (docs/bytewax-contract.md).
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from flows.engine import Engine, describe
from flows.observe.logs import set_up_logs
from flows.observe.metrics import parse_address
from flows.open import DEFAULT_SINK, DEFAULT_STATE, DEMO, Prepared, Wanted, log_notes, prepare
from flows.signals import Signals
from operators.base.calendar import parse_ms
from state import errors, process

log = logging.getLogger("leadstream")


def engine_from_environment() -> Engine:
    """Open the engine that the environment asks for; install signal handlers and the callback that ends it.

    Where it is refused, the operator's action is printed last and the process ends with the contract's code.
    """
    process.open_standard_streams()
    process.keep_private()
    set_up_logs()
    try:
        prepared = prepare(wanted_of(os.environ))
    except errors.LeadstreamError as error:
        say_last(error)
        raise SystemExit(error.exit_code) from None
    log_notes(prepared)
    log.info("Metrics on http://%s/metrics.", prepared.server.address)
    Signals(prepared.engine.stop, said=say_now).install()
    ending = _Ending(prepared)
    sys.excepthook = ending.met
    atexit.register(ending.end)
    return prepared.engine


def wanted_of(environ: Mapping[str, str]) -> Wanted:
    """The run that these variables ask for; an empty variable counts as absent. Raises WrongUsage."""

    def given(name: str) -> str | None:
        return environ.get(f"LEADSTREAM_{name}") or None

    config, metrics = given("CONFIG"), given("METRICS")
    return Wanted(
        config=None if config is None else Path(config),
        source=given("SOURCE") or DEMO,
        follow=follow_of(given("FOLLOW")),
        sink=given("SINK") or DEFAULT_SINK,
        state=Path(given("STATE") or DEFAULT_STATE),
        event_clock=clock_of(given("CLOCK")),
        until_ms=until_of(given("UNTIL")),
        beyond_today=_yes(given("BEYOND_TODAY")),
        clock_moved=_yes(given("CLOCK_MOVED")),
        metrics=None if metrics is None else parse_address(metrics),
        version=_version(),
    )


def follow_of(text: str | None) -> bool:
    """True for `1`, False where nothing is said or `0`. Raises WrongUsage."""
    if text not in (None, "0", "1"):
        raise errors.WrongUsage(f"LEADSTREAM_FOLLOW is {text!r}.", "Set it to 1 to follow files, or leave it out.")
    return text == "1"


def clock_of(text: str | None) -> bool | None:
    """True for `event`, False for `wall`, None where nothing is said. Raises WrongUsage."""
    if text not in (None, "event", "wall"):
        raise errors.WrongUsage(f"There is no clock {text!r}.", "Give --clock wall or --clock event.")
    return None if text is None else text == "event"


def _yes(text: str | None) -> bool:
    """A flag of the command line as a variable: anything but 0 and nothing."""
    return text not in (None, "0")


def until_of(text: str | None) -> int | None:
    """Epoch ms of `--until`. Raises WrongUsage."""
    return time_of("--until", text)


def time_of(option: str, text: str | None) -> int | None:
    """Epoch ms of an option's RFC 3339 time. Raises WrongUsage."""
    if text is None:
        return None
    try:
        return parse_ms(text)
    except ValueError as error:
        raise errors.WrongUsage(
            f"{option} is {error}.", "Give an RFC 3339 time with its offset, for example 2026-03-02T18:00:00+08:00."
        ) from None


def say_last(error: errors.LeadstreamError) -> None:
    """What happened, and as the last line on stderr what to do."""
    print(f"leadstream: {error.message}", file=sys.stderr)
    print(error.action, file=sys.stderr, flush=True)


def say_now(text: str) -> None:
    """One line on stderr from within a signal handler: past the buffers, which the interrupted code may be using."""
    with contextlib.suppress(OSError):
        os.write(2, f"{text}\n".encode())


def unforeseen(error: BaseException) -> errors.InternalFault:
    """The fault for an exception that nobody foresaw; its text may hold a customer's data and is not shown."""
    return errors.InternalFault(
        f"The run met an error that no rule foresees ({type(error).__name__}).",
        "Start it again: it goes on behind the last decision. If it stops at the same place, set LEADSTREAM_LOG=debug "
        "and report the trace in the log.",
    )


def _version() -> str:
    import leadstream

    return leadstream.__version__


class _Ending:
    """What a fault leaves behind at the stock runner: an exception that nobody catches, then the exit callbacks."""

    def __init__(self, prepared: Prepared) -> None:
        self._engine = prepared.engine
        self._met: BaseException | None = None

    def met(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """In place of the interpreter's own word: a traceback is no message to an operator."""
        self._met = error
        log.debug("The trace of what stopped the run.", exc_info=(kind, error, trace))

    def end(self) -> None:
        """Join every thread; after a fault, say it last and leave with its code."""
        engine = self._engine
        fault = engine.core.fault or engine.commit.fault or self._met
        try:
            engine.close()
        except errors.LeadstreamError as error:
            fault = fault or error
        if fault is not None:
            known = describe(fault) or unforeseen(fault)
            say_last(known)
            sys.stdout.flush()
            os._exit(known.exit_code)
