"""A gateway within the test's process, and one as a process of its own."""

import asyncio
import json
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from face_shell import DEADLINE_S, Shell
from waiting import wait_until

from connectors.durable.places import Full
from connectors.gateway.app import application
from connectors.gateway.gateway import Gateway
from connectors.gateway.signature import SIGNATURE, TIMESTAMP, signed
from operators.config.configuration import from_tables

NOW_MS = 1_773_300_000_000  # 2026-03-12 15:20 in Shanghai
SECRET = "a secret of the channel"
TABLES: dict[str, Any] = {
    "channels": {
        "web": {"consent": True},
        "try": {"status": "TESTING"},
        "off": {"status": "SUSPENDED"},
        "slow": {"leads_per_minute": 3},
        "small": {"body_bytes": 300},
    },
    "stores": {"S1": {}},
}


class FakeDurable:
    """Keeps lines in memory; `error` is what the next ones meet, `hold` leaves them without an answer."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.keys: list[bytes] = []
        self.error: BaseException | None = None
        self.full = False
        self.hold = False
        self.ended: BaseException | None = None

    def give(self, lines: Any, done: Any) -> None:
        if self.full:
            raise Full
        if self.hold:
            return
        if self.error is None:
            self.lines += [line.value for line in lines]
            self.keys += [line.key for line in lines]
        done(self.error)

    def fault(self) -> BaseException | None:
        return self.ended

    def waiting(self) -> int:
        return 0

    def describe(self) -> str:
        return "memory"

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Doors:
    """A gateway to which requests are sent without a network."""

    tables: dict[str, Any] = field(default_factory=lambda: TABLES)
    environ: dict[str, str] = field(default_factory=lambda: {"LEADSTREAM_CHANNEL_WEB": SECRET})
    unsigned: bool = True
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.durable = FakeDurable()
        self.now_ms = NOW_MS
        self.gateway = Gateway(
            from_tables(self.tables),
            self.durable,
            self.environ,
            unsigned=self.unsigned,
            version="1",
            wall_ms=lambda: self.now_ms,
            **self.more,
        )
        self.app = application(self.gateway)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> httpx.Response:
        """One request."""

        async def one() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway", verify=False) as client:
                return await client.request(method, path, content=body, headers=headers)

        return asyncio.run(one())

    def send(self, path: str, value: Any, *, secret: str = SECRET, at_ms: int | None = None) -> httpx.Response:
        """POST, signed."""
        body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
        return self.ask("POST", path, body, **signature_of(secret, path, body, at_ms or self.now_ms))

    def kept(self) -> list[dict[str, Any]]:
        """What became durable."""
        return [json.loads(line) for line in self.durable.lines]


def signature_of(secret: str, path: str, body: bytes, now_ms: int) -> dict[str, str]:
    """The two headers."""
    seconds = now_ms // 1000
    return {TIMESTAMP: str(seconds), SIGNATURE: signed(secret, seconds, path, body)}


class GatewayProcess:
    """`leadstream gateway` as a process; `shell` ends it with the test."""

    def __init__(self, shell: Shell, *words: str | Path, **environ: str) -> None:
        self.shell = shell
        self.process: subprocess.Popen[bytes] = shell.start(
            "leadstream", "gateway", "--listen", "127.0.0.1:0", *words, **environ
        )
        found = wait_until(lambda: self._address() or self.process.poll() is not None, DEADLINE_S, "the gateway")
        assert isinstance(found, str), shell.log()
        self.url = found

    def _address(self) -> str:
        said = (self.shell.folder / "said").read_text(encoding="utf-8")
        found = re.search(r"listens on (http://\S+);", said)
        return found[1] if found else ""

    def send(self, client: httpx.Client, path: str, value: Any, secret: str = SECRET) -> httpx.Response:
        """POST, signed now."""
        body = json.dumps(value).encode()
        headers = signature_of(secret, path, body, int(time.time() * 1000))
        return client.post(self.url + path, content=body, headers=headers)
