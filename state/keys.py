"""Keys of the one database: the shard is the first byte of every key, so that a shard moves as key ranges (decision 0005).

    SS c digest realm          a customer's row
    SS k code                  a channel's row
    SS s code                  a store's row
    SS x                       the store exits that the shard knows
    SS r digits channel        a witness: a neighbourhood of numbers on a channel
    SS p entity group member   a member of an entity: a lead in a store's queue, a customer of an advisor
    SS q entity group order    the same members in an order, where they have one
    SS t due entity            an entity's timer (empty value)
    SS o sequence              an outbox row
    SS f source                a fence of an input partition
    SS h sender sequence       a hop: a message for an entity of shard SS
    SS g sender                the fence of a sender's messages
    SS n day                   counts of a local day, by channel
    SS u day                   counts of a local day, by channel and campaign
    SS w since digest lead     a lead that waits, by the time since when
    SS m                       the shard's own row: clock, sequences
    FF name                    the process: format, seal, sources

An entity is its kind's letter and its name. The letter is also its rank: of timers due at one instant those of the smaller
letter come first, so that a store's opening is behind everything its leads do at that instant (ruling 57).

Audit keys begin with the month, so that retention is one range deletion: MM MM SS a digest realm sequence, and
MM MM SS i source-key subject.
"""

from __future__ import annotations

from typing import Final

CUSTOMER: Final = b"c"
CHANNEL: Final = b"k"
STORE: Final = b"s"
RUN: Final = b"r"
EXITS: Final = b"x"
"""One row a shard: the entity has no name."""
MEMBER: Final = b"p"
ORDER: Final = b"q"
TIMER: Final = b"t"
OUTBOX: Final = b"o"
FENCE: Final = b"f"
HOP: Final = b"h"
HOP_FENCE: Final = b"g"
COUNTS: Final = b"n"
CAMPAIGNS: Final = b"u"
META: Final = b"m"
WAIT: Final = b"w"
STORY: Final = b"a"
INDEX: Final = b"i"
PROCESS: Final = b"\xff"

_MONTH_MS: Final = 30 * 86_400_000
NEVER: Final = 1 << 62
"""The moment of a timer that does not exist."""
NO_CLOCK: Final = -(1 << 52)
"""A clock before every time: there is none yet."""
_DUE_BIAS: Final = 1 << 62
"""Times before 1970 are negative; biased, all sort as unsigned bytes."""


def prefix(shard: int, space: bytes) -> bytes:
    """All keys of a space of a shard begin with this."""
    return bytes((shard,)) + space


def after(begin: bytes) -> bytes:
    """The first key behind every key that begins with `begin`."""
    return begin[:-1] + bytes((begin[-1] + 1,))


def customer_entity(digest: bytes, shadow: bool) -> bytes:
    """A customer as an entity: space, digest, realm."""
    return CUSTOMER + digest + (b"\x01" if shadow else b"\x00")


def store_entity(code: str) -> bytes:
    """A store as an entity."""
    return STORE + code.encode()


def channel_entity(code: str) -> bytes:
    """A channel as an entity."""
    return CHANNEL + code.encode()


def run_witness(digits: str, channel: str) -> bytes:
    """A neighbourhood of numbers on a channel as a witness. It lies in the shard of its customers (ruling 62)."""
    return RUN + (digits + channel).encode()


def entity_key(shard: int, entity: bytes) -> bytes:
    """Key of an entity's row."""
    return bytes((shard,)) + entity


def shard_of_customer(digest: bytes, shards: int) -> int:
    """The shard that owns a customer: from the head of his digest, a hash of his number's neighbourhood (ruling 62)."""
    return ((digest[0] << 8) | digest[1]) % shards


def shard_of(entity: bytes, shards: int) -> int:
    """The shard that owns an entity: of others than customers by a hash of the name."""
    if entity[0] == CUSTOMER[0]:
        return shard_of_customer(entity[1:], shards)
    value = 2166136261
    for byte in entity[1:]:
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value % shards


def moment(due: int, rank: int = 0) -> int:
    """A due time and a rank as one number: moments compare as timers fire. Everything due before `due` is before
    `moment(due)`."""
    return (due << 8) | rank


NOTHING: Final = moment(NO_CLOCK)
"""The moment before which no timer stands."""


def due_before(bound: int, rank: int) -> int:
    """What of this rank is due before this time lies before the moment `bound`."""
    return (bound >> 8) + (rank < (bound & 0xFF))


def timer_key(shard: int, due: int, entity: bytes) -> bytes:
    """Key of an entity's timer."""
    return bytes((shard,)) + TIMER + (due + _DUE_BIAS).to_bytes(8, "big") + entity


def timer_bound(shard: int, bound: int) -> bytes:
    """Keys of timers before this moment are smaller."""
    return bytes((shard,)) + TIMER + ((bound >> 8) + _DUE_BIAS).to_bytes(8, "big") + bytes((bound & 0xFF,))


def timer_of(key: bytes) -> tuple[int, bytes]:
    """(due, entity) of a timer key."""
    return int.from_bytes(key[2:10], "big") - _DUE_BIAS, key[10:]


def moment_of(key: bytes) -> int:
    """The moment of a timer key."""
    return ((int.from_bytes(key[2:10], "big") - _DUE_BIAS) << 8) | key[10]


def member_key(shard: int, entity: bytes, group: bytes, member: bytes) -> bytes:
    """Key of a member of an entity. No entity, group or member holds a NUL."""
    return bytes((shard,)) + MEMBER + entity + b"\0" + group + b"\0" + member


def order_prefix(shard: int, entity: bytes, group: bytes) -> bytes:
    """All members of a group, in their order, begin with this."""
    return bytes((shard,)) + ORDER + entity + b"\0" + group + b"\0"


def sequence_key(shard: int, space: bytes, sequence: int) -> bytes:
    """Key by a growing number."""
    return bytes((shard,)) + space + sequence.to_bytes(8, "big")


def hop_key(receiver: int, sender: int, sequence: int) -> bytes:
    """Key of a hop: a message on its way."""
    return bytes((receiver,)) + HOP + bytes((sender,)) + sequence.to_bytes(8, "big")


def sender_of_hop(key: bytes) -> tuple[int, int]:
    """(sender's shard, sequence) of a hop."""
    return key[2], int.from_bytes(key[3:11], "big")


def hop_fence_key(receiver: int, sender: int) -> bytes:
    """Key of the fence of one sender's messages."""
    return bytes((receiver,)) + HOP_FENCE + bytes((sender,))


def fence_key(shard: int, source: int) -> bytes:
    """Key of the fence of an input partition."""
    return bytes((shard,)) + FENCE + source.to_bytes(4, "big")


def wait_key(shard: int, since: int, digest: bytes, lead: int) -> bytes:
    """Key of a lead that waits: the first of a shard is its oldest hold."""
    return bytes((shard,)) + WAIT + (since + _DUE_BIAS).to_bytes(8, "big") + digest + lead.to_bytes(4, "big")


def digest_of_wait(key: bytes) -> bytes:
    """The customer, of a wait key."""
    return key[10:22]


def lead_of_wait(key: bytes) -> int:
    """The number of the customer's unique lead, of a wait key."""
    return int.from_bytes(key[22:26], "big")


def since_of_wait(key: bytes) -> int:
    """Since when, of a wait key."""
    return int.from_bytes(key[2:10], "big") - _DUE_BIAS


def counts_key(shard: int, space: bytes, day: int) -> bytes:
    """Key of a day's counts: by channel, or by campaign."""
    return bytes((shard,)) + space + (day + (1 << 30)).to_bytes(4, "big")


def day_of_counts(key: bytes) -> int:
    """The local day of a counts key."""
    return int.from_bytes(key[2:6], "big") - (1 << 30)


def month_of(clock: int) -> int:
    """The 30-day month of a clock, counted from 1970: audit keys begin with it."""
    return max(0, clock // _MONTH_MS) & 0xFFFF


def months_before(month: int) -> tuple[bytes, bytes]:
    """Range of all audit keys of earlier months."""
    return bytes(2), month.to_bytes(2, "big")


def story_head(month: int, shard: int) -> bytes:
    """All audit rows of a shard's customers in a month begin with this."""
    return month.to_bytes(2, "big") + bytes((shard,)) + STORY


def story_tail(digest: bytes, shadow: bool, sequence: int) -> bytes:
    """What of an audit row's key stands behind its head."""
    return digest + (b"\x01" if shadow else b"\x00") + sequence.to_bytes(8, "big")


def story_prefix(month: int, shard: int, digest: bytes, shadow: bool) -> bytes:
    """All audit rows of a customer in a month begin with this."""
    return month.to_bytes(2, "big") + bytes((shard,)) + STORY + digest + (b"\x01" if shadow else b"\x00")


def index_prefix(month: int, shard: int, channel: str, account: str, source_id: str) -> bytes:
    """All outcomes of a source key in a month begin with this."""
    return index_head(month, shard) + index_tail(channel, account, source_id, "")


def index_head(month: int, shard: int) -> bytes:
    """All outcomes of a shard in a month begin with this."""
    return month.to_bytes(2, "big") + bytes((shard,)) + INDEX


def index_tail(channel: str, account: str, source_id: str, subject: str) -> bytes:
    """What of an outcome's key stands behind its head."""
    return f"{channel}\0{account}\0{source_id}\0{subject}".encode("utf-8", "replace")


def process_key(name: str) -> bytes:
    """Key of something that belongs to the process as a whole."""
    return PROCESS + name.encode()
