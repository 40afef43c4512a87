"""The list of faults fits the code: a line that was changed takes its entry along (tests/mutants.toml)."""

import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "scripts"))

import mutants  # noqa: E402

MODULE = """
class Shop:
    @property
    def opens(self):  # a comment
        if (
            self.early and
            self.known
        ):
            return {"at": 8, 'till': 18}
        return None


def opens(at):
    return at
"""
ENTRY = ("why", ("tests",))


def put(where: str, old: str, new: str, source: str = MODULE) -> str:
    mutant = mutants.Mutant(where, old, new, *ENTRY)
    functions = list(mutants.functions_of(source, "a.shop", "a/shop.py"))
    return mutant.applied(mutant.function(functions), source)


def test_every_entry_is_found_exactly_once_and_still_compiles():
    found = mutants.mutants_of(CHECKOUT)
    assert len(found) >= 80
    assert len({(mutant.where, mutant.new, mutant.old) for mutant in found}) == len(found)


def test_a_function_is_found_by_its_name_and_what_is_in_it_however_it_is_laid_out():
    shop: dict[str, object] = {}
    exec(put("Shop.opens", "if self.early and self.known:", "if self.early:"), shop)
    kind = shop["Shop"]
    one = kind()  # type: ignore[operator]
    one.early, one.known = True, False
    assert one.opens == {"at": 8, "till": 18}
    assert shop["opens"](3) == 3  # type: ignore[operator]
    assert "'till': 19" in put("Shop.opens", '"till": 18,', '"till": 19,')
    assert "return 0" in put("shop.opens", "return at", "return 0")


def test_what_is_not_there_or_there_twice_is_an_error():
    for old in ("return at", "retur", "return"):
        with pytest.raises(mutants.WrongList, match=r"[02] times, not once"):
            put("Shop.opens", old, "pass")


def test_a_function_that_is_gone_or_not_the_only_one_is_named():
    with pytest.raises(
        mutants.WrongList, match=r"no function 'Shop\.closes' any more, which this entry needs: Shop\.closes: why"
    ):
        put("Shop.closes", "return", "pass")
    with pytest.raises(mutants.WrongList, match=r"'opens' may be a\.shop\.Shop\.opens, a\.shop\.opens"):
        put("opens", "return at", "pass")
