"""The OneID: keyed, equal for one number and for no other, and read back from the ids that it heads (rulings 18, 21, 23)."""

from __future__ import annotations

import pytest

from operators.identity import one_id
from operators.identity.one_id import OneIds
from operators.identity.phones import LANDLINE, MOBILE

IDS = OneIds(b"a secret", 16)
NUMBER = "13812345678"


def test_two_records_are_one_customer_only_if_their_strongest_identifiers_are_equal() -> None:
    """Ruling 23, mode strongest: the type belongs to the identifier."""
    assert IDS.of(MOBILE, NUMBER) == OneIds(b"a secret", 4).of(MOBILE, NUMBER)
    others = [(MOBILE, "13812345679"), (LANDLINE, NUMBER), (LANDLINE, "02112345678"), (LANDLINE, "02112345678-8")]
    found = {IDS.of(kind, number) for kind, number in [(MOBILE, NUMBER), *others]}
    assert len(found) == 5 and {len(digest) for digest in found} == {12}


@pytest.mark.parametrize("secret", [b"another secret", b"", b"s" * 64, b"s" * 65, b"s" * 66])
def test_the_secret_keys_it(secret: bytes) -> None:
    """Domain 5: eleven digits are enumerable, so it is keyed; a longer secret counts with all its bytes."""
    assert OneIds(secret, 16).of(MOBILE, NUMBER) != IDS.of(MOBILE, NUMBER)


def test_long_secrets_differ_by_their_last_byte() -> None:
    assert OneIds(b"s" * 100 + b"1", 16).of(MOBILE, NUMBER) != OneIds(b"s" * 100 + b"2", 16).of(MOBILE, NUMBER)


def test_a_customer_has_one_shard_and_customers_are_spread_over_all() -> None:
    """Of numbers from everywhere: those of one neighbourhood share a shard (ruling 62)."""
    shards = [IDS.shard(IDS.of(MOBILE, f"138{number:05d}000")) for number in range(1600)]
    assert set(shards) == set(range(16))
    assert max(shards.count(shard) for shard in range(16)) < 200, "1 600 customers, 100 a shard"


def test_numbers_of_one_neighbourhood_share_a_shard_and_nothing_else() -> None:
    """The first eight digits of a mobile; of a landline the whole number (ruling 62)."""
    near = [IDS.of(MOBILE, f"13812345{number:03d}") for number in range(1000)]
    assert len({digest[:2] for digest in near}) == 1 and len({digest[2:] for digest in near}) == 1000
    assert IDS.of(MOBILE, "13812346000")[:2] != near[0][:2]
    lines = {IDS.of(LANDLINE, f"0211234567{number}")[:2] for number in range(10)}
    assert len(lines) > 1


def test_a_state_of_the_older_form_goes_on_with_its_ids() -> None:
    """Twelve bytes of one digest (ruling 62); the head is no neighbourhood's."""
    old = one_id.OneIds(b"a secret", 16, one_id.FORM_1)
    assert len(old.of(MOBILE, "13812345000")) == 12
    assert len({old.of(MOBILE, f"13812345{number:03d}")[:2] for number in range(50)}) > 1


def test_a_state_knows_its_secret_again_and_does_not_hold_it() -> None:
    """Ruling 18: another secret is refused."""
    kept = one_id.fingerprint(b"a secret")
    assert kept == one_id.fingerprint(b"a secret") != one_id.fingerprint(b"a secre7")
    assert "secret" not in kept and kept != IDS.of(MOBILE, NUMBER).hex()


DIGEST = bytes(range(12))
HEAD = "000102030405060708090a0b"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HEAD, (DIGEST, False)),
        (f"{HEAD}.20240101.r1", (DIGEST, False)),
        (f"{HEAD}.20240101.u12", (DIGEST, False)),
        (f"{HEAD}.20240101s.u12", (DIGEST, True)),  # ruling 21: s in the shadow realm
        (HEAD.upper(), None),
        (HEAD[:-1], None),
        (f"{HEAD}0.20240101.r1", None),
        ("no hexadecimal digits at", None),
        ("", None),
    ],
)
def test_ids_are_headed_by_the_one_id(text: str, found: tuple[bytes, bool] | None) -> None:
    """Ruling 21."""
    assert one_id.of_id(text) == found
