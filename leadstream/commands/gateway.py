"""`leadstream gateway`: doors on HTTP, leads made durable in an inbox or in the raw topic, answered afterwards."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

import typer

from connectors import places
from connectors.durable.places import Durable
from connectors.inbox.writer import INBOX
from flows.observe.logs import set_up_logs
from flows.observe.metrics import parse_address
from flows.signals import Signals
from flows.stock_runner import say_now
from leadstream.commands.places import KAFKA, inbox_of, topic_of
from operators.config import configuration
from operators.config.configuration import Configuration
from state import errors

log = logging.getLogger("leadstream")

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_NAMED: Final = 5
"""Channels that one warning names."""


def serve(*, config: Path | None, listen: str, to: str, unsigned: bool, version: str) -> None:
    """Serve until a stop. Raises LeadstreamError for what refuses or stops it."""
    set_up_logs()
    places.refuse_target("--to", to, (KAFKA,))
    host, port = parse_address(listen, option="--listen", what="the gateway", example="127.0.0.1:8080")
    if unsigned and host not in _LOOPBACK:
        raise errors.WrongUsage(
            f"--unsigned would take leads from whoever reaches {host}.",
            "Set the channels' secrets, or listen on 127.0.0.1.",
        )
    try:
        from connectors.feeds.registry import feeds_of
        from connectors.gateway.gateway import Gateway
        from connectors.gateway.server import Server, listen_on
    except ImportError as error:
        raise errors.Refused(
            f"The gateway's libraries are not installed ({error.name}).",
            "Install them: pip install 'leadstream[gateway]'.",
        ) from error
    loaded = configuration.load(config)
    listening = listen_on(host, port)
    try:
        durable = _durable(to, loaded)
    except BaseException:
        listening.close()
        raise
    try:
        gateway = Gateway(
            loaded,
            durable,
            os.environ,
            feeds=feeds_of(loaded),
            unsigned=unsigned,
            version=version,
        )
        server = Server(gateway)
        Signals(
            server.stop, said=say_now, what="Stopping: answering what is under way. A second signal stops at once."
        ).install()
    except BaseException:
        durable.close()
        listening.close()
        raise
    for note in loaded.notes:
        log.warning(note)
    _say_secrets(gateway.without_secret(), unsigned=unsigned)
    bound = listening.getsockname()
    shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]

    def started() -> None:
        typer.echo(
            f"The gateway listens on http://{shown}:{bound[1]}; leads go to {durable.describe()}. Ctrl-C stops and drains."
        )

    server.run(listening, started)
    typer.echo("Stopped; every lead that was acknowledged is durable.")


def _durable(to: str, loaded: Configuration) -> Durable:
    if to == KAFKA:
        return topic_of(loaded, patient=False)
    return inbox_of(to, writer=INBOX, holder="leadstream gateway")


def _say_secrets(without: list[str], *, unsigned: bool) -> None:
    if not without:
        return
    named = ", ".join(without[:_NAMED]) + (f" and {len(without) - _NAMED} more" if len(without) > _NAMED else "")
    if unsigned:
        log.warning(
            "Channels without a secret take leads from whoever reaches this address (--unsigned): %s. For trials on this "
            "machine only; a proxy in front would open them to everybody.",
            named,
        )
    else:
        log.warning(
            "Channels without a secret take nothing: %s. Set LEADSTREAM_CHANNEL_<CODE>, or LEADSTREAM_CHANNEL_<CODE>_FILE, "
            "or try it out with --unsigned.",
            named,
        )
