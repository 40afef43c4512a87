"""A channel's row as bytes: what is written is read, another format is refused, damage is named as that."""

import pytest

from state.errors import StateDamaged, StateRefused
from state.rows import channel_row
from state.rows.channel_row import ChannelRow


def test_what_is_written_is_read() -> None:
    row = ChannelRow("autohome", 5, {1_772_000_000_000: 3, -3_600_000: 1}, 7)
    assert channel_row.decode(channel_row.encode(row)) == row
    assert ChannelRow("a").hours is not ChannelRow("b").hours


def test_a_newer_format_and_a_damaged_row() -> None:
    stored = channel_row.encode(ChannelRow("autohome"))
    with pytest.raises(StateRefused, match="format 2; this version writes format 1"):
        channel_row.decode(b"\x02" + stored[1:])
    for damaged in (stored[:-3], b"\x01\xff", stored[:1] + b"x"):
        with pytest.raises(StateDamaged, match="A channel's row cannot be read"):
            channel_row.decode(damaged)
