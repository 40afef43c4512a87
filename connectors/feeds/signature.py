"""Whether a delivery comes from its channel: compared in constant time, with every secret that is valid (rotation)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.feeds.mapping import at
from connectors.feeds.refusal import FeedRefused
from operators.config.feed_tables import SignatureTable

_LATEST_SECONDS = 100_000_000_000
"""A time stamp above this counts milliseconds."""


def check_headers(
    code: str, table: SignatureTable, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now_ms: int
) -> None:
    """Judge what stands in the headers; `headers` have lower-case names. Raises FeedRefused (401), which shows no secret."""
    if not any(secrets):
        raise FeedRefused(
            f"The feed {code} has no secret, so nobody can be told from the channel.",
            "Set the environment variable of its secret (secret_env) and start again.",
            401,
        )
    if table.kind == "body":
        return
    given = headers.get(table.header.lower(), "")
    if not given:
        raise FeedRefused(f"The header {table.header} is missing.", "Send the delivery signed as agreed.", 401)
    stamp = headers.get(table.timestamp.lower(), "") if table.timestamp else ""
    if table.timestamp:
        _check_stamp(table, stamp, now_ms)
    wanted = [_expected(table, body, stamp, secret) for secret in secrets if secret]
    # every secret is compared, whichever fits, so that the time taken does not tell which one
    if not any([hmac.compare_digest(one, _bytes(given.strip())) for one in wanted]):
        raise FeedRefused(
            f"The header {table.header} does not fit the delivery and any secret of the feed {code}.",
            "Check the secret on both sides, and which bytes are signed.",
            401,
        )


def check_payload(code: str, table: SignatureTable, payload: Any, secrets: Sequence[str]) -> None:
    """Judge a secret that stands in the payload itself. Raises FeedRefused (401)."""
    if table.kind != "body":
        return
    given = at(payload, table.path) if table.path is not None else None
    sent = _bytes(given) if isinstance(given, str) else b""
    if not any([hmac.compare_digest(_bytes(secret), sent) for secret in secrets if secret]):
        raise FeedRefused(
            f"The key in the payload of the feed {code} is not one of its secrets.",
            "Set the same key at the channel and here.",
            401,
        )


def _bytes(text: str) -> bytes:
    """Any text as bytes, whatever a header or an environment has made of bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def _check_stamp(table: SignatureTable, stamp: str, now_ms: int) -> None:
    text = stamp.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise FeedRefused(f"The header {table.timestamp} holds no time stamp.", "Send the time of signing in it.", 401)
    signed_ms = int(text) * (1 if int(text) > _LATEST_SECONDS else 1000)
    if abs(now_ms - signed_ms) > table.window_s * 1000:
        raise FeedRefused(
            f"The delivery was signed more than {table.window_s} s from now.",
            "Check the clocks of both sides, and sign each attempt anew.",
            401,
        )


def _expected(table: SignatureTable, body: bytes, stamp: str, secret: str) -> bytes:
    key = _bytes(secret)
    if table.kind == "token":
        return table.prefix.encode() + key
    signed = b"".join(_pieces(table.signed, body, stamp))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    text = base64.b64encode(digest) if table.encoding == "base64" else digest.hex().encode()
    return table.prefix.encode() + text


def _pieces(signed: str, body: bytes, stamp: str) -> list[bytes]:
    """`{timestamp}\\n{body}` as bytes; the body is put in last, so that nothing in it is taken for a piece."""
    before, found, after = signed.partition("{body}")
    parts = [one.replace("{timestamp}", stamp).encode() for one in (before, after)]
    return [parts[0], body if found else b"", parts[1]]
