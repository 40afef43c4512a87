"""The error tree: what stops leadstream, with the exit code (contract) and what the operator should do.

    LeadstreamError
    ├── Refused                 1  the source or the configuration as a whole
    │   ├── ConfigurationRefused
    │   └── SourceRefused
    ├── WrongUsage              2
    └── Fault                   3  stopped; what was decided stays decided
        ├── StateLocked            another process has the state open
        ├── StateRefused           newer format, other shards, other secret, a sink that is not this state's
        ├── StateDamaged           an assertion about stored rows failed, or the database says so
        ├── DiskFault              full, read-only, or an error of the disk
        ├── PositionFault          the input is not the one that was read before
        ├── SinkFault              an output cannot be written
        ├── ClockFault             the clock of the machine is not believed (ruling 76)
        └── InternalFault          an error that no rule foresees, in a timer, a hop, or too often

A record that is refused is no error: it goes to `rejects` with its codes (ruling 32).
"""

from __future__ import annotations

import errno


class LeadstreamError(Exception):
    """Base of all; `action` is a whole sentence that says what to do next."""

    exit_code = 3

    def __init__(self, message: str, action: str) -> None:
        super().__init__(message)
        self.message = message
        self.action = action

    def __str__(self) -> str:
        return f"{self.message} {self.action}"

    def __reduce__(self) -> tuple[type[LeadstreamError], tuple[str, str]]:
        return type(self), (self.message, self.action)


class Refused(LeadstreamError):
    """The source or the configuration was refused as a whole."""

    exit_code = 1


class ConfigurationRefused(Refused):
    """A configuration with faults; the message lists each with file, line and key."""


class SourceRefused(Refused):
    """A source that cannot be read at all."""


class WrongUsage(LeadstreamError):
    """Arguments that do not go together."""

    exit_code = 2


class Fault(LeadstreamError):
    """Stopped by a fault; running again after the action continues where it stopped."""


class StateLocked(Fault):
    """Another process holds the state."""


class StateRefused(Fault):
    """The state on disk does not fit this program, secret, shard count or sink (ruling 52)."""


class StateDamaged(Fault):
    """The database reports damage, or a stored row is not what must be there."""


class DiskFault(Fault):
    """The disk is full, read-only or failing."""


class PositionFault(Fault):
    """The input does not fit the position that was read up to."""


class SinkFault(Fault):
    """An output cannot be written, or is not what the seal says."""


class ClockFault(Fault):
    """The clock of the machine is not believed: it leapt, or lies too far from the state's (ruling 76)."""


class InternalFault(Fault):
    """An exception that no rule foresees where a single record cannot be blamed (ruling 49)."""


def of_disk(error: OSError | Exception, what: str) -> Fault:
    """The fault for an error of the disk while doing `what` ("writing the state in var/state")."""
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.ENOSPC or "No space left" in text:
        return DiskFault(
            f"The disk is full: {what} failed ({text}).",
            "Free space on that disk and start again; nothing was lost and nothing is decided twice.",
        )
    if number in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
        return DiskFault(
            f"A file stands where a folder is needed, or the reverse: {what} failed ({text}).",
            "Name another folder, or move that file away.",
        )
    if (
        number in (errno.EROFS, errno.EACCES, errno.EPERM)
        or "Read-only file system" in text
        or "Permission denied" in text
    ):
        return DiskFault(
            f"The disk or folder cannot be written: {what} failed ({text}).",
            "Make it writable for this user and start again; nothing was lost and nothing is decided twice.",
        )
    if "Corruption" in text:
        return StateDamaged(
            f"The state is damaged: {what} failed ({text}).",
            "Do not delete it. Restore the last backup of the state and its output folder together, then start again.",
        )
    return DiskFault(
        f"An error of the disk: {what} failed ({text}).",
        "Check the disk and the system log, then start again; what was decided stays decided.",
    )
