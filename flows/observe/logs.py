"""Structured logs on stderr: JSON lines for machines, readable lines on a terminal; never personal data (ruling 37).

The engine logs through `logging` ("leadstream"); structlog renders what it says. What looks like a phone is masked on
its way out, whoever said it: a log is kept longer and read by more people than any output.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, TextIO

import structlog

LOGGER: Final = "leadstream"
LEVEL_VARIABLE: Final = "LEADSTREAM_LOG"
"""debug, info (default), warning or error."""

_MOBILE: Final = re.compile(r"(?<![0-9A-Za-z])(?:\+?86)?(1\d{2})\d{4}(\d{4})(?![0-9A-Za-z])")
_LANDLINE: Final = re.compile(r"(?<![0-9A-Za-z])(0\d{2,3})-?\d{5,6}(\d{2})(?![0-9A-Za-z])")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def without_personal_data(text: str) -> str:
    """`text` with anything that looks like a phone masked and anything that looks like an e-mail address removed."""
    text = _MOBILE.sub(r"\1****\2", text)
    text = _LANDLINE.sub(r"\1*****\2", text)
    return _MAIL.sub("(mail)", text)


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key not in ("timestamp", "level"):
            event[key] = without_personal_data(value)
    return event


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is now: the live view puts itself in between, so that lines do not tear it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        """Always the present one."""


def set_up_logs(environ: Mapping[str, str] = os.environ, *, terminal: bool | None = None) -> None:
    """Send the log to stderr in the form that fits it. Called again, it starts anew."""
    readable = sys.stderr.isatty() if terminal is None else terminal
    render: Any = (
        structlog.dev.ConsoleRenderer(colors=True, exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if readable else "iso", utc=not readable),
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if not readable:
        last.append(structlog.processors.format_exc_info)
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*last, _mask, render])
    )
    logger = logging.getLogger(LOGGER)
    logger.handlers = [handler]
    logger.propagate = False
    wanted = environ.get(LEVEL_VARIABLE, "info").upper()
    logger.setLevel(wanted if wanted in logging.getLevelNamesMapping() else logging.INFO)
