"""What all doors share: who may send, how much, what is held in memory, and the answer that comes after the disk."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from mmap import mmap
from pathlib import Path

from connectors.durable.places import SLICE, Durable, Full, Line
from connectors.feeds.registry import Delivery, Feed
from connectors.gateway import signature
from connectors.gateway.bodies import Mapped, Room
from connectors.gateway.check import Check
from connectors.gateway.meters import Meters
from connectors.gateway.rates import Rates
from connectors.gateway.refusal import DoorRefused, behind
from connectors.gateway.sheets import Question, Sheet, Sheets
from connectors.gateway.waiting import Waiting
from operators.config.configuration import Configuration
from operators.config.secret import Secret
from operators.config.tables import ChannelTable, GatewayTable
from state import errors, limits

log = logging.getLogger("leadstream")


@dataclass
class Gateway:
    """For one configuration and one place that is durable."""

    configuration: Configuration
    durable: Durable
    environ: Mapping[str, str] = field(repr=False)
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    unsigned: bool = False
    """Whether channels without a secret may send: on this machine alone, for trials."""
    version: str = ""
    wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000

    def __post_init__(self) -> None:
        """Reads every secret. Raises ConfigurationRefused."""
        tables = self.configuration.tables
        table = GatewayTable.model_validate(tables.get("gateway", {}))
        own = {code: ChannelTable.model_validate(one) for code, one in tables.get("channels", {}).items()}
        self._waiting = Waiting(self.durable)
        self.meters = Meters(self.durable, self.version)
        self.check = Check(self.configuration, self.wall_ms)
        self.stopping = False
        self.bodies = Room(limits.GATEWAY_HELD_BYTES)
        """Of bodies in memory."""
        self.files = Room(limits.GATEWAY_IMPORTS_BYTES)
        """Of sheets in temporary files."""
        self._sheets = Sheets(self.configuration)
        self._reading = asyncio.Semaphore(limits.GATEWAY_IMPORTS)
        self._body_bytes = {code: one.body_bytes for code, one in own.items() if one.body_bytes is not None}
        self._most_bytes = table.body_bytes
        rates = {code: one.leads_per_minute for code, one in own.items() if one.leads_per_minute is not None}
        self.rates = Rates(table.leads_per_minute, rates)
        environ = self.environ
        self._secrets = {
            code: signature.secrets_of(signature.variable_of(code), environ)
            for code in self.configuration.rules.channels
        }
        self._feed_secrets = {code: signature.secrets_of(one.secret_env, environ) for code, one in self.feeds.items()}
        self._verify = {
            code: signature.secrets_of(f"{one.secret_env}_VERIFY", environ) for code, one in self.feeds.items()
        }

    # --- who may send, and how much

    def without_secret(self) -> list[str]:
        """Channels that nobody can sign for."""
        return sorted(code for code, secrets in self._secrets.items() if not secrets)

    def most_bytes(self, channel: str) -> int:
        """Longest body of a request to this channel."""
        return self._body_bytes.get(channel, self._most_bytes)

    def allow(self, channel: str, headers: Mapping[str, str], target: str, body: bytes | mmap) -> None:
        """Raises DoorRefused (401) where the request is not signed for this channel."""
        secrets = self._secrets.get(channel, ())
        if secrets:
            signature.check(secrets, headers, target, body, self.wall_ms())
        elif not self.unsigned:
            raise DoorRefused(
                401,
                "NO_SECRET",
                f"The channel {channel} has no secret, so nobody can be told from it.",
                f"Its operator sets {signature.variable_of(channel)}, or …_FILE, and starts the gateway again.",
            )

    def allow_file(self, channel: str, headers: Mapping[str, str], target: str, path: Path) -> None:
        """As `allow`, for a body that lies in a file; takes as long as reading it."""
        with Mapped(path) as body:
            self.allow(channel, headers, target, body)

    async def read_sheet(self, path: Path, name: str, asked: Question) -> Sheet:
        """A sheet's leads. Raises DoorRefused: 400 for what is no sheet, 429 while others are read."""
        try:
            async with asyncio.timeout(limits.GATEWAY_WAIT_S):
                await self._reading.acquire()
        except TimeoutError:
            raise behind(limits.GATEWAY_WAIT_S) from None
        try:
            return await asyncio.to_thread(self._sheets.read, path, asked, self.wall_ms())
        except errors.Refused as error:
            message = error.message.replace(str(path), _shown(name))
            raise DoorRefused(400, "SHEET_REFUSED", message, error.action) from None
        finally:
            self._reading.release()

    def read_feed(self, code: str, headers: Mapping[str, str], body: bytes) -> Delivery:
        """A webhook's leads. Raises DoorRefused where the feed does not take it."""
        secrets: list[str] = [secret.reveal() for secret in self._feed_secrets[code]]
        try:
            return self.feeds[code].read(body, headers, secrets, self.wall_ms())
        except errors.Refused as refused:
            raise DoorRefused(
                getattr(refused, "status", 400), "DELIVERY_REFUSED", refused.message, refused.action
            ) from None

    def verify(self, code: str, token: str) -> None:
        """The question by which a channel makes sure of a webhook's address. Raises DoorRefused (401)."""
        secrets: Sequence[Secret] = self._verify[code]
        sent = token.encode("utf-8", "surrogateescape")
        if not any([hmac.compare_digest(secret.reveal().encode(), sent) for secret in secrets]):
            raise DoorRefused(
                401,
                "NOT_SIGNED",
                "The verify token is not the one that is set here.",
                f"Set the same at the channel and in {self.feeds[code].secret_env}_VERIFY.",
            )

    # --- durable

    async def keep(self, lines: Sequence[Line]) -> None:
        """Return when all lines are durable. Raises DoorRefused: 429 while behind, 503 where they cannot be kept."""
        began = time.monotonic()
        for first in range(0, len(lines), SLICE):
            await self._keep(lines[first : first + SLICE])
        self.meters.seconds.observe(time.monotonic() - began)

    async def _keep(self, lines: Sequence[Line]) -> None:
        try:
            async with asyncio.timeout(limits.GATEWAY_WAIT_S):
                await self._waiting.put(lines)
        except (Full, TimeoutError):
            raise behind() from None
        except errors.LeadstreamError as error:
            log.error("Leads could not be made durable: %s", error)
            raise DoorRefused(
                503,
                "NOT_DURABLE",
                "The leads could not be made durable and were not acknowledged.",
                "Send them again after the seconds in Retry-After; the operator finds the reason in the log.",
                5,
            ) from None


def _shown(name: str) -> str:
    """A file's name as its sender has written it, for one line of an answer."""
    return "".join(c if c.isprintable() else "?" for c in name[:100].encode("utf-8", "replace").decode()) or "sheet"
