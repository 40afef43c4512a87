"""Who may send: secrets from the environment or files, several valid at once; signatures compared in constant time.

A request to a channel's door carries

    X-Leadstream-Timestamp: 1773300000          seconds since 1970, within five minutes of the gateway's clock
    X-Leadstream-Signature: sha256=<hex>        HMAC-SHA256 of "<timestamp>.<path and query>.<body>" by the channel's secret

The path is signed too: what was signed for one channel does not pass for another.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from mmap import mmap
from typing import Final

from connectors.gateway.refusal import DoorRefused
from operators.config.secret import Secret, secret_of
from state import limits

TIMESTAMP: Final = "X-Leadstream-Timestamp"
SIGNATURE: Final = "X-Leadstream-Signature"
_PREFIX: Final = "sha256="
_DIGITS: Final = 12


def variable_of(channel: str) -> str:
    """The variable that holds a channel's secrets: LEADSTREAM_CHANNEL_AUTOHOME; NAME_FILE may name a file instead."""
    return "LEADSTREAM_CHANNEL_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in channel.upper())


def secrets_of(variable: str, environ: Mapping[str, str] = os.environ) -> tuple[Secret, ...]:
    """The secrets of a variable or of the file that it names: one a line, each valid. Raises ConfigurationRefused."""
    lines = secret_of(variable, environ).reveal().splitlines()
    return tuple(Secret(line.strip()) for line in lines if line.strip())


def signed(secret: str, timestamp: int, target: str, body: bytes | mmap) -> str:
    """The header's value: for senders, and for tests."""
    digest = hmac.new(secret.encode(), f"{timestamp}.{target}.".encode(), hashlib.sha256)
    digest.update(body)
    return _PREFIX + digest.hexdigest()


def check(secrets: Sequence[Secret], headers: Mapping[str, str], target: str, body: bytes | mmap, now_ms: int) -> None:
    """Raises DoorRefused (401). Every secret is compared, whichever fits: the time taken does not tell which."""
    stamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    if not stamp or not given:
        missing = TIMESTAMP if not stamp else SIGNATURE
        raise _refused(f"The header {missing} is missing.", f"Sign the request: {TIMESTAMP} and {SIGNATURE}.")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _DIGITS):
        raise _refused(f"The header {TIMESTAMP} holds no seconds since 1970.", "Send the time of signing in it.")
    if abs(now_ms - int(stamp) * 1000) > limits.SIGNATURE_WINDOW_S * 1000:
        raise _refused(
            f"The request was signed more than {limits.SIGNATURE_WINDOW_S} s from now.",
            "Check the clock of the sender, and sign each attempt anew.",
        )
    sent = given.strip().encode("utf-8", "surrogateescape")
    wanted = [signed(secret.reveal(), int(stamp), target, body).encode() for secret in secrets]
    if not any([hmac.compare_digest(one, sent) for one in wanted]):
        raise _refused(
            f"The header {SIGNATURE} fits none of the channel's secrets.",
            f"Check the secret on both sides, and that '{'<timestamp>.<path and query>.<body>'}' is what is signed.",
        )


def _refused(message: str, action: str) -> DoorRefused:
    return DoorRefused(401, "NOT_SIGNED", message, action)
