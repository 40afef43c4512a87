"""A request's body, within the limits of size, time and memory; in memory, or in a file where it may be large."""

from __future__ import annotations

import asyncio
import logging
import mmap
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from connectors.gateway.refusal import DoorRefused, behind
from state import limits

log = logging.getLogger("leadstream")


class Room:
    """Bytes that all bodies of a kind may take together."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0


class Body:
    """A body in memory; its bytes are given back at the end."""

    def __init__(self, room: Room, request: Request, most: int) -> None:
        self._room = room
        self._request = request
        self._most = most
        self._taken = 0

    async def __aenter__(self) -> bytes:
        """Raises DoorRefused: 413, 408, 429, 400."""
        try:
            return b"".join(await self._chunks())
        except BaseException:
            self._give_back()
            raise

    async def _chunks(self) -> list[bytes]:
        chunks: list[bytes] = []
        await self._read(chunks.append)
        return chunks

    async def _read(self, take: Any) -> None:
        said = self._request.headers.get("content-length", "")
        if said.isascii() and said.isdigit() and int(said) > self._most:
            raise self._too_large()
        try:
            async with asyncio.timeout(limits.GATEWAY_BODY_S):
                async for chunk in self._request.stream():
                    if self._taken + len(chunk) > self._most:
                        raise self._too_large()
                    if self._room.taken + len(chunk) > self._room.most:
                        raise behind()
                    self._taken += len(chunk)
                    self._room.taken += len(chunk)
                    take(chunk)
        except TimeoutError:
            raise DoorRefused(
                408, "TOO_SLOW", f"The body did not arrive within {limits.GATEWAY_BODY_S} s.", "Send it again."
            ) from None
        except ClientDisconnect:
            raise DoorRefused(400, "BROKEN_OFF", "The sender went away.", "Send it again.") from None

    def _too_large(self) -> DoorRefused:
        return DoorRefused(
            413,
            "TOO_LARGE",
            f"The body is longer than the {self._most} bytes that are taken here.",
            "Send fewer at a time; none of them was taken.",
        )

    async def __aexit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        self._room.taken -= self._taken
        self._taken = 0


class FileBody(Body):
    """A body in a temporary file that its owner alone may read, gone at the end; what is entered is its path."""

    def __init__(self, room: Room, request: Request, most: int, ending: str) -> None:
        super().__init__(room, request, most)
        self._ending = ending
        self._file: IO[bytes] | None = None

    async def __aenter__(self) -> Path:  # type: ignore[override]
        try:
            self._file = file = tempfile.NamedTemporaryFile(prefix="leadstream-", suffix=self._ending)  # noqa: SIM115
            await self._read(file.write)
            file.flush()
        except OSError as error:
            self._give_back()
            log.error("A sheet could not be kept in the folder for temporary files (%s).", error.strerror)
            raise DoorRefused(
                503,
                "NOT_DURABLE",
                "The sheet could not be kept while it is read; nothing of it was taken.",
                "Send it again after the seconds in Retry-After; the operator finds the reason in the log.",
                5,
            ) from None
        except BaseException:
            self._give_back()
            raise
        return Path(file.name)

    def _give_back(self) -> None:
        super()._give_back()
        if self._file is not None:
            self._file.close()
            self._file = None


class Mapped:
    """A file's bytes without holding them in memory, for a signature over all of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map: mmap.mmap | None = None

    def __enter__(self) -> mmap.mmap | bytes:
        with self._path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:  # what is empty cannot be mapped
                return b""
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._map

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._map is not None:
            self._map.close()
