"""The inbox's one writer: many givers, one write and one sync for all that has gathered (group sync).

    with Inbox(folder) as inbox:
        inbox.append([b'{"channel":"web",…}'])        returns when the lines survive a power loss
        inbox.give([b"…"], done)                      the same without waiting: `done(None)`, or `done(error)`

Whole lines are never taken back: a reader may have decided about a line that nobody was told is safe, and another line in
its place would be taken for it. Only a torn last line is cut, after a failed write and at a start.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from connectors.inbox.segments import Segment, log_of, segments_in
from state import errors, limits

Done = Callable[[BaseException | None], None]
"""Told once, by the inbox's thread: None = the lines are safe."""

INBOX: Final = "inbox"
"""The writer's name where none is given: the gateway's."""
_CHUNK: Final = 1 << 20
_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


class Full(Exception):
    """More waits for the disk than may; come again a moment later."""


class _Given(NamedTuple):
    data: bytes
    lines: int
    done: Done


class Inbox:
    """An open inbox; one process at a time. Raises Fault at the start where another one has it, or where it does not fit."""

    def __init__(
        self,
        folder: Path,
        *,
        writer: str = INBOX,
        holder: str = "",
        segment_bytes: int = limits.INBOX_SEGMENT_BYTES,
        sync: Callable[[int], None] = os.fdatasync,
    ) -> None:
        """`writer` names the segments: several writers may share a folder, each name has one process at a time. `holder`
        says who writes, for the one that is refused: "leadstream gateway"."""
        self.folder = folder
        self._writer = writer
        self._lock_path, self._note = folder / f".{writer}.lock", folder / f".{writer}.json"
        self.fault: errors.Fault | None = None
        """What ended the writing for good."""
        self.syncs = 0
        self.lines = 0
        """Lines made safe since the start."""
        self._segment_bytes = segment_bytes
        self._sync = sync
        self._wanted = threading.Condition()
        self._queue: deque[_Given] = deque()
        self._waiting_bytes = self._waiting_lines = 0
        self._closing = False
        self._file = -1
        self._size = 0
        self._next = 1
        """Number of the next line."""
        self._lock = -1
        try:
            if not folder.is_dir():
                folder.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
            self._take_lock(holder)
            self._open()
        except OSError as error:
            self._release()
            raise errors.of_disk(error, f"opening the inbox {folder}") from error
        except BaseException:
            self._release()
            raise
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()

    # --- giving

    def give(self, lines: Sequence[bytes], done: Done) -> None:
        """Take lines, each a JSON object without a line feed; `done` is told when they are safe. Raises Full, Fault."""
        data = b"".join([part for line in lines for part in (line, b"\n")])
        assert data.count(b"\n") == len(lines), "a line feed within a line would make two of it"
        with self._wanted:
            if self.fault is not None:
                raise self.fault
            if self._closing:
                raise Full
            if self._queue and (
                self._waiting_bytes + len(data) > limits.INBOX_WAITING_BYTES
                or self._waiting_lines + len(lines) > limits.INBOX_WAITING
            ):
                raise Full
            self._waiting_bytes += len(data)
            self._waiting_lines += len(lines)
            self._queue.append(_Given(data, len(lines), done))
            self._wanted.notify()

    def append(self, lines: Sequence[bytes]) -> None:
        """Write lines and return when they are safe. Raises Full, Fault."""
        told: list[BaseException | None] = []
        safe = threading.Event()

        def done(error: BaseException | None) -> None:
            told.append(error)
            safe.set()

        self.give(lines, done)
        safe.wait()
        if told[0] is not None:
            raise told[0]

    def waiting(self) -> int:
        """Lines given and not safe yet."""
        return self._waiting_lines

    # --- the thread

    def _run(self) -> None:
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: self._queue or self._closing)
                if not self._queue:
                    return
                group = self._gathered()
            error = self.fault
            if error is None:
                try:
                    self._write(b"".join([given.data for given in group]), sum(given.lines for given in group))
                except OSError as met:
                    error = self.fault or errors.of_disk(met, f"writing the inbox {self.folder}")
            with self._wanted:
                self._waiting_bytes -= sum(len(given.data) for given in group)
                self._waiting_lines -= sum(given.lines for given in group)
            for given in group:
                # A giver that has gone away must not end the writing for the others.
                with contextlib.suppress(Exception):
                    given.done(error)

    def _gathered(self) -> list[_Given]:
        group = [self._queue.popleft()]
        size = len(group[0].data)
        while self._queue and size + len(self._queue[0].data) <= limits.INBOX_GROUP_BYTES:
            group.append(self._queue.popleft())
            size += len(group[-1].data)
        return group

    def _write(self, data: bytes, lines: int) -> None:
        if self._size >= self._segment_bytes:
            self._begin_segment()
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            written = data[: len(data) - len(left)]
            self._cut(written)
            raise
        self._size += len(data)
        self._next += lines
        try:
            self._sync(self._file)
        except OSError as error:
            # After a failed sync nobody knows what the disk holds: a second one that succeeds would prove nothing.
            self.fault = errors.of_disk(error, f"syncing the inbox {self.folder}")
            raise
        self.syncs += 1
        self.lines += lines

    def _cut(self, written: bytes) -> None:
        """After a failed write: whole lines stay, though their givers are told that it failed; the torn one goes."""
        whole = written[: written.rfind(b"\n") + 1]
        try:
            os.ftruncate(self._file, self._size + len(whole))
        except OSError as error:
            self.fault = errors.of_disk(error, f"cutting a torn line of the inbox {self.folder}")
            return
        self._size += len(whole)
        self._next += whole.count(b"\n")

    # --- opening and closing

    def _take_lock(self, holder: str) -> None:
        self._lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            named = os.pread(self._lock, 200, 0).decode("utf-8", "replace").strip() or "another process"
            raise errors.StateLocked(
                f"The inbox {self.folder} is being written by {named}.",
                "Stop that process first, or name another folder with --to: an inbox has one writer.",
            ) from None
        said = f"process {os.getpid()}{f' ({holder})' if holder else ''}\n".encode()
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, said, 0)

    def _open(self) -> None:
        note = self._read_note()
        if note is None:
            self._log = log_of(self._writer, secrets.token_hex(4))
            self._begin_segment()
            return
        self._log = log_of(self._writer, note["id"])
        there = segments_in(self.folder, self._log)
        if not there or there[-1].first < note["open"]:
            missing = Segment(self._log, note["open"]).file
            raise errors.PositionFault(
                f"The open segment {missing} of the inbox {self.folder} is missing: the numbers of its lines would be given again.",
                f"Put it back. Where it was read to its end and is not needed, delete {self._note}: a new numbering begins.",
            )
        last = there[-1]
        self._file = os.open(self.folder / last.file, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        self._size, count = _whole_lines(self._file)
        os.ftruncate(self._file, self._size)
        os.fsync(self._file)
        self._next = last.first + count
        if last.first != note["open"]:
            self._write_note(last.first)
        _sync_folder(self.folder)

    def _begin_segment(self) -> None:
        """The next file; its name is on the disk before a line in it is said to be safe. Tried again where it failed."""
        name = Segment(self._log, self._next).file
        file = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _FILE_MODE)
        try:
            assert not os.fstat(file).st_size, "a segment that is begun has no lines"
            _sync_folder(self.folder)
            self._write_note(self._next)
        except BaseException:
            os.close(file)
            raise
        former, self._file, self._size = self._file, file, 0
        if former >= 0:
            os.close(former)

    def _read_note(self) -> dict[str, Any] | None:
        try:
            note = json.loads(self._note.read_bytes())
            return {"id": str(note["id"]), "open": int(note["open"])}
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise errors.StateDamaged(
                f"{self._note} is damaged ({type(error).__name__}).",
                "Delete it: a new numbering begins, and the segments that are there are read as before.",
            ) from None

    def _write_note(self, first: int) -> None:
        beside = self._note.with_name(self._note.name + ".new")
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _FILE_MODE)
        try:
            os.write(file, json.dumps({"id": self._log.rpartition("-")[2], "open": first}).encode())
            os.fsync(file)
        finally:
            os.close(file)
        beside.replace(self._note)
        _sync_folder(self.folder)

    def close(self) -> None:
        """Write what was taken, then release the inbox. Safe to call twice."""
        with self._wanted:
            self._closing = True
            self._wanted.notify()
        self._thread.join()
        self._release()

    def _release(self) -> None:
        for file in (self._file, self._lock):
            if file >= 0:
                os.close(file)
        self._file = self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _whole_lines(file: int) -> tuple[int, int]:
    """(bytes up to behind the last line feed, lines) of a file."""
    at = size = count = 0
    while chunk := os.pread(file, _CHUNK, at):
        lines = chunk.count(b"\n")
        if lines:
            count += lines
            size = at + chunk.rfind(b"\n") + 1
        at += len(chunk)
    return size, count


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
