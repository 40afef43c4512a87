"""What a rule works with in one batch: the entity's row, its ids, and where what is decided about it goes."""

from __future__ import annotations

from typing import Final

from operators.base.outputs import Outputs
from operators.identity.masks import without_number
from state import keys
from state.members import BatchGroup, Members
from state.rows.channel_row import ChannelRow
from state.rows.customer_row import Customer
from state.rows.exits_row import ExitsRow
from state.rows.store_row import StoreRow

_SHORTEST_NUMBER: Final = 10


class Desk:
    """One customer's decisions within a batch: the row, its ids, and where its outputs go."""

    __slots__ = (
        "_unique",
        "_unique_id",
        "digest",
        "one_id",
        "out",
        "prefix",
        "row",
        "rules",
        "shadow",
        "story",
        "text",
        "version",
    )

    def __init__(self, row: Customer, digest: bytes, out: Outputs) -> None:
        self.row = row
        self.digest = digest
        self.out = out
        self.rules = out.rules
        self.text = out.text
        self.version = out.rules.version
        self.shadow = row.shadow
        self.one_id = digest.hex()
        self.prefix = f"{self.one_id}.{row.life}."
        self.story = out.stories[digest, row.shadow]
        self._unique = 0
        self._unique_id = ""

    def raw_id(self, n: int) -> str:
        """raw_id of the customer's n-th raw lead (ruling 21)."""
        return f"{self.prefix}r{n}"

    def unique_id(self, n: int) -> str:
        """unique_id of the customer's n-th unique lead. One record mostly speaks of one: the last one asked for is kept."""
        if n != self._unique:
            self._unique = n
            self._unique_id = f"{self.prefix}u{n}"
        return self._unique_id

    def masked(self, text: str) -> str:
        """`text`, an id of another system, with the customer's own numbers inside it masked (rulings 37 and 81)."""
        if len(text) < _SHORTEST_NUMBER:
            return text
        row = self.row
        usual = not row.landline and row.phone.isdigit()
        if usual and text.isascii() and text.isalnum() and row.phone not in text:
            return text
        for number in (row.phone, row.landline):
            if number:
                text = without_number(text, number)
        return text


class ChannelDesk:
    """One channel's decisions within a batch."""

    __slots__ = ("out", "row", "rules")

    def __init__(self, row: ChannelRow, out: Outputs) -> None:
        self.row = row
        self.out = out
        self.rules = out.rules


class ExitsDesk:
    """A shard's store exits within a batch: their row, and the customers who may be concerned."""

    __slots__ = ("_members", "out", "row")

    def __init__(self, row: ExitsRow, out: Outputs, members: Members) -> None:
        self.row = row
        self.out = out
        self._members = members

    def holding(self, wanted: bytes, behind: bytes, rows: int, most: int) -> tuple[list[bytes], bytes]:
        """(customers whose stored row holds these bytes, the last one looked at or b"" at the end), at most `most` of the next
        `rows` behind one."""
        return self._members.holding(keys.CUSTOMER, wanted, behind, rows, most)


class StoreDesk:
    """One store's decisions within a batch: its row, and its members."""

    __slots__ = ("_entity", "_members", "out", "row", "rules")

    def __init__(self, row: StoreRow, entity: bytes, out: Outputs, members: Members) -> None:
        self.row = row
        self.out = out
        self.rules = out.rules
        self._entity = entity
        self._members = members

    def group(self, name: bytes, *, ordered: bool) -> BatchGroup:
        """A group of the store's members."""
        return self._members.group(self._entity, name, ordered=ordered)
