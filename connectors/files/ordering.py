"""A file whose lines are not in the order of their event times: seen before it is read, and put in order.

A file's line order is the order of arrival (ruling 9), and the event clock never goes back (ruling 4). Within the lateness
that changes nothing in the end: a lead takes its place by event time. An export with the newest lead first goes beyond it, and
its older part becomes late.
"""

from __future__ import annotations

import contextlib
import heapq
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import orjson

from connectors.files.writer import sync_folder
from operators.base.calendar import parse_ms
from operators.base.rules import Rules
from state import errors, limits

LATE_SHARE: Final = 0.1
"""Share of the lines looked at that would be late, from which it is said. A feed's own late leads are far fewer."""
_LEAST_LATE: Final = 2
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def time_of(line: bytes) -> tuple[int | None, str]:
    """(event time, else ingest time, epoch ms; channel) of a line; None where it says none that can be read here."""
    try:
        record = orjson.loads(line.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError:
        return None, ""
    if type(record) is not dict:
        return None, ""
    for key in ("event_time", "ingest_time"):
        if type(said := record.get(key)) is str:
            with contextlib.suppress(ValueError):
                return parse_ms(said), str(record.get("channel", ""))
    return None, ""


def complaint(path: Path, begin: int, rules: Rules) -> str:
    """What an operator should know of the order of a file's next lines, from byte `begin` on; "" = nothing.

    Looks at `limits.ORDER_LOOKED_AT` lines, and keeps none.
    """
    newest: int | None = None
    seen = late = back = forth = 0
    before: int | None = None
    with path.open("rb") as file:
        file.seek(begin)
        for line in file:
            if seen >= limits.ORDER_LOOKED_AT or file.tell() - begin > limits.ORDER_BYTES:
                break
            t, channel = time_of(line)
            if t is None:
                continue
            seen += 1
            known = rules.channels.get(channel)
            if newest is not None and t < newest - (rules.late_ms if known is None else known.late_ms):
                late += 1
            if before is not None and t != before:
                back, forth = back + (t < before), forth + (t > before)
            before = t
            newest = t if newest is None else max(newest, t)
    if late < _LEAST_LATE or late < LATE_SHARE * seen:
        return ""
    order = "is newest first" if back > 9 * forth else "is not in the order of its event times"
    return (
        f"{path} {order}: {late} of its first {seen} leads lie further behind a lead before them than the lateness, and go to "
        f"`late`. Stop, run `leadstream order {path} --to DIR`, and read DIR with a new --state and --sink; or send them again "
        "afterwards with `leadstream replay --stream late`."
    )


def put_in_order(path: Path, to: Path, progress: Callable[[int], None] = lambda done: None) -> tuple[Path, int]:
    """Write the lines of a file to a file of the same name in the folder `to`, by event time; (that file, lines).

    Lines of one time keep their order, and one without a time stays behind the line before it. At most
    `limits.ORDER_BYTES` are held in memory; the rest waits in parts beside the target. Raises a Fault for the disk.
    """
    target = to / path.name
    parts: list[Path] = []
    count = 0
    try:
        to.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise errors.WrongUsage(f"{target} exists.", "Name an empty folder with --to.")
        with contextlib.ExitStack() as opened:
            held: list[tuple[int, int, bytes]] = []
            size, key = 0, -(1 << 62)
            source = opened.enter_context(path.open("rb"))
            for line in source:
                if line.isspace():
                    continue
                t, _ = time_of(line)
                key = key if t is None else t
                count += 1
                held.append((key, count, line if line.endswith(b"\n") else line + b"\n"))
                size += len(line)
                if size >= limits.ORDER_BYTES:
                    parts.append(_part(to, len(parts), held))
                    held, size = [], 0
                    progress(source.tell())
            held.sort()
            runs: list[Iterator[tuple[int, int, bytes]]] = [
                _lines_of(opened.enter_context(one.open("rb"))) for one in parts
            ]
            new = to / f".{path.name}.new"
            with new.open("wb") as file:
                file.writelines(line for _, _, line in heapq.merge(iter(held), *runs))
                file.flush()
                os.fsync(file.fileno())
            new.replace(target)
        sync_folder(to)
    except OSError as error:
        raise errors.of_disk(error, f"putting {path} in order in {to}") from error
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return target, count


def _part(to: Path, number: int, held: list[tuple[int, int, bytes]]) -> Path:
    held.sort()
    part = to / f".order-{os.getpid()}-{number}"
    with part.open("wb") as file:
        for key, count, line in held:
            file.write(b"%d %d %s" % (key, count, line))
    return part


def _lines_of(file: IO[Any]) -> Iterator[tuple[int, int, bytes]]:
    for line in file:
        key, count, rest = line.split(b" ", 2)
        yield int(key), int(count), rest
