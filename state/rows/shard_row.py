"""A shard's own row."""

from __future__ import annotations

from msgspec import Struct


class Meta(Struct, array_like=True):
    """The shard's own row."""

    clock: int = 0
    outbox: int = 0
    """Highest outbox sequence written."""
    hops: int = 0
    """Messages sent so far."""
    stories: int = 0
    """Audit rows written so far."""
    registry: str = ""
    """Digest of the channels, stores and calendars by which its waiting leads were judged last."""
