"""The database of a process: one RocksDB, opened by one process at a time, one log that orders everything.

Two column families, because their options differ: rows (read at random, hot) and audit (written once, read by `explain`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rocksdict import AccessType, BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, ReadOptions, WriteBatch

from state import errors, keys, process

AUDIT: Final = "audit"
_HOLDER: Final = "HOLDER"
_SETTINGS: Final = "rocksdict-config.json"
_CACHE_BYTES: Final = 256 << 20
_BUFFER_BYTES: Final = 32 << 20
_LOG_BYTES: Final = 96 << 20
"""Write-ahead log kept at most: what an opening after SIGKILL replays (under 1 s)."""


def _options(*, audit: bool, cache: Cache) -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.create_missing_column_families(True)
    options.set_write_buffer_size(_BUFFER_BYTES)
    options.set_max_write_buffer_number(4)
    options.set_max_total_wal_size(_LOG_BYTES)
    options.set_max_background_jobs(2)
    options.set_bytes_per_sync(1 << 20)  # tables go to the disk as they are written: no burst that a sync waits behind
    options.set_compression_type(DBCompressionType.none() if not audit else DBCompressionType.lz4())
    options.set_level_compaction_dynamic_level_bytes(True)
    options.set_keep_log_file_num(4)
    options.set_max_open_files(512)
    blocks = BlockBasedOptions()
    blocks.set_block_cache(cache)
    blocks.set_block_size(8 << 10)
    blocks.set_bloom_filter(10, False)
    blocks.set_cache_index_and_filter_blocks(True)
    options.set_block_based_table_factory(blocks)
    return options


def _view(folder: Path, view: Path) -> Path:
    """A folder of links to a database that this user may only read, with a copy of what the library would write to.

    What its writer adds meanwhile is not in it: whoever opens it tries again (state/inspect.py).
    """
    view.mkdir()
    for file in folder.iterdir():
        if file.name == _SETTINGS:
            shutil.copyfile(file, view / file.name)
        else:
            (view / file.name).symlink_to(file.resolve())
    return view


class Database:
    """The process's RocksDB in raw mode: bytes to bytes. Every error comes out as a Fault with the operator's action."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.batches = 0
        self._counting = threading.Lock()
        self._reading = read_only
        self.scratch: Path | None = None
        """Folder of a reader, outside the state."""
        cache = Cache(_CACHE_BYTES)
        folder = path / "db"
        try:
            if not read_only:
                process.keep_private()
                folder.mkdir(parents=True, exist_ok=True)
            families = {"default": _options(audit=False, cache=cache), AUDIT: _options(audit=True, cache=cache)}
            if read_only:
                for options in families.values():
                    options.set_max_open_files(-1)  # all at once: the writer may delete files not opened yet
                if not (folder / "CURRENT").exists():
                    raise errors.StateRefused(
                        f"There is no state in {path}.", "Name the folder that `leadstream run --state` used."
                    )
                # Beside a writer only a secondary is safe: opening read-only fails now and then. It needs a folder of its own.
                self.scratch = Path(os.path.realpath(tempfile.mkdtemp(prefix="leadstream-reader-")))
                access = AccessType.secondary(str(self.scratch / "own"))
                # The library writes its settings beside the tables at every opening: there, or nowhere.
                seen = folder if os.access(folder, os.W_OK) else _view(folder, self.scratch / "view")
                self.rows = Rdict(str(seen), families["default"], column_families=families, access_type=access)
            else:
                self.rows = Rdict(str(folder), families["default"], column_families=families)
        except errors.LeadstreamError:
            raise
        except OSError as error:
            self._clear()
            raise errors.of_disk(error, f"opening the state in {path}") from error
        except Exception as error:
            self._clear()
            text = str(error)
            if "lock" in text.lower() and (
                "LOCK" in text or "No locks available" in text or "temporarily unavailable" in text
            ):
                raise errors.StateLocked(
                    f"The state in {path} is in use by {self._holder()}.",
                    "Stop that process first, or name another folder with --state.",
                ) from error
            raise errors.of_disk(error, f"opening the state in {path}") from error
        self.audit = self.rows.get_column_family(AUDIT)
        self.audit_handle = self.rows.get_column_family_handle(AUDIT)
        if not read_only:
            with contextlib.suppress(OSError):
                (path / _HOLDER).write_text(f"process {os.getpid()}\n")

    def _clear(self) -> None:
        """Remove what a reader leaves on disk."""
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _holder(self) -> str:
        try:
            return (self.path / _HOLDER).read_text().strip() or "another process"
        except OSError:
            return "another process"

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""
        try:
            found: bytes | None = self.rows.get(key)
        except Exception as error:
            raise self._unread(error) from error
        return found

    def get_many(self, keys: list[bytes]) -> list[bytes | None]:
        """The values of many keys, in their order."""
        try:
            found: list[bytes | None] = self.rows.get(keys)  # type: ignore[arg-type, assignment]
        except Exception as error:
            raise self._unread(error) from error
        return found

    def _unread(self, error: Exception) -> errors.Fault:
        return errors.of_disk(error, f"reading the state in {self.path}")

    def batch(self) -> WriteBatch:
        """An empty atomic batch."""
        return WriteBatch(raw_mode=True)

    def write(self, batch: WriteBatch) -> int:
        """Write a batch; returns its number for `GroupCommit`. Readable at once, durable after the next sync."""
        try:
            self.rows.write(batch)
        except Exception as error:
            raise errors.of_disk(error, f"writing the state in {self.path}") from error
        with self._counting:  # two workers of a process write side by side
            self.batches += 1
            return self.batches

    def put(self, key: bytes, value: bytes) -> None:
        """Write one row."""
        batch = self.batch()
        batch.put(key, value)
        self.write(batch)

    def sync(self) -> None:
        """Make everything written so far survive a power loss."""
        try:
            self.rows.flush_wal(True)
        except Exception as error:
            raise errors.of_disk(error, f"syncing the state in {self.path}") from error

    def scan(self, begin: bytes, end: bytes, *, audit: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Rows with begin ≤ key < end, in order."""
        family = self.audit if audit else self.rows
        # With its end told, the cursor does not pass over what was deleted behind it: half a microsecond for each such key.
        options = ReadOptions()
        options.set_iterate_upper_bound(end)
        cursor = family.iter(options)
        try:
            cursor.seek(begin)
        except Exception as error:
            raise self._unread(error) from error
        while cursor.valid():
            yield cursor.key(), cursor.value()
            cursor.next()
        try:
            cursor.status()  # an iterator that met an error ends like one at its end
        except Exception as error:
            raise self._unread(error) from error

    def forget_audit(self, month: int) -> None:
        """Delete the audit rows of all months before this one: one range, whatever their number."""
        try:
            self.audit.delete_range(*keys.months_before(month))
        except Exception as error:
            raise errors.of_disk(error, f"writing the state in {self.path}") from error

    def close(self) -> None:
        """Flush, release the lock. The handle must go too: with column families the lock is held by each of them.

        Raises a Fault when the disk refuses the flush, after everything is closed: what is not flushed lies in the log.
        """
        del self.audit_handle
        failed: Exception | None = None
        for family in (self.audit, self.rows):
            try:
                family.close()
            except Exception as error:
                failed = failed or error
        del self.audit
        self._clear()
        if failed is not None:
            raise errors.of_disk(failed, f"closing the state in {self.path}") from failed
        if not self._reading:
            with contextlib.suppress(OSError):
                (self.path / _HOLDER).unlink()
