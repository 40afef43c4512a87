"""The command `leadstream`: what is typed, what comes back. Each command's work stands in a module of its own.

Exit codes (contract): 0 done, 1 source or configuration refused, 2 wrong usage, 3 stopped by a fault. Whatever is
refused, the last line on stderr says what to do, and no traceback is shown; it goes to the log at debug
(`LEADSTREAM_LOG=debug`).
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

import leadstream
from leadstream.commands import looking, ways_in
from leadstream.commands.options import AsJson, ConfigFile, StateFolder
from leadstream.compiled import variant
from state import errors, process

log = logging.getLogger("leadstream")

app = typer.Typer(
    name="leadstream",
    help="Sales leads in: one OneID per customer, same-day dedup, merge, score, dispatch or hold. "
    "`leadstream run` alone is a demo.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_feeds = typer.Typer(help="Feeds (线索接入): what channels send, and what it becomes.", no_args_is_help=False)
app.add_typer(_feeds, name="feeds")

# The base of what typer raises for arguments it cannot take; under another name in each of its versions.
_ARGUMENTS: Final[type[BaseException]] = typer.BadParameter.__mro__[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Prints, never raises for what an operator can do something about."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    process.open_standard_streams()
    process.keep_private()
    try:
        code = app(args=given, prog_name="leadstream", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except errors.LeadstreamError as error:
        return _refused(error)
    except _ARGUMENTS as error:
        message = str(getattr(error, "format_message", error.__str__)())
        command = next((word for word in given if word in _commands()), None)
        shown = f"leadstream {command} --help" if command else "leadstream --help"
        return _refused(errors.WrongUsage(message, f"Run `{shown}` to see what can be given."))
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        # Whoever read our output went away; what Python would flush at the end has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        from flows.stock_runner import unforeseen

        return _refused(unforeseen(error))


def _commands() -> list[str]:
    groups = [info.name for info in app.registered_groups]
    return [name or "" for name in [*(info.name for info in app.registered_commands), *groups]]


def _refused(error: errors.LeadstreamError) -> int:
    if log.isEnabledFor(logging.DEBUG) and log.handlers:
        log.debug("The trace of what stopped the command.", exc_info=True)
    from flows.stock_runner import say_last

    sys.stdout.flush()
    say_last(error)
    return error.exit_code


def _say_version(*, verbose: bool) -> None:
    typer.echo(f"leadstream {leadstream.__version__}, rules {variant()}")
    if verbose:
        from operators.identity.home import source

        typer.echo(
            f"{source()}: home location (province, city) of mobiles and landlines of mainland China, "
            "and numbers of the other regions in validation.countries"
        )


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version; with --verbose also that of the data it reads.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="With --version: more of it.")] = False,
) -> None:
    if version:
        _say_version(verbose=verbose)
        raise typer.Exit()
    if verbose:
        raise errors.WrongUsage("--verbose stands alone.", "Give it with --version: `leadstream --version --verbose`.")
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise errors.WrongUsage(
            "No command was given.", "Run `leadstream run` for a demo, or one of the commands above."
        )


@app.command("run")
def _run(
    config: ConfigFile = None,
    source: Annotated[
        str, typer.Option("--source", metavar="demo|FILE|DIR|kafka", help="Where records come from.")
    ] = "demo",
    follow: Annotated[
        bool, typer.Option("--follow", help="Read files as they grow, by the wall's clock, until stopped.")
    ] = False,
    sink: Annotated[str, typer.Option("--sink", metavar="DIR|kafka", help="Where decisions go.")] = "var/out",
    state: StateFolder = Path("var/state"),
    clock: Annotated[
        str | None,
        typer.Option(
            "--clock", metavar="wall|event", help="What drives timers. Default: event for files and the demo."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="RFC 3339: at the end of input, move the event clock on to TIME."),
    ] = None,
    beyond_today: Annotated[
        bool, typer.Option("--beyond-today", help="Let --until lie more than 24 h after now.")
    ] = False,
    clock_moved: Annotated[
        bool,
        typer.Option("--clock-moved", help="The wall clock is right, however far it lies after the state's."),
    ] = False,
    metrics: Annotated[
        str | None,
        typer.Option(
            "--metrics", metavar="HOST:PORT", help="Metrics page. Default: 127.0.0.1:9464, or the next free port."
        ),
    ] = None,
    demo_speed: Annotated[
        float, typer.Option("--demo-speed", metavar="X", help="Simulated days per ten minutes of the demo.")
    ] = 1.0,
) -> None:
    """Take in records and decide: the main job."""
    from flows.observe.metrics import parse_address
    from flows.open import Wanted
    from flows.stock_runner import clock_of, until_of
    from leadstream.commands.run import run

    run(
        Wanted(
            config=config,
            source=source,
            follow=follow,
            sink=sink,
            state=state,
            event_clock=clock_of(clock),
            until_ms=until_of(until),
            beyond_today=beyond_today,
            clock_moved=clock_moved,
            metrics=None if metrics is None else parse_address(metrics),
            demo_speed=demo_speed,
            version=leadstream.__version__,
        )
    )


@app.command("generate")
def _generate(
    leads: Annotated[int, typer.Option("--leads", metavar="N", help="About how many raw leads are to be accepted.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for inputs, config.toml and truth.jsonl.")],
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The same seed gives the same bytes.")] = 1,
    calls: Annotated[
        float,
        typer.Option("--calls", metavar="0..1", help="Share of the leads to be cleaned that the call centre answers."),
    ] = 0.9,
    exits: Annotated[
        float, typer.Option("--exits", metavar="0..1", help="Share of the stores that leave (commands.jsonl).")
    ] = 0.1,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files of these names in DIR.")] = False,
) -> None:
    """Write simulated inputs with the mark that each raw lead must get, and how each unique lead is cleaned and ends."""
    from leadstream.commands.files import generate_folder

    generate_folder(out, leads=leads, seed=seed, calls=calls, exits=exits, force=force)


@app.command("replay")
def _replay(
    source: Annotated[str, typer.Argument(metavar="FOLDER|kafka", help="The output that holds them.")],
    stream: Annotated[str, typer.Option("--stream", metavar="rejects|late", help="Which records.")] = "rejects",
    to: Annotated[
        str | None, typer.Option("--to", metavar="DIR|kafka", help="The input that the engine reads.")
    ] = None,
    reason: Annotated[
        list[str] | None, typer.Option("--reason", metavar="CODE", help="Only those refused for it; may be repeated.")
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option("--channel", metavar="CODE", help="Only this channel's; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="RFC 3339: only those refused at or after it.")
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="TIME", help="RFC 3339: only those refused before it.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="By whose rules to say what becomes of them. Default: the profile."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    usable: Annotated[bool, typer.Option("--usable", help="Only those that the rules take now.")] = False,
    keep_times: Annotated[bool, typer.Option("--keep-times", help="Late leads with the times they came with.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also what an earlier replay has sent.")] = False,
    sent: Annotated[
        Path | None,
        typer.Option("--sent", metavar="FILE", help="Where to keep what was sent. Default: .replayed in FOLDER."),
    ] = None,
) -> None:
    """Send refused or late records again, with the identity they came with."""
    from flows.stock_runner import time_of
    from leadstream.commands.replay import Again, replay

    replay(
        Again(
            source=source,
            stream=stream,
            to=to,
            reasons=frozenset(reason or ()),
            channels=frozenset(channel or ()),
            since_ms=time_of("--since", since),
            before_ms=time_of("--before", before),
            config=config,
            dry_run=dry_run,
            usable=usable,
            keep_times=keep_times,
            again=again,
            sent=sent,
        )
    )


@app.command("order")
def _order(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON lines in any order.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder for files of the same names.")],
) -> None:
    """Write files in the order of their event times: for an export that has the newest lead first."""
    from leadstream.commands.files import order_files

    order_files(files, to)


@app.command("check")
def _check(file: Annotated[Path, typer.Argument(metavar="FILE", help="A configuration, TOML.")]) -> None:
    """Show every fault of a configuration, with its line."""
    from leadstream.commands.files import check_configuration

    check_configuration(file)


@app.command("train")
def _train(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A CSV with outcomes, or the folder of a state.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The scorecard; score.model names it.")],
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Tells which channels of SOURCE no lead will have."),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", metavar="COLUMN", help="Outcome of a CSV: 1 won, 0 not. Default: label, converted, won."
        ),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="COLUMN", help="Use this column of a CSV; may be repeated. Default: all."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Learn a points scorecard from leads with known outcomes."""
    from leadstream.commands.train import train

    train(source, out, config=config, label=label, fields=field or [], as_json=json)


@app.command("topics")
def _topics(
    check: Annotated[bool, typer.Option("--check", help="Show what is there and what is wrong.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Create topics, mend what can be mended, then check.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="Configuration, TOML: its table \\[kafka]. Default: the profile."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Check the Kafka topics, or create and mend them."""
    if check == apply:
        raise errors.WrongUsage(
            f"{'Both' if check else 'Neither'} of --check and --apply {'were' if check else 'was'} given.",
            "Give --check to look, or --apply to create and mend.",
        )
    from leadstream.commands.topics import topics

    topics(config, mend=apply, as_json=json)


@app.command("bench")
def _bench(
    scenario: Annotated[
        list[str] | None, typer.Argument(metavar="[SCENARIO]...", help="Default: the quick ones.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure (from a checkout)."""
    from leadstream.commands.files import bench

    raise typer.Exit(bench(scenario or [], as_json=json))


@app.command("explain")
def _explain(
    state: StateFolder = Path("var/state"),
    raw_id: Annotated[str | None, typer.Option("--raw-id", metavar="ID")] = None,
    unique_id: Annotated[str | None, typer.Option("--unique-id", metavar="ID")] = None,
    one_id: Annotated[str | None, typer.Option("--one-id", metavar="ID")] = None,
    phone: Annotated[str | None, typer.Option("--phone", metavar="NUMBER", help="As the customer gave it.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="CHANNEL[/ACCOUNT]/ID", help="The channel's own id of the lead.")
    ] = None,
    json: AsJson = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show phones and names in clear.")] = False,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", help="For channel names, and where one_id_secret_env is another variable."
        ),
    ] = None,
) -> None:
    """Tell the whole story of a lead or customer: what came in, every mark and why, holds, dispatches, closings."""
    from leadstream.commands.explain import Question, explain

    question = Question(raw_id=raw_id, unique_id=unique_id, one_id=one_id, phone=phone, source=source)
    explain(state, question, config=config, as_json=json, reveal=reveal)


app.command("holds")(looking.holds)
app.command("costs")(looking.costs)
app.command("try")(looking.try_lead)
app.command("gateway")(ways_in.gateway)
app.command("pull")(ways_in.pull)
app.command("import")(ways_in.import_sheets)
_feeds.command("list")(ways_in.feeds_list)
_feeds.command("try")(ways_in.feeds_try)
