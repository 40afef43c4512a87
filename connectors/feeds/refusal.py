"""A delivery that a feed does not take."""

from __future__ import annotations

from state import errors


class FeedRefused(errors.Refused):
    """A delivery refused as a whole, before any lead of it was taken: the channel may send it again.

    `status` is the HTTP status that says so: 400 not readable, 401 not signed as agreed, 413 too large.
    """

    def __init__(self, message: str, action: str, status: int = 400) -> None:
        super().__init__(message, action)
        self.status = status

    def __reduce__(self) -> tuple[type[FeedRefused], tuple[str, str, int]]:  # type: ignore[override]
        return type(self), (self.message, self.action, self.status)
