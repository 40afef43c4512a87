"""The server around the application: uvicorn, without a log of requests, ended in order by a signal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator

import uvicorn

from connectors.gateway.app import application
from connectors.gateway.gateway import Gateway
from connectors.gateway.http import protocol
from state import errors, limits

_LOOK_S = 0.2
_BACKLOG = 1024


def listen_on(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises Fault."""
    # The protocol is named: asyncio turns off Nagle's algorithm for sockets that say TCP alone. With it an answer, which is
    # sent in two pieces, waits 40 ms for the sender's acknowledgement of the first.
    listening = socket.socket(
        socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
        return listening
    except OSError as error:
        listening.close()
        raise errors.Fault(
            f"The gateway cannot listen on {host}:{port} ({error.strerror or error}).",
            "Name a free address of this machine with --listen HOST:PORT; port 0 takes any free port.",
        ) from error


class _Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the command's: the first asks for a stop, the second ends at once."""
        yield


def _without_trace(record: logging.LogRecord) -> bool:
    """The text of an exception may hold what a customer typed: its trace is for debugging alone."""
    if not logging.getLogger("leadstream").isEnabledFor(logging.DEBUG):
        record.exc_info = None
    return True


class Server:
    """Serves until it is asked to stop, or until leads cannot be made durable any more."""

    def __init__(self, gateway: Gateway) -> None:
        for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
            # Only what concerns the operator, through the log that masks what looks like a phone.
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = list(logging.getLogger("leadstream").handlers), False
            logger.setLevel(logging.WARNING)
            logger.addFilter(_without_trace)
        self._gateway = gateway
        self._server = _Uvicorn(
            uvicorn.Config(
                application(gateway),
                log_config=None,
                access_log=False,  # a path or query may hold what a customer typed
                lifespan="off",
                server_header=False,
                proxy_headers=False,  # nobody asks who the sender's sender is
                ws="none",
                limit_concurrency=limits.GATEWAY_CONNECTIONS,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=limits.DRAIN_S,
                http=protocol(),
                h11_max_incomplete_event_size=limits.GATEWAY_HEAD_BYTES,
            )
        )

    def stop(self) -> None:
        """Take no further request, answer those under way, end. Called by a signal handler too."""
        self._gateway.stopping = True
        self._server.should_exit = True

    def run(self, listening: socket.socket, started: Callable[[], None]) -> None:
        """Serve until the end; closes what is durable. Raises the Fault that ended it."""
        try:
            asyncio.run(self._serve(listening, started))
        finally:
            self._gateway.durable.close()
            listening.close()
        fault = self._gateway.durable.fault()
        if isinstance(fault, errors.LeadstreamError):
            raise fault

    async def _serve(self, listening: socket.socket, started: Callable[[], None]) -> None:
        async def watch() -> None:
            said = False
            while not self._server.should_exit:
                if self._server.started and not said:
                    said = True
                    started()
                if self._gateway.durable.fault() is not None:
                    self._server.should_exit = True
                await asyncio.sleep(_LOOK_S if said else 0.01)

        watching = asyncio.ensure_future(watch())
        await self._server.serve([listening])
        await watching
