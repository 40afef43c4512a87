"""One answer of a server that misbehaves: rate limit, back-off, Retry-After, a deadline for slow bodies, a bound on size."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import httpx
import tenacity

from operators.config.feed_tables import PullTable
from state import errors, limits

T = TypeVar("T")
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529})
"""Statuses after which the same question may be answered."""


class PullFault(errors.Fault):
    """The pull stopped: what was pulled is durable, the cursor stands before what was not."""


class Again(Exception):
    """An attempt that failed and may be made again; the text is a whole sentence. `wait_s`: as the server asked for."""

    def __init__(self, sentence: str, wait_s: float | None = None) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Times:
    """Clocks and waiting, so that tests need none: epoch ms, seconds that never go back, a pause."""

    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Fetcher:
    """Asks one server. Not for use by several threads."""

    def __init__(self, table: PullTable, client: httpx.Client, token: str, times: Times) -> None:
        self.table = table
        self.where = str(httpx.URL(table.url).copy_with(query=None))
        """The address as it may be shown: parameters can hold a token."""
        self._client = client
        self._token = token
        self._times = times
        self._next_s = 0.0
        self._backoff = tenacity.wait_random_exponential(multiplier=0.5, max=limits.PULL_BACKOFF_S)

    def get(self, parameters: Mapping[str, str], read: Callable[[bytes], T]) -> T:
        """What `read` makes of an answer; it raises `Again` for one that is no answer.

        Raises Refused for a question that will never be answered, PullFault after all attempts.
        """
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.table.attempts),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(Again),
            sleep=self._times.sleep,
            reraise=True,
        )
        try:
            return retrying(lambda: read(self._once(parameters)))
        except Again as last:
            raise PullFault(
                f"{self.where} gave no usable answer in {self.table.attempts} attempts: {last}",
                "Pull again later; it goes on where it stopped, and nothing is lost.",
            ) from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, Again) and error.wait_s is not None:
            return error.wait_s
        return self._backoff(state)

    def _once(self, parameters: Mapping[str, str]) -> bytes:
        self._keep_rate()
        headers = {"Accept": "application/json", **self.table.headers}
        asked = {**self.table.query, **parameters}
        if self._token and self.table.token_query:
            asked[self.table.token_query] = self._token
        elif self._token:
            headers[self.table.token_header] = self.table.token_prefix + self._token
        began = self._times.monotonic()
        url = httpx.URL(self.table.url).copy_merge_params(asked)
        try:
            with self._client.stream("GET", url, headers=headers, timeout=self.table.timeout_s) as response:
                self._judge(response)
                return self._body(response, began)
        except httpx.TimeoutException:
            raise Again(f"It did not answer within {self.table.timeout_s:g} s.") from None
        except httpx.RequestError as error:
            raise Again(f"The connection failed ({type(error).__name__}).") from None

    def _keep_rate(self) -> None:
        wait = self._next_s - self._times.monotonic()
        if wait > 0:
            self._times.sleep(wait)
        self._next_s = self._times.monotonic() + 1 / self.table.per_second

    def _judge(self, response: httpx.Response) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        if status in _AGAIN or status >= 500:
            raise Again(f"It answered {status}.", self._asked_wait(response))
        if status in (401, 403):
            raise errors.SourceRefused(
                f"{self.where} refused the token ({status}).",
                "Set the environment variable of token_env to a valid one.",
            )
        if 300 <= status < 400:
            raise errors.SourceRefused(
                f"{self.where} sends elsewhere ({status}), where the token is not to be shown.",
                "Set url to the address that it names.",
            )
        raise errors.SourceRefused(
            f"{self.where} refused the question ({status}).", "Check url, query, paging and window of this pull."
        )

    def _asked_wait(self, response: httpx.Response) -> float | None:
        text = response.headers.get("Retry-After", "").strip()
        if not text:
            return None
        if text.isascii() and text.isdigit():
            wait = float(text[:9])
        else:
            try:
                until = parsedate_to_datetime(text)
            except (TypeError, ValueError, IndexError, OverflowError):
                return None
            until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
            wait = max(0.0, until.timestamp() - self._times.now_ms() / 1000)
        if wait > limits.PULL_WAIT_S:
            raise PullFault(
                f"{self.where} asks for a pause of {wait:.0f} s; a pull waits for {limits.PULL_WAIT_S} s at most.",
                "Pull again after that time; it goes on where it stopped.",
            )
        return wait

    def _body(self, response: httpx.Response, began: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > limits.FEED_BYTES:
                raise errors.SourceRefused(
                    f"{self.where} answered with more than {limits.FEED_BYTES} bytes.",
                    "Ask for fewer leads a page (paging.size) or a shorter window (window.longest_hours).",
                )
            if self._times.monotonic() - began > self.table.timeout_s:
                raise Again(f"Its answer was not complete within {self.table.timeout_s:g} s.")
            parts.append(part)
        return b"".join(parts)
