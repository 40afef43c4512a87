"""OneID (客户 OneID): the customer behind the identifiers, mode `strongest` (rulings 18 and 23).

The strongest identifier a lead gives, mobile before landline, goes through a keyed digest: eleven digits could be
enumerated, so a plain hash would reveal the phone.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from operators.identity.phones import LANDLINE, MOBILE
from state.keys import shard_of_customer

DIGEST_BYTES: Final = 12
FORM_1: Final = 1
NEWEST_FORM: Final = 2
_AREA_BYTES: Final = 2
TEXT_LENGTH: Final = DIGEST_BYTES * 2
_KIND: Final = {MOBILE: b"mobile:", LANDLINE: b"landline:"}
_MOBILE_AREA: Final = len(b"mobile:") + 8
"""The neighbourhood of a mobile: its first eight digits, another country's and one with an extension too."""


class OneIds:
    """Mints OneIDs under one secret and knows the shard of each.

    Form 2 (ruling 62): two bytes are a keyed hash of the number's neighbourhood, ten a keyed digest of (type, value), so
    that all numbers of a run share a shard. A state of form 1, twelve bytes of one digest, goes on with its ids.
    """

    __slots__ = ("_area", "_keyed", "form", "shards")

    def __init__(self, secret: bytes, shards: int, form: int = NEWEST_FORM) -> None:
        key = secret if len(secret) <= 64 else blake2b(secret, digest_size=64).digest()
        self.form = form
        size = DIGEST_BYTES if form == FORM_1 else DIGEST_BYTES - _AREA_BYTES
        self._keyed = blake2b(digest_size=size, key=key, person=b"leadstream-oneid")
        self._area = blake2b(digest_size=_AREA_BYTES, key=key, person=b"leadstream-area")
        self.shards = shards

    def of(self, kind: int, number: str) -> bytes:
        """The digest that is the customer, 12 bytes; its hexadecimal form is the `one_id`. `number` as `phones.normalise`
        gives it: an extension is part of it (ruling 79)."""
        value = _KIND[kind] + number.encode()
        keyed = self._keyed.copy()
        keyed.update(value)
        if self.form == FORM_1:
            return keyed.digest()
        area = self._area.copy()
        if kind == MOBILE:
            value = value[: _MOBILE_AREA + 1] if number[0] == "+" else value[:_MOBILE_AREA]
        area.update(value)
        return area.digest() + keyed.digest()

    def shard(self, digest: bytes) -> int:
        """The shard that owns this customer."""
        return shard_of_customer(digest, self.shards)


def fingerprint(secret: bytes) -> str:
    """What a state keeps of its secret, to refuse another (ruling 18)."""
    return blake2b(b"leadstream-fingerprint", key=secret[:64], digest_size=8).hexdigest()


def of_id(identifier: str) -> tuple[bytes, bool] | None:
    """(digest, shadow realm) at the head of a one_id, unique_id or raw_id; None if it has none (ruling 21)."""
    head, _, rest = identifier.partition(".")
    if len(head) != TEXT_LENGTH:
        return None
    try:
        digest = bytes.fromhex(head)
    except ValueError:
        return None
    return (digest, rest.partition(".")[0].endswith("s")) if head == digest.hex() else None
