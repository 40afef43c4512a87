"""The seal: one row that says up to where everything is done, the only truth on start
(docs/architecture.md, "The way of an offset").

Written when an epoch is complete: a source's `next_batch` in epoch e+1 comes only after every snapshot of epoch e, so every
item handed on in e was applied, every event sent in e lies in its file or topic, and one row can say so.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

import msgspec
from msgspec import Struct

from state import errors, keys
from state.database import Database

STATE_FORMAT: Final = 2
"""Format of the whole state; a newer one is refused (ruling 52)."""


class Identity(Struct):
    """What a state is: written once, checked at every start."""

    state_id: str
    format: int
    shards: int
    fingerprint: str
    """Of the OneID secret (ruling 18)."""
    timezone: str
    late_ms: int
    """The lateness that the fold was kept with (ruling 46)."""
    sink: str = ""
    """The kind of sink that was written from this state."""
    ids: int = 1
    """Form of its OneIDs (ruling 62); a state keeps the form that it began with."""
    today_ms: int = 0
    """The wall clock at its first start (ruling 76); 0 = it began before that was kept."""


class Seal(Struct):
    """Everything before this is done."""

    number: int = 0
    clock: int | None = None
    position: dict[str, Any] = {}
    """Of the input, in the reader's own terms."""
    output: dict[str, Any] = {}
    """Of the sink, in its own terms: sealed lengths, end offsets."""
    covered: dict[int, int] = {}
    """Shard → highest outbox sequence that `output` holds."""
    wall_ms: int = 0


_identity: Final = keys.process_key("identity")
_seal: Final = keys.process_key("seal")
_sources: Final = keys.process_key("sources")


def identify(
    database: Database, *, shards: int, fingerprint: str, timezone: str, late_ms: int, ids: int, today_ms: int = 0
) -> tuple[Identity, bool]:
    """The state's identity, and whether it is new. Refuses what does not fit (rulings 18 and 52). `ids` = the form of OneIDs
    that a new state gets; `today_ms` = the wall clock, kept at the first start."""
    stored = database.get(_identity)
    if stored is None:
        identity = Identity(
            secrets.token_hex(8), STATE_FORMAT, shards, fingerprint, timezone, late_ms, ids=ids, today_ms=today_ms
        )
        write_identity(database, identity)
        return identity, True
    identity = msgspec.msgpack.decode(stored, type=Identity)
    if identity.format > STATE_FORMAT:
        raise errors.StateRefused(
            f"The state has format {identity.format}; this version knows formats up to {STATE_FORMAT}.",
            "Start the newer version that wrote it, or name another folder with --state.",
        )
    if identity.shards != shards:
        raise errors.StateRefused(
            f"The state has {identity.shards} shards, this start asks for {shards}.",
            f"Start with {identity.shards} shards, or begin a new state with --state and an empty --sink.",
        )
    if identity.fingerprint != fingerprint:
        raise errors.StateRefused(
            "The OneID secret is not the one of this state: every customer would be a stranger.",
            "Set LEADSTREAM_ONE_ID_SECRET (or the variable that one_id_secret_env names) to the secret that this state began "
            "with, or unset it if it began without one; or begin a new state with --state and an empty --sink.",
        )
    if identity.timezone != timezone:
        raise errors.StateRefused(
            f"The state was made in the business time zone {identity.timezone}, the configuration says {timezone}: "
            "stored days would shift.",
            f'Set timezone = "{identity.timezone}", or begin a new state with --state and an empty --sink.',
        )
    if late_ms != identity.late_ms or (today_ms and not identity.today_ms):
        identity.late_ms, identity.today_ms = late_ms, identity.today_ms or today_ms
        write_identity(database, identity)
    return identity, False


def write_identity(database: Database, identity: Identity) -> None:
    """Keep an identity."""
    database.put(_identity, msgspec.msgpack.encode(identity))


def read_seal(database: Database) -> Seal:
    """The last seal, or an empty one."""
    stored = database.get(_seal)
    return Seal() if stored is None else msgspec.msgpack.decode(stored, type=Seal)


def write_seal(database: Database, seal: Seal) -> None:
    """Write the seal. The log orders it behind everything it speaks of."""
    database.put(_seal, msgspec.msgpack.encode(seal))


def read_sources(database: Database) -> dict[str, int]:
    """Names of input partitions and their numbers in fences."""
    stored = database.get(_sources)
    return {} if stored is None else msgspec.msgpack.decode(stored, type=dict[str, int])


def number_sources(database: Database, names: list[str]) -> dict[str, int]:
    """Give every name a number that it keeps for the life of the state."""
    known = read_sources(database)
    fresh = [name for name in names if name not in known]
    for name in fresh:
        known[name] = len(known) + 1
    if fresh:
        database.put(_sources, msgspec.msgpack.encode(known))
    return known
