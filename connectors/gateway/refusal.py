"""What a door answers where it does not take a request."""

from __future__ import annotations

from typing import Final

AGAIN_S: Final = 1
"""Seconds after which a request that met a full queue is to be sent again."""


class DoorRefused(Exception):
    """A request that is not taken: HTTP status, code, whole sentences, and where it helps when to come again.

    `message` and `action` go to the sender: they name no secret, and nothing of what was sent.
    """

    def __init__(self, status: int, code: str, message: str, action: str, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.action = action
        self.retry_after_s = retry_after_s


def behind(retry_after_s: int = AGAIN_S) -> DoorRefused:
    """More waits than may: disk or broker are slower than what comes in. Nothing is lost: the sender still has it."""
    return DoorRefused(
        429,
        "BEHIND",
        "More leads wait for the disk or broker than may; these were not acknowledged.",
        "Send them again after the seconds in Retry-After, with the same source_lead_id.",
        retry_after_s,
    )
