"""Late raw leads are told of: one notification per channel and hour of the clock, to the maker (ruling 81).

The customer's shard tells the channel, an entity of its own; the channel counts, and its timer at the end of the hour sends.
The timer waits until everything is at rest: a late lead of that hour may still be on its way.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from operators.base.desk import ChannelDesk
from operators.base.outputs import Outputs
from operators.base.rules import Rules
from operators.wire import streams
from operators.wire.streams import Why
from state import keys
from state.rows.channel_row import ChannelRow
from state.rows.messages import LateLead

HOUR_MS: Final = 3_600_000
KIND: Final = "LATE_LEAD"
MAKER: Final = "maker"


def tell(channel: str, now: int, out: Outputs) -> None:
    """A late raw lead of this channel, met when the clock stood at `now`; not for the shadow realm."""
    out.tell(keys.channel_entity(channel), LateLead(now))


def end_of_hour(at: int, rules: Rules) -> int:
    """The end of the hour of the clock in which `at` lies, by the hands of the business time zone; its beginning is in it."""
    offset = rules.local.offset_ms(at)
    return at - (at + offset) % HOUR_MS + HOUR_MS


def count(desk: ChannelDesk, message: LateLead, now: int) -> None:
    """One more in its hour. One of an hour that was told of counts in the next: the wall clock was set back."""
    row = desk.row
    end = end_of_hour(message.at, desk.rules)
    if end <= row.told:
        end = row.told + HOUR_MS
    row.hours[end] = row.hours.get(end, 0) + 1


def next_due(row: ChannelRow, rules: Rules) -> int:
    """The end of the first hour that nobody was told of; 0 = nothing was late."""
    return min(row.hours, default=0)


def fire(desk: ChannelDesk, before: int) -> bool:
    """Tell of each hour that ended before `before`, in their order."""
    row, out = desk.row, desk.out
    for end in sorted(row.hours):
        if end >= before:
            break
        at = out.text(end)
        out.events.append(
            (
                streams.NOTIFICATIONS,
                row.code,
                streams.Notification(
                    f"notifications-late-{row.code}-{end // 1000}",
                    at,
                    desk.rules.version,
                    Why("lateness", window_start=out.text(end - HOUR_MS), window_end=at),
                    UNSET,
                    KIND,
                    streams.To(MAKER, ""),
                    at,
                    channel=row.code,
                    count=row.hours.pop(end),
                ),
            )
        )
        row.told = end
    return True
