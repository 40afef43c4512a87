import re
import unicodedata
from random import Random

import pytest

from connectors.demo.simulated import phones
from operators.identity.phones import BadPhone, read


def _digits(written: str | int | float) -> str:
    text = unicodedata.normalize("NFKC", f"{written:.0f}" if isinstance(written, float) else str(written)).strip()
    return re.sub(r"[ -]", "", text.removesuffix(".0"))


def _mobile(written: str | int | float) -> str:
    return re.sub(r"^(\+86|0086|86(?=\d{11}$)|0(?=\d{11}$))", "", _digits(written))


@pytest.mark.parametrize("kind", [phones.MOBILE, phones.VIRTUAL, phones.ODD, phones.LANDLINE])
def test_two_people_never_share_a_number(kind):
    numbers = phones.Numbers(seed=5)
    indexes = [*range(30_000), *(slot << 15 for slot in range(1, 3_000))]
    drawn = [numbers.canonical(kind, index) for index in indexes]
    assert len(set(drawn)) == len(drawn)


def test_kinds_and_runs_do_not_meet():
    numbers = phones.Numbers(seed=5)
    heads = [{numbers.canonical(kind, i)[:3] for i in range(5_000)} for kind in (phones.MOBILE, phones.VIRTUAL)]
    assert not heads[0] & heads[1]
    assert {numbers.run_member(run, 0)[:3] for run in range(100)} == {"199"}
    assert "199" not in heads[0] | heads[1]


def test_a_number_run_is_consecutive():
    run = [int(phones.Numbers(1).run_member(7, member)) for member in range(6)]
    assert [number - run[0] for number in run] == list(range(6))
    assert len({number // 1000 for number in run}) == 1


def test_numbers_that_look_like_tests_are_never_given():
    numbers = phones.Numbers(seed=0)
    size = 38 * 10**8
    inverse = pow(numbers._factor, -1, size)
    for block in range(38):
        for suffix in (138_000, 88_888_888, 12_345_678):
            index = (block * 10**8 + suffix - numbers._shift) * inverse % size
            number = numbers.canonical(phones.MOBILE, index)
            assert re.fullmatch(r"198\d{8}", number), number


@pytest.mark.parametrize("choice", range(40))
def test_every_form_of_a_mobile_is_that_mobile(choice):
    number = phones.Numbers(3).canonical(phones.MOBILE, 11)
    assert _mobile(phones.written_mobile(number, choice)) == number


def test_mobiles_are_written_in_many_forms():
    number = phones.Numbers(3).canonical(phones.MOBILE, 11)
    written = [phones.written_mobile(number, choice) for choice in range(40)]
    assert len({repr(each) for each in written}) >= 14
    assert {type(each) for each in written} == {str, int, float}


@pytest.mark.parametrize("number", ["02158881234", "075526668888", "02158881234-801"])
def test_every_form_of_a_landline_has_its_digits(number):
    bare, _, extension = number.partition("-")
    for choice in range(18):
        written = unicodedata.normalize("NFKC", phones.written_landline(number, choice))
        found = re.fullmatch(r"(.*?)(?:(?:-|转| ext )(\d{3}))?" if extension else r"(.*)()", written)
        assert found is not None
        digits = re.sub(r"[ -]", "", found[1])
        assert digits.removeprefix("+86").removeprefix("0") == bare.removeprefix("0")
        assert found[2] == extension


@pytest.mark.parametrize("kind", [phones.MOBILE, phones.VIRTUAL])
def test_junk_is_refused_with_its_reason(kind):
    """Ruling 79 reads every form that holds one number: what the truth calls junk must hold none, or two."""
    rng, numbers = Random(2), phones.Numbers(4)
    for index in range(3_000):
        written, reason = phones.junk(rng, numbers.canonical(kind, index))
        with pytest.raises(BadPhone, match=reason):
            read(written)


def test_junk_names_its_reason():
    rng = Random(1)
    drawn = [phones.junk(rng, "13912345678") for _ in range(500)]
    assert {reason for _, reason in drawn} == set(phones.JUNK_REASONS)
    assert all(_mobile(written) != "13912345678" for written, _ in drawn)
